from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_discount_limit = fields.Float(
        string="Sellers' Discount (%)",
        default=10,
        help="A higher discount on a line of a proposal asks a manager for approval.",
    )
    kor_manager_discount_limit = fields.Float(
        string="Managers' Discount (%)", default=30, help="Managers give up to this without asking anybody."
    )
    kor_four_eyes = fields.Boolean(
        string="Four Eyes", help="Who asked for an approval cannot give it, whatever their rights."
    )
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

    _kor_limits = models.Constraint(
        "CHECK (kor_discount_limit BETWEEN 0 AND 100 AND kor_manager_discount_limit BETWEEN 0 AND 100)",
        "A discount limit is a percentage from 0 to 100.",
    )
    _kor_negotiation_days_not_negative = models.Constraint(
        "CHECK (kor_negotiation_days_us >= 0 AND kor_negotiation_days_them >= 0)",
        "A reminder goes out after 0 or more days.",
    )
