from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_discount_limit = fields.Float(related="company_id.kor_discount_limit", readonly=False)
    kor_manager_discount_limit = fields.Float(related="company_id.kor_manager_discount_limit", readonly=False)
    kor_four_eyes = fields.Boolean(related="company_id.kor_four_eyes", readonly=False)
    kor_negotiation_days_us = fields.Integer(related="company_id.kor_negotiation_days_us", readonly=False)
    kor_negotiation_days_them = fields.Integer(related="company_id.kor_negotiation_days_them", readonly=False)
