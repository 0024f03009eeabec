from dataclasses import replace
from fractions import Fraction

from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from ..engine import delivery
from .kor_contract_schedule_mixin import add_months

DAY = delivery.DAY


class KorContractRemainingMixin(models.AbstractModel):
    """Say what remained to be earned of a contract on a day, by the terms that held then."""

    _name = "kor.contract.remaining.mixin"
    _description = "Remaining Performance Obligations of a Contract"

    def _get_remaining_months(self, day):
        """Return what is earned after a day of the promises that were enforceable together on it.

        :return: a list of (schedule id, first day of the month, amount)
        """
        adjustments = self._find_adjustments()
        result = []
        for contract in self:
            versions = contract._get_engine_versions_on(day)
            given = [one for one in adjustments.get(contract.id, ()) if one["date"] <= day]
            after, before = (
                add_months(contract._get_pooled_months(until, versions), contract._get_adjusted_months(given, until))
                for until in (None, day + DAY)
            )
            for root, schedule in contract._get_kept_roots().items():
                if schedule.position_group == "contract":
                    left = _subtract(after.get(root, {}), before.get(root, {}), day)
                    result += [(schedule.id, month, float(amount)) for month, amount in left.items() if amount]
        return result

    def _get_engine_versions_on(self, day):
        """Return the versions that held on a day, with what was known of progress.

        What is still to be done is expected by the end of its promise.
        """
        self.ensure_one()
        noted = self._get_revenue_schedules()._get_engine_progress()
        known = {key: tuple(fact for fact in facts if fact.day <= day) for key, facts in noted.items()}
        versions = self._get_revenue_versions()
        records = versions.filtered(lambda one: min(one.date_known, one.date_effective) <= day)
        return [
            replace(version, obligations=tuple(self._expect(one, day) for one in version.obligations))
            for version in records._get_engine_versions(known)
        ]

    def _expect(self, obligation, day):
        if obligation.method != "progress":
            return obligation
        expected = max(max(one.end for one in obligation.stretches) - DAY, day + DAY)
        done = delivery.Progress(fields.Date.to_date(expected), Fraction(1))
        return replace(obligation, progress=(*obligation.progress, done))


def _subtract(after, before, day):
    """Return what remains by month; what belongs to earlier months is left out, it was earned by then."""
    first = delivery.month_of(day)
    return {month: amount - before.get(month, ZERO) for month, amount in after.items() if month >= first}
