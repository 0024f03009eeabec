from datetime import timedelta

from odoo import fields, models

from ..engine import periods
from .kor_contract_lifecycle_mixin import AMENDING


class KorContractChainMixin(models.AbstractModel):
    """Lines that go on: a change ends a line and lets another one go on from its day, with other terms.

    All lines that go on from each other have the first of them as their root. What was agreed is never written
    over: only the last day of a line moves.
    """

    _name = "kor.contract.chain.mixin"
    _description = "Contract Line that Goes on"

    root_id = fields.Many2one(
        "kor.contract.line",
        string="First Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line that this one goes on from, through whatever was changed since. Empty: it is the first.",
    )
    amendment_id = fields.Many2one(
        "kor.contract.amendment",
        string="Made by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    ended_by_id = fields.Many2one(
        "kor.contract.amendment",
        string="Ended by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    date_end_before = fields.Date(
        string="Agreed until", readonly=True, copy=False, help="The last day before the line was ended. Empty: open."
    )
    anchor_day = fields.Integer(
        string="Billing Day",
        readonly=True,
        copy=False,
        help="The day on which the line's periods begin, where the contract's was moved since. 0: the contract's.",
    )
    billed_until = fields.Date(
        readonly=True,
        copy=False,
        help="The last day that is charged, where it is not the line's own: what is paid is given back whole, or kept.",
    )

    def _is_void(self):
        """Tell whether the line was taken away before its first day."""
        self.ensure_one()
        return bool(self.ended_by_id) and self.date_end == self.date_start - timedelta(days=1)

    def _has_step_price(self, day):
        """Tell whether the line begins on a day with a price that was agreed for it at signature."""
        step = self.amendment_id
        prices = step.change_ids.filtered(lambda change: change.kind == "price" and change._touches(self))
        return self.date_start == day and step.is_signature and any(not change.percent for change in prices)

    def _get_root(self):
        return self.root_id or self

    def _get_origin(self):
        """Return the day from which the periods of a line's discounts count: the first day of its chain."""
        root = self._get_root()
        if not root._is_void():
            return root.date_start
        # What was moved before it began, counts from where it begins instead.
        return min((line.date_start for line in self._get_chain() if not line._is_void()), default=root.date_start)

    def _runs_at(self, day):
        self.ensure_one()
        return self.date_start <= day and not self._is_over_on(day)

    def _is_over_on(self, day):
        """Tell whether a day lies after the last one of the line."""
        return bool(self.date_end) and self.date_end < day

    def _get_period_at(self, day):
        """Return the full billing period of the line around a day, counted from the contract's anchor."""
        self.ensure_one()
        anchor_day = self.anchor_day or self.contract_id.anchor_day
        anchor = periods.anchor_of(self.contract_id.date_start, anchor_day)
        return periods.period_at(anchor, anchor_day, self.billing_months, day)

    def _get_chain(self):
        """Return the line, all that it goes on from, and all that go on from it, in their order."""
        roots = {line._get_root() for line in self}
        return self.contract_id.line_ids.filtered(lambda line: line._get_root() in roots).sorted(
            lambda line: (line.date_start, line.id)
        )

    def _at(self, day):
        """Return of each line's chain the line that runs on a day."""
        return self._get_chain().filtered(lambda line: line._runs_at(day))

    def _as_amended(self):
        return self.with_context(kor_amending=AMENDING)

    def _end(self, last_day, amendment, billed_until=False):
        """Let the lines end on a day; those that begin later are taken away."""
        for line in self:
            line._as_amended().write(
                {
                    "date_end": max(last_day, line.date_start - timedelta(days=1)),
                    "date_end_before": line.date_end,
                    "ended_by_id": amendment.id,
                    "billed_until": billed_until,
                }
            )

    def _go_on(self, day, values, amendment, date_end=None):
        """End the lines before a day and return those that go on from it with other terms.

        :param values: the terms that change
        :param date_end: their last day; by default the one that the lines had
        """
        result = self.browse()
        for line in self:
            result |= line._as_amended().copy(
                {
                    "date_start": day,
                    "date_end": line.date_end if date_end is None else date_end,
                    "contract_id": line.contract_id.id,
                    "root_id": line._get_root().id,
                    "amendment_id": amendment.id,
                    "anchor_day": line.anchor_day,
                    **values,
                }
            )
        running = self.filtered(lambda line: not line._is_over_on(day))
        running._end(day - timedelta(days=1), amendment)
        return result.with_context(kor_amending=False)

    def _scale(self, factor):
        """Multiply all prices of the lines."""
        for line in self._as_amended():
            names = ("unit_price", "event_fee", "minimum_amount")
            line.write({name: line[name] * factor for name in names if line[name]})
            for tier in line.price_tier_ids:
                tier.write({"unit_price": tier.unit_price * factor, "flat_amount": tier.flat_amount * factor})
