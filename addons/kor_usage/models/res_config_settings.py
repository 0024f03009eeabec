from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_usage_alert_thresholds = fields.Char(related="company_id.kor_usage_alert_thresholds", readonly=False)
    kor_usage_retention_days = fields.Integer(related="company_id.kor_usage_retention_days", readonly=False)
