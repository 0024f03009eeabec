from odoo import fields, models


class KorContractClause(models.Model):
    _name = "kor.contract.clause"
    _inherit = ["kor.contract.part.mixin"]
    _description = "Clause of a Contract"
    _order = "sequence, id"

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    clause_id = fields.Many2one("kor.clause", string="From the library", ondelete="set null")
    name = fields.Char(string="Heading", required=True)
    body = fields.Html(required=True)
    sequence = fields.Integer(default=10)
