from odoo import fields, models


class KorClause(models.Model):
    """A clause of the library; contracts take copies, so that editing it changes no agreement."""

    _name = "kor.clause"
    _description = "Contract Clause"
    _order = "sequence, id"

    name = fields.Char(string="Heading", required=True, translate=True)
    body = fields.Html(required=True, translate=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Tiers whose contracts get this clause. Empty: all.")
    is_default = fields.Boolean(
        string="In new contracts", default=True, help="New contracts start with a copy of this clause."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
