from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_usage_alert_thresholds = fields.Char(related="company_id.kor_usage_alert_thresholds", readonly=False)
