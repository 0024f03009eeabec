from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_cost_method = fields.Selection(related="company_id.kor_cost_method", readonly=False, required=True)
