from fractions import Fraction

from odoo import fields, models

from ..engine.availability import combine, plain_seconds, seconds_of
from ..measuring import Board

HUNDRED = Fraction(100)
# Ten years and some days.
MOST_DAYS = 3700


class KorContractUptimeMixin(models.AbstractModel):
    """Measure the availability that a contract had, against what it promises."""

    _name = "kor.contract.uptime.mixin"
    _description = "Availability of a Contract"

    def _measure_availability(self, date_from, date_to, now=None):
        """Return by contract the availability of a span of days, and of each of its months under each agreement.

        The number of queries does not grow with the contracts.

        :param now: a naive UTC datetime up to which is measured
        :return: {contract: (engine Availability, tuple of measuring.Part)}
        """
        board = Board(self, date_from, date_to, now or fields.Datetime.now())
        result, wholes = {}, {}
        for contract in self:
            parts = board.measure(contract)
            # Contracts that rest on the same share the measured months, and so what these add up to.
            name = tuple(id(part.availability) for part in parts)
            if name not in wholes:
                wholes[name] = combine(part.availability for part in parts)
            result[contract] = wholes[name], parts
        return result

    def track_uptime(self, date_from, date_to):
        """Tell how available the services of the contract were, from one day to another, both included.

        Percentages are not rounded; `availability_exact` is the same as a fraction. What is still to come is not
        measured, but is part of the error budget.

        :param date_from: the first day as YYYY-MM-DD, in the agreement's time zone
        :param date_to: the last day as YYYY-MM-DD
        :return: a dict; `months` has the same for each month, `incidents` what each outage cost, and why
        """
        self.ensure_one()
        self.check_access("read")
        first, last = self._parse_period(date_from, date_to, MOST_DAYS)
        return self.sudo()._prepare_uptime(first, last)  # who may read the contract reads no outages of all customers

    def _prepare_uptime(self, first, last):
        now = fields.Datetime.now()
        board = Board(self, first, last, now)
        parts = board.measure(self)
        whole = combine(part.availability for part in parts)
        agreement = parts[-1].agreement if parts else self.env["kor.sla.agreement"]
        services = board.services.browse(
            sorted({id_ for part in parts for id_ in board.get_services(self, part.agreement).ids})
        )
        return {
            "contract": self.name,
            "date_from": fields.Date.to_string(first),
            "date_to": fields.Date.to_string(last),
            "tz": agreement._get_tz() if agreement else self.tz,
            "window": self._describe_window(agreement),
            "services": services.mapped("code"),
            **self._prepare_figures(whole, parts),
            "incidents": self._prepare_incidents(whole, parts, services, now),
            "months": [
                {
                    "month": f"{part.month:%Y-%m}",
                    "date_from": fields.Date.to_string(part.first),
                    "date_to": fields.Date.to_string(part.last),
                    **self._prepare_figures(part.availability, [part]),
                }
                for part in parts
            ],
        }

    def _describe_window(self, agreement):
        return agreement.uptime_calendar_id.name or self.env._("around the clock")

    def _prepare_figures(self, availability, parts):
        """Return the figures of an availability as plain numbers, seconds in exact ones where they are whole."""
        percent, budget = availability.availability, self._add_budgets(parts)
        targets = {part.target for part in parts if part.agreement.uptime_target}
        target = next(iter(targets)) if len(targets) == 1 else self._mean_target(parts)
        return {
            "is_measured": percent is not None,
            "availability": float(percent) if percent is not None else False,
            "availability_exact": str(percent) if percent is not None else "",
            "target": float(target),
            "met": percent is not None and percent >= target,
            "total_seconds": plain_seconds(availability.total),
            "measured_seconds": plain_seconds(availability.measured),
            "down_seconds": plain_seconds(availability.down),
            "maintenance_seconds": plain_seconds(availability.maintenance),
            "unknown_seconds": plain_seconds(availability.unknown),
            "budget": budget,
        }

    def _add_budgets(self, parts):
        allowed = sum((part.budget.allowed for part in parts), Fraction(0))
        used = sum((part.budget.used for part in parts), Fraction(0))
        return {
            "allowed_seconds": plain_seconds(allowed),
            "used_seconds": plain_seconds(used),
            "left_seconds": plain_seconds(allowed - used),
            "left_percent": float(HUNDRED * (allowed - used) / allowed) if allowed else 0,
        }

    def _mean_target(self, parts):
        """Return what several targets come to, each by the time that it held."""
        base = sum((seconds_of(part.availability.measured) for part in parts), Fraction(0))
        held = sum((part.target * seconds_of(part.availability.measured) for part in parts), Fraction(0))
        return held / base if base else max((part.target for part in parts), default=Fraction(0))

    def _prepare_incidents(self, whole, parts, services, now):
        """Return the outages that touched the contract: what each cost, and why."""
        if not parts:
            return []
        costs = {}
        for one in whole.counted:
            costs.setdefault(one.key, []).append(one)
        start, end = parts[0].start, parts[-1].end
        outages = self.env["kor.sla.outage"].search(
            [
                ("service_id", "in", services.ids),
                ("date_start", "<", min(end, now)),
                "|",
                ("date_end", "=", False),
                ("date_end", ">", start),
                "|",
                ("contract_ids", "=", False),
                ("contract_ids", "in", self.ids),
            ],
            order="date_start, id",
        )
        return [self._prepare_incident(outage, costs.get(outage.id, ()), parts) for outage in outages]

    def _prepare_incident(self, outage, counted, parts):
        seconds = sum((one.seconds for one in counted), Fraction(0))
        down = sum((one.seconds * one.weight for one in counted), Fraction(0))
        excluded = sum((one.excluded_seconds for one in counted), Fraction(0))
        touched = sum((seconds_of(end - start) for one in counted for start, end in one.intervals), Fraction(0))
        cost = {"touched": touched, "seconds": seconds, "excluded": excluded}
        return {
            "id": outage.id,
            "name": outage.name,
            "service": outage.service_id.code,
            "state": outage.state,
            "start": fields.Datetime.to_string(outage.date_start),
            "end": fields.Datetime.to_string(outage.date_end) or "",
            "weight": outage.weight if outage.state == "degraded" else 1.0 if outage.state != "unknown" else 0.0,
            "measured_seconds": plain_seconds(touched),
            "down_seconds": plain_seconds(down),
            "excluded_seconds": plain_seconds(excluded),
            "cause": outage.cause or "",
            "why": self._explain_incident(outage, cost, parts),
        }

    def _explain_incident(self, outage, cost, parts):
        """Return in one sentence why an outage cost what it did."""
        if outage.is_excluded:
            return self.env._("Left out: %(reason)s", reason=outage.exclusion_reason or "")
        if not cost["touched"]:
            return self.env._("Outside of the hours in which availability is measured.")
        if outage.state == "unknown":
            return self.env._("Not known how the service was: this time is not measured.")
        if outage.state == "maintenance":
            return self._explain_maintenance(outage, cost, parts)
        if not cost["seconds"] and cost["excluded"]:
            return self.env._("During announced maintenance: counts for nothing.")
        if not cost["seconds"]:
            return self.env._("Counted once, with another outage of the same time.")
        if outage.state == "degraded":
            return self.env._("Worked only in part: counts by %(weight)s %%.", weight=f"{outage.weight * 100:g}")
        if cost["seconds"] < cost["touched"]:
            return self.env._("Down. What another outage or maintenance of the same time covers counts once.")
        return self.env._("Down: counts in full.")

    def _explain_maintenance(self, outage, cost, parts):
        hours = parts[-1].agreement.maintenance_notice_hours
        if not cost["excluded"] and hours and not outage.date_announced:
            return self.env._("Maintenance that was not announced: counts as downtime.")
        if (
            not cost["excluded"]
            and hours
            and (outage.date_start - outage.date_announced).total_seconds() < hours * 3600
        ):
            return self.env._(
                "Maintenance that was announced less than %(hours)s hours ahead: counts as downtime.", hours=hours
            )
        if not cost["excluded"] and cost["seconds"]:
            return self.env._("Maintenance beyond what the month allows: counts as downtime.")
        if cost["seconds"]:
            return self.env._("Announced maintenance; what goes beyond the month's allowance counts as downtime.")
        return self.env._("Announced maintenance within the month's allowance: counts for nothing.")
