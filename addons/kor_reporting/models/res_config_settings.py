from odoo import fields, models

from .kor_report_parameter_mixin import LARGE, LARGE_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kor_cost_method = fields.Selection(related="company_id.kor_cost_method", readonly=False, required=True)
    kor_report_large_size = fields.Integer(
        string="Large Reports",
        config_parameter=LARGE_PARAMETER,
        default=LARGE,
        help="Contracts × months of the period.",
    )
