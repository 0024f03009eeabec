from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_onboarding_auto = fields.Boolean(related="company_id.kor_onboarding_auto", readonly=False)
    kor_onboarding_patience = fields.Integer(related="company_id.kor_onboarding_patience", readonly=False)
