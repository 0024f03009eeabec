from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.kor_enterprise_tiers.engine import discounts

from ..engine import periods


class KorContractMrrMixin(models.AbstractModel):
    """What a contract brings each month at present, by the order of the rules by which it is billed."""

    _name = "kor.contract.mrr.mixin"
    _description = "Recurring Revenue of a Contract"

    currency_id = fields.Many2one("res.currency")
    mrr = fields.Monetary(
        string="MRR",
        compute="_compute_mrr",
        store=True,
        help="Monthly recurring revenue at present: of a draft, what it will be; after the end, nothing.",
    )
    arr = fields.Monetary(string="ARR", compute="_compute_mrr", store=True, help="Twelve times the MRR.")

    @api.depends(
        "line_ids.monthly_amount",
        "line_ids.billing_months",
        "discount_ids.kind",
        "discount_ids.value",
        "discount_ids.sequence",
        "discount_ids.date_start",
        "discount_ids.date_end",
        "discount_ids.periods",
    )
    def _compute_mrr(self):
        for contract in self:
            contract.mrr = float(contract._get_monthly_revenue(contract._get_reference_day()))
            contract.arr = contract.mrr * 12

    def _get_monthly_revenue(self, day):
        """Return what the lines come to per month, less the discounts on the whole that hold on the day.

        An amount is taken off once for all lines of the same period.
        """
        self.ensure_one()
        revenue = Decimal(0)
        for months, lines in self.line_ids.grouped("billing_months").items():
            full = sum((line._get_full_net(day) for line in lines), Decimal(0))
            if full:
                left, _steps = discounts.apply_discounts(full, self._get_running_discounts(months, day))
                revenue += left / months
        return revenue

    def _get_running_discounts(self, months, day):
        """Return the discounts on the whole, as the engine takes them, that hold for the period around a day."""
        start, number = self._locate_period(months, day, self.date_start)
        every = self.discount_ids._get_engine_discounts()
        return [discount for discount in every if discounts.applies(discount, start, number)]

    def _locate_period(self, months, day, start):
        """Return the first day of the period that holds a day, and its number counted from `start`."""
        # A form computes while the billing day is being typed; saving checks it.
        anchor_day = min(max(self.anchor_day, 1), 31)
        anchor = periods.anchor_of(self.date_start or start, anchor_day)
        period = periods.period_at(anchor, anchor_day, months, day)
        first = periods.period_at(anchor, anchor_day, months, start)
        return max(period.start, start), period.index - first.index

    @api.model
    def _refresh_mrr(self):
        """Compute anew what time alone changes: lines and discounts that begin or run out."""
        timed = Domain.OR([[("date_start", "!=", False)], [("date_end", "!=", False)], [("periods", ">", 0)]])
        changing = Domain.OR(
            [
                # Also those that have not begun.
                Domain("monthly_amount", "=", 0),
                Domain("date_end", "!=", False),
                Domain("discount_ids", "any", timed),
                Domain("contract_id.discount_ids", "any", timed),
            ]
        )
        running = Domain("state", "in", ("active", "paused")) & Domain("charge_type", "in", ("fixed", "per_unit"))
        lines = self.env["kor.contract.line"].search(running & changing)
        self.env.add_to_compute(lines._fields["monthly_amount"], lines)
        for name in ("mrr", "arr"):
            self.env.add_to_compute(self._fields[name], lines.contract_id)
