from odoo import fields, models

from .kor_revenue_schedule import GROUPS


class KorRevenueReclass(models.Model):
    """What a close moved between contract liability and contract asset, so that a contract shows as one of them."""

    _name = "kor.revenue.reclass"
    _description = "Contract Asset Entry"
    _order = "month desc, id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", store=True, string="Company Currency")
    position_group = fields.Selection(GROUPS, required=True, readonly=True)
    month = fields.Date(required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, index=True)
    revision = fields.Integer(readonly=True)
    amount = fields.Monetary(readonly=True, help="Above 0: the asset grows.")
    balance = fields.Monetary(currency_field="company_currency_id", readonly=True)
    exchange = fields.Monetary(
        string="Exchange Gain", currency_field="company_currency_id", readonly=True,
        help="What invoices differ, by their rate, from what was earned before them.",
    )  # fmt: skip
    account_id = fields.Many2one("account.account", required=True, readonly=True, ondelete="restrict")
    deferral_account_id = fields.Many2one("account.account", required=True, readonly=True, ondelete="restrict")
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, index=True, ondelete="restrict")

    _slice_unique = models.UniqueIndex(
        "(contract_id, position_group, month, revision)", "This month of the contract is booked already."
    )
