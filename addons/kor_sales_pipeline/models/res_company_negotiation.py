from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_negotiation_days_us = fields.Integer(
        string="Seller Reminded after (days)",
        default=2,
        help="When a counter-offer waits for our answer so many days, its seller gets an activity. 0: never.",
    )
    kor_negotiation_days_them = fields.Integer(
        string="Customer Reminded after (days)",
        default=5,
        help="When a proposal or an answer waits for the customer so many days, a mail goes out. 0: never.",
    )

    _kor_negotiation_days_not_negative = models.Constraint(
        "CHECK (kor_negotiation_days_us >= 0 AND kor_negotiation_days_them >= 0)",
        "A reminder goes out after 0 or more days.",
    )
