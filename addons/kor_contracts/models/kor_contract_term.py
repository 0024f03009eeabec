from odoo import fields, models


class KorContractTerm(models.Model):
    """One term of a contract: the first one, and one for each renewal. Renewals write it, nobody else."""

    _name = "kor.contract.term"
    _description = "Contract Term"
    _order = "contract_id, number"
    _rec_name = "number"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    number = fields.Integer(required=True, readonly=True)
    kind = fields.Selection(
        [("initial", "As signed"), ("renewal", "Renewal")], required=True, default="initial", readonly=True
    )
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(string="To", readonly=True, help="The last day. Empty: open-ended.")
    amendment_id = fields.Many2one(
        "kor.contract.amendment", readonly=True, index="btree_not_null", ondelete="restrict", string="Renewed by"
    )
    uplift = fields.Float(string="Uplift (%)", readonly=True, digits=(16, 4))
    uplift_note = fields.Char(string="Uplift by", readonly=True)
    index_month = fields.Date(readonly=True, help="Up to this month of the index the prices of the term are raised.")
    mrr = fields.Monetary(string="MRR at Start", readonly=True)

    _number_unique = models.UniqueIndex("(contract_id, number)", "The contract has a term of this number already.")
