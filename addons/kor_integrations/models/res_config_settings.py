from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_key_days = fields.Integer(string="Keys hold at most", config_parameter="kor_integrations.key_days", default=365)
    kor_key_overlap_days = fields.Integer(
        string="Overlap of Rotation", config_parameter="kor_integrations.key_overlap_days", default=7
    )
    kor_key_warn_days = fields.Integer(
        string="Warning before Expiry", config_parameter="kor_integrations.key_warn_days", default=14
    )
