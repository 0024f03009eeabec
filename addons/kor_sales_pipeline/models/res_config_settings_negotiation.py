from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_negotiation_days_us = fields.Integer(related="company_id.kor_negotiation_days_us", readonly=False)
    kor_negotiation_days_them = fields.Integer(related="company_id.kor_negotiation_days_them", readonly=False)
