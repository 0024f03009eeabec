from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_usage_retention_days = fields.Integer(
        string="Keep Usage Events (days)",
        help="Single events older than this are dropped; what they add up to each day is kept. 0: keep them all.",
    )

    _kor_usage_retention_not_negative = models.Constraint(
        "CHECK (kor_usage_retention_days >= 0)", "Usage events are kept for 0 days (for ever) or more."
    )
