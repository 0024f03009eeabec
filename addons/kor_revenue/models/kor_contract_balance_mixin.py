from datetime import date

from odoo import fields, models
from odoo.exceptions import AccessError

READERS = "kor_revenue.group_kor_revenue_reader"


class KorContractBalanceMixin(models.AbstractModel):
    """Say of a contract what it earns in all, what of it is recognised, and what the books defer."""

    _name = "kor.contract.balance.mixin"
    _description = "Revenue Balances of a Contract"

    currency_id = fields.Many2one("res.currency")
    revenue_allocated = fields.Monetary(
        string="Earned in All",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READERS,
        help="What all promises of the contract earn as far as that is known: allocated prices, and use so far.",
    )
    revenue_recognized = fields.Monetary(
        string="Recognised",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READERS,
        help="What of it stands in the ledger as revenue.",
    )
    revenue_billed = fields.Monetary(
        string="Billed",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READERS,
        help="What posted invoices, less credit notes, have put on the contract liability, without taxes.",
    )
    revenue_deferred = fields.Monetary(
        string="Deferred Revenue",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READERS,
        help="The contract liability: what is billed and not earned yet, as it stands in the ledger.",
    )
    revenue_ahead = fields.Monetary(
        string="Earned, not Billed",
        compute="_compute_revenue_balances",
        compute_sudo=True,
        groups=READERS,
        help="The contract asset and the unbilled receivable: what is recognised and not billed yet. An invoice that "
        "came since the last close is taken off by the next one.",
    )
    revenue_parking_ids = fields.One2many(
        "kor.revenue.close.parking", "contract_id", domain=[("date_mended", "=", False)], groups=READERS
    )
    revenue_error = fields.Text(compute="_compute_revenue_error", groups=READERS, string="Left out of a Close")

    def _compute_revenue_balances(self):
        flows = self._read_flows(date.max)
        for contract in self:
            own = [flow for key, months in flows.items() if key[0] == contract for flow in months.values()]
            earned = float(sum(flow.earned for flow in own))
            schedules = contract.revenue_schedule_ids.filtered(lambda one: one.kind == "revenue")
            contract.revenue_allocated = sum(schedules.mapped("amount"))
            contract.revenue_recognized = earned
            contract.revenue_billed = float(sum(flow.billed for flow in own))
            contract.revenue_ahead = float(sum(flow.moved for flow in own))
            contract.revenue_deferred = contract.revenue_billed - earned + contract.revenue_ahead

    def _compute_revenue_error(self):
        for contract in self:
            contract.revenue_error = contract.revenue_parking_ids[:1].reason or False

    def _get_deferred_balance(self):
        """Return what the books of the contracts' company defer of them, in its currency."""
        rows = [flow for months in self._read_flows(date.max).values() for flow in months.values()]
        return float(sum(one.billed_balance - one.earned_balance + one.moved_balance - one.exchange for one in rows))

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
        if not self.env.user.has_group(READERS):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue see what contracts earn."))
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        context = {
            "pivot_row_groupby": ["month:month"],
            "pivot_column_groupby": [],
            "pivot_measures": ["amount", "booked", "open_amount"],
        }
        return {**action, "domain": [("contract_id", "in", self.ids)], "context": context}
