from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_portal_self_service = fields.Boolean(related="company_id.kor_portal_self_service", readonly=False)
    kor_reminder_days_first = fields.Integer(related="company_id.kor_reminder_days_first", readonly=False)
    kor_reminder_days_last = fields.Integer(related="company_id.kor_reminder_days_last", readonly=False)
