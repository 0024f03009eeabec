from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_portal_self_service = fields.Boolean(related="company_id.kor_portal_self_service", readonly=False)
