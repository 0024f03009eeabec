from odoo import fields, models


class KorRevenueEstimate(models.Model):
    _inherit = "kor.revenue.estimate"

    is_service_credit = fields.Boolean(
        string="Service Credits", readonly=True, help="Made of the credits for missed service levels, by itself."
    )
    service_credits = fields.Monetary(
        string="All Service Credits",
        readonly=True,
        help="All credits for missed service levels when it was made, given or still to come.",
    )
