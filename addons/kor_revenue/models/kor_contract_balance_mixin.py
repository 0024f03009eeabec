from datetime import date

from odoo import fields, models
from odoo.exceptions import AccessError

# Who may see what contracts earn.
READER = "kor_revenue.group_kor_revenue_reader"


class KorContractBalanceMixin(models.AbstractModel):
    """Say of a contract what it earns in all, what of it is recognised, and what the books defer."""

    _name = "kor.contract.balance.mixin"
    _description = "Revenue Balances of a Contract"

    currency_id = fields.Many2one("res.currency")
    revenue_allocated = fields.Monetary(
        string="Earned in All",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="What all promises of the contract earn as far as that is known: allocated prices, and use so far.",
    )
    revenue_recognized = fields.Monetary(
        string="Recognised",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="What of it stands in the ledger as revenue.",
    )
    revenue_billed = fields.Monetary(
        string="Billed",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="What posted invoices, less credit notes, have put on the contract liability, without taxes.",
    )
    revenue_deferred = fields.Monetary(
        string="Deferred Revenue",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="The contract liability: what is billed and not recognised yet; of fees and of use each by itself.",
    )
    revenue_ahead = fields.Monetary(
        string="Earned, not Billed",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="The contract asset and the unbilled receivable: what is recognised and not billed yet.",
    )
    revenue_liability = fields.Monetary(
        string="In the Ledger",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READER,
        help="The contract liability as it stands in the ledger. It is more than what is deferred where invoices came "
        "after the last close for what was earned before: the next close takes that off the asset.",
    )
    revenue_parking_ids = fields.One2many(
        "kor.revenue.close.parking", "contract_id", domain=[("date_mended", "=", False)], groups=READER
    )
    revenue_error = fields.Text(compute="_compute_revenue_error", groups=READER, string="Left out of a Close")

    def _compute_revenue_balances(self):
        flows = self._read_flows(date.max)
        for contract in self:
            positions = [list(months.values()) for key, months in flows.items() if key[0] == contract]
            net = [float(sum(flow.billed - flow.earned for flow in own)) for own in positions]
            schedules = contract.revenue_schedule_ids.filtered(lambda one: one.kind == "revenue")
            contract.revenue_allocated = sum(schedules.mapped("amount"))
            contract.revenue_recognized = float(sum(flow.earned for own in positions for flow in own))
            contract.revenue_billed = float(sum(flow.billed for own in positions for flow in own))
            contract.revenue_deferred = sum(amount for amount in net if amount > 0)
            contract.revenue_ahead = -sum(amount for amount in net if amount < 0)
            contract.revenue_liability = sum(net) + float(sum(flow.moved for own in positions for flow in own))

    def _compute_revenue_error(self):
        for contract in self:
            contract.revenue_error = contract.revenue_parking_ids[:1].reason or False

    def _get_deferred_balance(self):
        """Return what is deferred of the contracts, in their company's currency."""
        positions = [
            float(sum(one.billed_balance - one.earned_balance - one.exchange for one in months.values()))
            for months in self._read_flows(date.max).values()
        ]
        return sum(balance for balance in positions if balance > 0)

    def action_open_revenue_months(self):
        """Open what the contracts earn by month.

        :return: a window action
        """
        return self._prepare_revenue_action("kor_revenue.kor_revenue_month_action")

    def action_open_revenue_items(self):
        """Open what is recognised of the contracts.

        :return: a window action
        """
        return self._prepare_revenue_action("kor_revenue.kor_revenue_item_action")

    def _prepare_revenue_action(self, name):
        self.check_access("read")
        if not self.env.user.has_group(READER):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue see what contracts earn."))
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        context = {
            "pivot_row_groupby": ["month:month"],
            "pivot_column_groupby": [],
            "pivot_measures": ["amount", "booked", "open_amount"],
        }
        return {**action, "domain": [("contract_id", "in", self.ids)], "context": context}
