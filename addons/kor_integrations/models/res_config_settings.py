from odoo import fields, models

from .kor_integration_key import DAYS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_key_days = fields.Integer(
        string="Keys hold at most", config_parameter="kor_integrations.key_days", default=DAYS["key_days"]
    )
    kor_key_overlap_days = fields.Integer(
        string="Overlap of Rotation",
        config_parameter="kor_integrations.key_overlap_days",
        default=DAYS["key_overlap_days"],
    )
    kor_key_warn_days = fields.Integer(
        string="Warning before Expiry",
        config_parameter="kor_integrations.key_warn_days",
        default=DAYS["key_warn_days"],
    )
