from odoo import fields, models


class KorProposalClause(models.Model):
    """A clause as it is offered; the contract takes over exactly this text."""

    _name = "kor.proposal.clause"
    _inherit = ["kor.proposal.text.mixin"]
    _description = "Clause of a Proposal"

    clause_id = fields.Many2one("kor.clause", string="From the library", ondelete="set null")
    name = fields.Char(string="Heading", required=True)
    body = fields.Html(required=True)
    is_agreed = fields.Boolean(
        string="From the negotiation", readonly=True, help="What was conceded in words is written here."
    )
