import math
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date

from .kor_contract_lifecycle_mixin import AMENDING


class KorContractChange(models.Model):
    """Free months, and changes of lines whose later terms are agreed already."""

    _inherit = "kor.contract.change"

    kind = fields.Selection(selection_add=[("free", "Free months")], ondelete={"free": "cascade"})

    def _find_problem(self):
        if self.kind == "free" and (not self.date_end or self.date_end < self.amendment_id.date_effective):
            return self.env._("give the last day that is free.")
        return super()._find_problem()

    def _describe(self):
        if self.kind == "free":
            line = self.line_id.name or self.env._("all lines")
            return self.env._("%(line)s, until %(day)s", line=line, day=format_date(self.env, self.date_end))
        return super()._describe()

    def _apply_free(self, day):
        lines = self._get_line_at(day) if self.line_id else self._get_running(day)
        for line in lines.filtered(lambda one: one._is_recurring()):
            self._set_free(line, day, self.date_end)

    def _set_free(self, line, day, until):
        """Let a line cost nothing from a day until another one, and go on as agreed after it."""
        agreed_until, after = line.date_end, until + timedelta(days=1)
        if not agreed_until or after <= agreed_until:
            # Also beyond the end of the contract: what is free until then would stay so in a new term.
            self._go_on(line, after, {})
        if day <= line.date_start and self.amendment_id.is_signature:
            # Nothing was charged for it yet: it is free itself, instead of a line that goes on from its first day.
            line._scale(0)
            return
        free = self._go_on(line, day, {})
        free._scale(0)
        line._as_amended().date_end_before = agreed_until

    def _apply_quantity(self, day):
        later = self._get_later(self._get_line_at(day), day, {"quantity"})
        result = super()._apply_quantity(day)
        self._carry(later, {"quantity": self.quantity})
        return result

    def _apply_price(self, day):
        lines = self._get_priced(day) if self.line_id else self._get_priced(day) | self._get_paused(day)
        later = self._get_later(lines, day, {"price"})
        result = super()._apply_price(day)
        for line in self._carry(later, {}):
            self._reprice(line)
            if not self.percent:
                line._as_amended().unit_price *= self._get_factor(line, day)
        return result

    def _get_priced(self, day):
        """Leave out what a step gives a price of its own on the very day of a renewal."""
        lines = super()._get_priced(day)
        return lines.filtered(lambda line: not line._has_step_price(day)) if self.amendment_id.is_renewal else lines

    def _get_paused(self, day):
        """Return the last line before a day of each chain of which none runs then."""
        known = self.contract_id.line_ids.filtered(lambda line: line.charge_type != "one_time" and not line._is_void())
        paused = known.browse()
        for chain in known.grouped(lambda line: line._get_root()).values():
            if not any(line._runs_at(day) for line in chain):
                paused |= chain.filtered(lambda line: line.date_start < day).sorted("date_start")[-1:]
        return paused

    def _get_factor(self, line, day):
        """Return by how much steps in percent change what a line costs, of which they are agreed, after a day."""
        factor = 1.0
        for step in self.contract_id.amendment_ids.filtered("is_signature"):
            if day < step.date_effective <= line.date_start and step.state == "applied":
                own = step.change_ids.filtered(lambda change: change.kind == "price" and change._touches(line))
                factor *= math.prod(1 + change.percent / 100 for change in own)
        return factor

    def _apply_discount(self, day):
        result = super()._apply_discount(day)
        if self.line_id:
            line = self._get_line_at(day)
            discount = line.discount_ids.sorted("id")[-1:].with_context(kor_amending=AMENDING)
            for one in self._get_later(line, day, set()):
                discount.copy({"contract_line_id": one.id})
        return result

    def _apply_plan(self, day):
        lines = self._get_running(day).filtered("charge_id")
        later = {line: self._get_later(line, day, set()) for line in lines}
        ends = {line: following[-1].date_end for line, following in later.items() if following}
        result = super()._apply_plan(day)
        for line, following in later.items():
            # What was planned was planned for the lines of the old plan; those of the new one run as long.
            self._end(following.filtered(lambda one: not one._is_void()), day)
            going_on = line._at(day).filtered(lambda one: one.amendment_id == self.amendment_id)
            if line in ends and going_on:
                going_on._as_amended().date_end = ends[line]
        return result

    def _apply_billing_day(self, day):
        later = self._get_later(self._get_running(day), day, set())
        result = super()._apply_billing_day(day)
        later._as_amended().anchor_day = 0
        return result

    def _apply_transfer(self, day):
        """Hand over also what is agreed for later."""
        contract, running = self.contract_id, self._get_running(day)
        known = contract.transferred_to_ids
        later = {line: self._get_later(line, day, set()) for line in running}
        result = super()._apply_transfer(day)
        new = contract.transferred_to_ids - known
        taken = new.line_ids.sorted("id")
        for line, first in zip(running, taken, strict=True):
            for one in later[line]:
                one._as_amended().copy(
                    {
                        "contract_id": new.id,
                        "date_start": one.date_start,
                        "date_end": one.date_end,
                        "root_id": first.id,
                        "anchor_day": one.anchor_day,
                    }
                )
        return result

    def _apply_cancel(self, day):
        contract = self.contract_id
        last_day = contract._get_last_day_before(day)
        # Before the lines end: the fee is a share of what they would have brought.
        fee = contract._get_termination_fee(last_day)
        result = super()._apply_cancel(day)
        contract._charge_termination(fee, last_day, self.amendment_id)
        return result

    def _get_later(self, lines, day, kinds):
        """Return the lines that go on after a day, each chain up to where a change of such a kind was made."""
        found = lines.browse()
        for line in lines:
            for one in line._get_chain().filtered(lambda one: one.date_start > day and not one._is_void()):
                made_by = one.amendment_id
                free = made_by.change_ids.filtered(lambda change: change.kind == "free")
                if "price" in kinds and free and one.date_start == made_by.date_effective:
                    continue
                made = made_by.change_ids.filtered(
                    # A step in percent is on the price that holds until then, whatever that is.
                    lambda change, one=one: (
                        change._touches(one) and not (change.percent and change.amendment_id.is_signature)
                    )
                )
                if kinds & set(made.mapped("kind")):
                    break
                found |= one
        return found

    def _touches(self, line):
        """Tell whether the change was made on the chain of a line, or on all lines."""
        return not self.line_id or self.line_id._get_root() == line._get_root()

    def _carry(self, lines, values):
        """Give lines that are agreed for later the terms of the change, which nothing agreed since replaces."""
        waiting = lines.filtered(lambda line: not line._is_void() and line.ended_by_id != self.amendment_id)
        carried = lines.browse()
        for line in waiting:
            made_by, going_on = line.amendment_id, line._go_on(line.date_start, values, self.amendment_id)
            # It is still the step that was agreed then: a later change of another kind stops there.
            going_on._as_amended().amendment_id = made_by
            carried |= going_on
        return carried
