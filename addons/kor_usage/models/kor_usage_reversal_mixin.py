from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import as_text

from ..engine.intake import SHAPES, Agreement, Entry, IntakeError, Report, dimension_of

SET_REVERSED = """
    UPDATE {table} t SET is_reversed = %s
      FROM (
           SELECT partner_id, event_key FROM {table}
             JOIN unnest(%s::int[], %s::text[]) AS f(partner_id, event_key) USING (partner_id, event_key)
            ORDER BY partner_id, event_key FOR UPDATE OF {table}
           ) f
     WHERE (t.partner_id, t.event_key) = (f.partner_id, f.event_key) AND t.is_reversed != %s
    RETURNING t.partner_id, t.event_key
"""


@dataclass(frozen=True, eq=False, slots=True)
class Reversal:
    """Hold a report that reverses an event, its place in the call and the contract that it names."""

    position: int
    report: Report
    agreement: Agreement


class KorUsageReversalMixin(models.AbstractModel):
    """Take reversed events out of the day in which they were counted; each is reversed once."""

    _name = "kor.usage.reversal.mixin"
    _inherit = ["kor.usage.count.mixin"]
    _description = "Reversal of Usage"

    @api.model
    def _reverse(self, reversals, measures, outcome):
        """Count reversals, after the events that they may reverse.

        :param measures: {metric id: Measure}
        """
        reversals = [one for one in reversals if not outcome.is_repeated(one.agreement.partner_id, one.report.key)]
        reversals = self._drop_counted(reversals, outcome)
        targets = self._find_targets(reversals)
        entries = {}
        for one in reversals:
            try:
                entries[one] = self._prepare_reversal(one, targets, measures)
            except IntakeError as error:
                outcome.refuse(one.position, one.report.key, error)
        won = self._claim(entries, outcome)
        fresh = self._count([entries[one] for one in won])
        counted = [one for one in won if one.position in fresh]
        outcome.accepted += len(counted)
        outcome.duplicate += len(won) - len(counted)
        self._release([one for one in won if one.position not in fresh])
        self._take_out([entries[one] for one in counted])

    @api.model
    def _drop_counted(self, reversals, outcome):
        """Leave out the reversals whose own id has been counted."""
        known = self._find_keys((one.agreement.partner_id, one.report.key) for one in reversals)
        new = [one for one in reversals if (one.agreement.partner_id, one.report.key) not in known]
        outcome.duplicate += len(reversals) - len(new)
        return new

    @api.model
    def _find_keys(self, keys):
        """Return which of these (customer id, event key) pairs are there, each with where it was counted."""
        return {(row["partner_id"], row["event_key"]): row for row in self._read_keys(list(keys))}

    @api.model
    def _read_keys(self, keys):
        if not keys:
            return []
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT coalesce(e.id, k.id) AS id, f.partner_id, f.event_key,
                       coalesce(e.contract_id, k.contract_id) AS contract_id,
                       coalesce(e.metric_id, k.metric_id) AS metric_id, coalesce(e.day, k.day) AS day,
                       e.id IS NOT NULL AS is_kept, e.time, e.second::text, e.quantity::text, e.value,
                       e.properties::text, e.dimension, e.reverses,
                       EXISTS (SELECT FROM kor_usage_rollup r WHERE r.is_condensed AND r.dimension = ''
                                  AND r.contract_id = coalesce(e.contract_id, k.contract_id)
                                  AND r.metric_id = coalesce(e.metric_id, k.metric_id)
                                  AND r.day = coalesce(e.day, k.day)) AS is_condensed
                  FROM unnest(%s::int[], %s::text[]) AS f(partner_id, event_key)
                  LEFT JOIN kor_usage_event e USING (partner_id, event_key)
                  LEFT JOIN kor_usage_dropped_key k USING (partner_id, event_key)
                 WHERE e.id IS NOT NULL OR k.id IS NOT NULL
                """,
                [partner_id for partner_id, _event_key in keys],
                [event_key for _partner_id, event_key in keys],
            )
        )

    @api.model
    def _find_targets(self, reversals):
        return self._find_keys((one.agreement.partner_id, one.report.reverses) for one in reversals)

    @api.model
    def _prepare_reversal(self, reversal, targets, measures):
        """Return the entry of a reversal: what it reverses, negated."""
        report, agreement = reversal.report, reversal.agreement
        target = targets.get((agreement.partner_id, report.reverses))
        if not target:
            raise IntakeError(
                f"The event “{report.reverses}” has not been counted for this customer: give the id of one that was."
            )
        measure = measures[target["metric_id"]]
        self._check_reversible(reversal, target, measure)
        if target["is_kept"]:
            found = self._prepare_kept(report, target)
        else:
            found = self._prepare_dropped(report, target, agreement, measure)
        return Entry(
            position=reversal.position,
            partner_id=agreement.partner_id,
            contract_id=agreement.id,
            company_id=agreement.company_id,
            metric_id=measure.id,
            shape=SHAPES[measure.aggregation],
            weight=-1,
            event_key=report.key,
            day=target["day"],
            reverses=report.reverses,
            **found,
        )

    @api.model
    def _check_reversible(self, reversal, target, measure):
        report = reversal.report
        if target["contract_id"] != reversal.agreement.id:
            raise IntakeError(f"The event “{report.reverses}” was counted for another contract: name that one.")
        if report.metric and report.metric != measure.code:
            raise IntakeError(f"The event “{report.reverses}” was counted as {measure.code}, not {report.metric}.")
        if target["reverses"]:
            raise IntakeError(f"The event “{report.reverses}” reverses another one: report that one anew.")
        if target["is_condensed"] and SHAPES[measure.aggregation]:
            raise IntakeError(
                f"The events of {target['day']} are not kept any more: metric {measure.code} cannot be corrected there."
            )

    @api.model
    def _prepare_kept(self, report, target):
        quantity = Decimal(target["quantity"])
        if report.quantity is not None and abs(report.quantity) != abs(quantity):
            raise IntakeError(
                f"The event “{report.reverses}” is reversed as a whole: leave the quantity out or "
                f"give {as_text(quantity)}, and report what is right as a new event."
            )
        names = ("time", "second", "value", "properties", "dimension")
        return {**{name: target[name] for name in names}, "quantity": -quantity}

    @api.model
    def _prepare_dropped(self, report, target, agreement, measure):
        """Return the rest of an entry that reverses an event which is not kept any more."""
        if measure.aggregation != "sum":
            raise IntakeError(
                f"The event “{report.reverses}” is not kept any more, and metric {measure.code} cannot be "
                "corrected without it."
            )
        if report.quantity is None:
            raise IntakeError(f"The event “{report.reverses}” is not kept any more: give the quantity to take out.")
        dimension = dimension_of(report.properties, measure.dimension_keys)
        place = [("contract_id", "=", agreement.id), ("metric_id", "=", measure.id), ("day", "=", target["day"])]
        rollups = self.env["kor.usage.rollup"].sudo().search(place)  # a reporter may not read use
        if dimension and dimension not in rollups.mapped("dimension"):
            raise IntakeError(
                f"The event “{report.reverses}” is not kept any more, and nothing was counted on {target['day']} "
                "with these properties: give those that it had."
            )
        midnight = agreement.days.midnight(target["day"]).replace(tzinfo=None)
        rest = {"time": midnight, "second": Decimal(0), "value": None, "properties": None, "dimension": dimension}
        return {**rest, "quantity": -report.quantity}

    @api.model
    def _claim(self, entries, outcome):
        """Return the reversals of events that nobody else has reversed, and refuse the others."""
        claims = {}
        for one in entries:
            claims.setdefault((one.agreement.partner_id, one.report.reverses), one)
        won = {claims[claim] for claim in self._set_reversed(list(claims), True)}
        # Whoever held the claim may have been this very reversal, posted twice at the same time.
        for one in self._drop_counted([one for one in entries if one not in won], outcome):
            reason = f"The event “{one.report.reverses}” has been reversed already."
            outcome.refuse(one.position, one.report.key, reason)
        return [one for one in entries if one in won]

    @api.model
    def _set_reversed(self, keys, is_reversed):
        """Mark events of (customer id, event key) pairs as reversed or not, and return those that had not been so.

        Dropped ones come second: so those that are being dropped at this time are found as well.
        """
        columns = list(map(list, zip(*keys, strict=True)))
        changed = []
        if keys:
            for table in ("kor_usage_event", "kor_usage_dropped_key"):
                statement = SET_REVERSED.format(table=table)
                changed += self.env.execute_query(SQL(statement, is_reversed, *columns, is_reversed))
        return changed

    @api.model
    def _release(self, reversals):
        """Take the claims of reversals back that were counted by somebody else at the same time."""
        self._set_reversed([(one.agreement.partner_id, one.report.reverses) for one in reversals], False)

    @api.model
    def _take_out(self, entries):
        """Count anew what cannot be subtracted of the days of counted reversals."""
        if not entries:
            return
        touched = self.env.execute_query(
            SQL(
                """
                SELECT r.id, s.shape
                  FROM kor_usage_rollup r
                  JOIN (SELECT DISTINCT * FROM unnest(%s::int[], %s::int[], %s::date[], %s::int[])
                               AS t(contract_id, metric_id, day, shape)) s USING (contract_id, metric_id, day)
                 WHERE NOT (r.is_condensed AND s.shape > 0)
                 ORDER BY r.contract_id, r.metric_id, r.day, r.dimension
                   FOR UPDATE OF r
                """,
                [entry.contract_id for entry in entries],
                [entry.metric_id for entry in entries],
                [entry.day for entry in entries],
                [entry.shape for entry in entries],
            )
        )
        self._recount([rollup_id for rollup_id, shape in touched if shape])
        self.env.cr.execute(
            SQL(
                "DELETE FROM kor_usage_value WHERE rollup_id = ANY(%s) AND events <= 0",
                [rollup_id for rollup_id, _shape in touched],
            )
        )
