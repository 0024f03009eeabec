from odoo import fields, models

KINDS = [
    ("revenue", "To Revenue"),
    ("breakage", "Breakage to Revenue"),
    ("cost", "Contract Costs to Expense"),
    ("asset", "To Contract Asset"),
    ("unbilled", "To Unbilled Receivable"),
    ("exchange", "Exchange Difference"),
]


class KorRevenueCloseLine(models.Model):
    """What a close would book of a contract in a month, before it does."""

    _name = "kor.revenue.close.line"
    _inherit = ["kor.revenue.calendar.month"]
    _description = "Preview of a Close"
    _order = "close_id desc, partner_id, contract_id, date, kind, month"
    _rec_name = "contract_id"

    close_id = fields.Many2one("kor.revenue.close", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="close_id.company_id", store=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    kind = fields.Selection(KINDS, string="Moves", readonly=True)
    month = fields.Date(string="Earned in", readonly=True, help="The first day of the month.")
    date = fields.Date(string="To be booked on", readonly=True)
    is_late = fields.Boolean(string="From a Closed Month", readonly=True)
    amount = fields.Monetary(readonly=True, help="From the contract liability to what the first column says.")
    balance = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    reason = fields.Text(string="Cannot be Booked", readonly=True)
