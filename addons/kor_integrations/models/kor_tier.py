from odoo import fields, models


class KorTier(models.Model):
    _inherit = "kor.tier"

    api_rate_limit = fields.Integer(
        string="API Calls a Minute",
        tracking=True,
        help="How often keys of one contract may call in a minute, all together. New contracts take it over; 0: no "
        "limit.",
    )

    _api_rate_limit_positive = models.Constraint("CHECK (api_rate_limit >= 0)", "A limit of calls is 0 or more.")
