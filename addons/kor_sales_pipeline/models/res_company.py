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

    _kor_limits = models.Constraint(
        "CHECK (kor_discount_limit BETWEEN 0 AND 100 AND kor_manager_discount_limit BETWEEN 0 AND 100)",
        "A discount limit is a percentage from 0 to 100.",
    )
