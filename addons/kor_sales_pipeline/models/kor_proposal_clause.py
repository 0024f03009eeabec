from odoo import api, fields, models


class KorProposalClause(models.Model):
    """A clause as it is offered; the contract takes over exactly this text."""

    _name = "kor.proposal.clause"
    _inherit = ["kor.input.mixin"]
    _description = "Clause of a Proposal"
    _order = "order_id, sequence, id"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    clause_id = fields.Many2one("kor.clause", string="From the library", ondelete="set null")
    name = fields.Char(string="Heading", required=True)
    body = fields.Html(required=True)
    sequence = fields.Integer(default=10)
    is_agreed = fields.Boolean(
        string="From the negotiation", readonly=True, help="What was conceded in words is written here."
    )

    @api.model_create_multi
    def create(self, vals_list):
        clauses = super().create(vals_list)
        clauses.order_id._kor_check_open()
        return clauses

    def write(self, vals):
        self.order_id._kor_check_open()
        result = super().write(vals)
        self.order_id._kor_check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.order_id._kor_check_open()
