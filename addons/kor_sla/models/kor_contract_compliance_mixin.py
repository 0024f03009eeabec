from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..engine.availability import combine, plain_seconds

DAY = timedelta(days=1)
KINDS = ("uptime", "response", "next_response", "resolution")
# What stands as evidence on one line; missed ones come first, and the counts tell of all.
MOST_EVIDENCE = 200
MOST_SPANS = 10
LONGEST_DAYS = 1100


class KorContractComplianceMixin(models.AbstractModel):
    """Compare what was promised with what was: uptime with outages, times with the clocks of tickets."""

    _name = "kor.contract.compliance.mixin"
    _description = "Compliance of a Contract"

    def check_compliance(self, date_from, date_to):
        """Tell which promises of the contract were kept in a period, with evidence, and which credits follow.

        A ticket counts in the period in which its clock was stopped in time, or ran out. Without anything that was
        measured, a target is met with a count of 0.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :return: a dict with contract, period, targets, is_met, and credits: a preview by calendar month
        """
        self.ensure_one()
        self.check_access("read")
        first, last = self._parse_period(date_from, date_to)
        contract_sudo = self.sudo()  # who may read a contract may read how its promises were kept
        found = contract_sudo._get_compliance(first, last).get(contract_sudo, [])
        return {
            "contract": self.name,
            "period": {"date_from": first.isoformat(), "date_to": last.isoformat()},
            "is_met": all(target["met"] for target in found),
            "targets": [contract_sudo._describe_target(target) for target in found],
            "credits": contract_sudo._preview_sla_credits(first, last),
        }

    def _parse_period(self, date_from, date_to, most=LONGEST_DAYS):
        """Return the first and the last day of a period, which has no more than so many days."""
        first, last = self._parse_date(date_from, "date_from"), self._parse_date(date_to, "date_to")
        if last < first:
            raise UserError(
                self.env._(
                    "The period ends on %(last)s, before it starts on %(first)s. Give date_from first, then date_to.",
                    first=first,
                    last=last,
                )
            )
        if (last - first).days >= most:
            raise UserError(
                self.env._(
                    "The period has %(days)s days; ask for at most %(most)s at once.",
                    days=(last - first).days + 1,
                    most=most,
                )
            )
        return first, last

    @api.model
    def _describe_target(self, target):
        """Return a target as other systems read it."""
        names = ("kind", "priority", "target", "actual", "met", "count", "missed", "date_from", "date_to", "evidence")
        return {name: target[name] for name in names}

    def _get_compliance(self, first, last, now=None):
        """Return by contract what became of each target: dicts, in the order in which people read them.

        An agreement that was changed within the period has its own targets, each for its own days.
        """
        versions = self._get_versions(first, last)
        measured = self._measure_versions(versions, first, last, now)
        clocks = self._get_decided_clocks(versions, first, last)
        result = {}
        for contract, own in versions.items():
            result[contract] = [
                target
                for version in own
                for target in (
                    *contract._judge_uptime(version, measured.get((contract, version[0]))),
                    *contract._judge_times(version, clocks.get((contract, version), ())),
                )
            ]
        return result

    def _get_versions(self, first, last):
        """Return by contract the agreements with their days, which are read together."""
        versions = self._get_sla_agreements(first, last)
        ids = [version[0].id for own in versions.values() for version in own]
        # Read now for all of them, not again and again for each.
        agreements = self.env["kor.sla.agreement"].browse(ids)
        agreements.target_ids.fetch(["agreement_id", "priority", *(f"{kind}_minutes" for kind in KINDS[1:])])
        agreements.band_ids.fetch(["agreement_id", "starts_at", "below", "credit"])
        return {
            contract: [(agreement.with_prefetch(ids), *days) for agreement, *days in own]
            for contract, own in versions.items()
        }

    @api.model
    def _measure_versions(self, versions, first, last, now):
        """Return by contract and agreement the availability in the agreement's days; all are measured together."""
        promised = [contract.id for contract, own in versions.items() if any(one[0].uptime_target for one in own)]
        parts = {}
        for contract, (_whole, own) in self.browse(promised)._measure_availability(first, last, now=now).items():
            for part in own:
                parts.setdefault((contract, part.agreement), []).append(part.availability)
        result = {key: combine(own) for key, own in parts.items()}
        outages = {one.key for whole in result.values() for one in whole.counted if isinstance(one.key, int)}
        self.env["kor.sla.outage"].browse(outages).fetch(["name"])
        return result

    @api.model
    def _get_decided_clocks(self, versions, first, last):
        """Return by contract and version the clocks that were stopped in time, or ran out, on its days."""
        ids = [contract.id for contract, own in versions.items() if own]
        # A day wider on both sides: the days of a zone are not those of UTC.
        since, until = datetime.combine(first - DAY, time()), datetime.combine(last + 2 * DAY, time())
        met = Domain("state", "=", "met") & Domain("date_stop", ">=", since) & Domain("date_stop", "<", until)
        late = Domain("state", "=", "breached") & Domain("date_breached", ">=", since)
        late &= Domain("date_breached", "<", until)
        names = ["task_id", "contract_id", "agreement_id", "kind", "priority", "target_minutes", "used_seconds"]
        names += ["state", "deadline", "date_stop", "date_breached"]
        clock_model = self.env["kor.sla.clock"]
        result = {}
        for clock in clock_model.search_fetch(Domain("contract_id", "in", ids) & (met | late), names, order="id"):
            contract = clock.contract_id
            for version in versions[contract]:
                if version[1] <= contract._get_decision_day(clock, version[0]) <= version[2]:
                    result[contract, version] = result.get((contract, version), clock_model) + clock
        return result

    @api.model
    def _get_decision_day(self, clock, agreement):
        """Return the day on which a clock was met or missed, where the agreement's days begin."""
        moment = clock.date_breached if clock.state == "breached" else clock.date_stop
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(agreement._get_tz())).date()

    def _judge_uptime(self, version, availability):
        agreement, first, last = version
        target = agreement.uptime_target
        if not target or availability is None:
            return []
        # Unrounded: 99.898148 is less than 99.9, whatever a page shows.
        actual, wanted = availability.availability, Fraction(str(target))
        met = actual is None or actual >= wanted
        counted = availability.counted
        return [
            {
                "kind": "uptime",
                "priority": "",
                "target": target,
                "actual": float(actual) if actual is not None else 0.0,
                "exact": f"{actual.numerator}/{actual.denominator}" if actual is not None else "",
                "met": met,
                "count": len({one.key for one in counted if isinstance(one.key, int)}),
                "missed": 0 if met else len({one.key for one in counted if one.seconds and one.weight}),
                "date_from": first.isoformat(),
                "date_to": last.isoformat(),
                "agreement": agreement.id,
                "seconds": self._get_seconds(availability),
                "evidence": self._describe_outages(agreement, counted),
            }
        ]

    @api.model
    def _get_seconds(self, availability):
        """Return what was measured, in seconds."""
        names = ("total", "unknown", "maintenance", "down")
        return {name: plain_seconds(getattr(availability, name)) for name in names}

    def _describe_outages(self, agreement, counted):
        """Return what each outage cost; one that lasts over the end of a month is one all the same."""
        found = {}
        for one in counted:
            # Time of which nothing is known has no outage behind it.
            if isinstance(one.key, int):
                found.setdefault(one.key, []).append(one)
        outages = self.env["kor.sla.outage"].browse(list(found)[:MOST_EVIDENCE])
        return [self._describe_outage(agreement, outage, found[outage.id]) for outage in outages]

    def _describe_outage(self, agreement, outage, counted):
        seconds = plain_seconds(sum((one.seconds * one.weight for one in counted), Fraction(0)))
        spans = ", ".join(
            f"{self._format_moment(start, agreement)} – {self._format_moment(end, agreement)}"
            for start, end in [span for one in counted for span in one.intervals][:MOST_SPANS]
        )
        states = dict(self.env["kor.sla.outage"]._fields["state"]._description_selection(self.env))
        return {
            "model": "kor.sla.outage",
            "id": outage.id,
            "name": outage.name,
            "detail": self.env._(
                "%(state)s %(spans)s: %(minutes)s min count",
                state=states.get(counted[0].state, counted[0].state),
                spans=spans,
                minutes=_format_minutes(seconds),
            ),
            "state": counted[0].state,
            "seconds": seconds,
            "excluded_seconds": plain_seconds(sum((one.excluded_seconds for one in counted), Fraction(0))),
        }

    def _judge_times(self, version, clocks):
        """Return the targets of times: those that are agreed, and those that tickets had before it changed."""
        agreement, first, last = version
        groups = {
            (kind, target.priority): (target[f"{kind}_minutes"], self.env["kor.sla.clock"])
            for target in agreement.target_ids
            for kind in KINDS[1:]
            if target[f"{kind}_minutes"]
        }
        for clock in clocks:
            key = (clock.kind, clock.priority)
            minutes, own = groups.get(key, (clock.target_minutes, self.env["kor.sla.clock"]))
            groups[key] = (minutes, own + clock)
        order = sorted(groups, key=lambda key: (KINDS.index(key[0]), -int(key[1])))
        return [
            {
                **self._judge_clocks(kind, priority, *groups[kind, priority], agreement),
                "date_from": first.isoformat(),
                "date_to": last.isoformat(),
                "agreement": agreement.id,
            }
            for kind, priority in order
        ]

    def _judge_clocks(self, kind, priority, minutes, clocks, agreement):
        missed = clocks.filtered(lambda clock: clock.state == "breached")
        shown = (missed + (clocks - missed))[:MOST_EVIDENCE]
        return {
            "kind": kind,
            "priority": priority,
            "target": minutes,
            # The longest one: what the customer waited for at most.
            "actual": max(clocks.mapped("used_seconds"), default=0) / 60,
            "exact": "",
            "met": not missed,
            "count": len(clocks),
            "missed": len(missed),
            "late_tasks": missed.task_id.ids,
            "seconds": {},
            "evidence": [self._describe_clock(clock, agreement) for clock in shown],
        }

    def _describe_clock(self, clock, agreement):
        values = {
            "used": _format_minutes(clock.used_seconds),
            "target": clock.target_minutes,
            "due": self._format_moment(clock.date_breached or clock.deadline, agreement),
            "stop": self._format_moment(clock.date_stop, agreement),
        }
        if clock.state == "met":
            detail = self.env._("in time: %(stop)s, after %(used)s of %(target)s min", **values)
        elif clock.date_stop:
            detail = self.env._("late: due %(due)s, done %(stop)s, after %(used)s of %(target)s min", **values)
        else:
            detail = self.env._("late: due %(due)s, not done yet", **values)
        return {
            "model": "project.task",
            "id": clock.task_id.id,
            "name": clock.task_id.display_name,
            "detail": detail,
            "met": clock.state == "met",
        }

    @api.model
    def _format_moment(self, moment, agreement):
        return format_datetime(self.env, moment, tz=agreement._get_tz(), dt_format="short") if moment else ""

    @api.model
    def _iter_months(self, first, last):
        """Yield the first and the last day of each calendar month that the period touches."""
        month = first.replace(day=1)
        while month <= last:
            end = fields.Date.end_of(month, "month")
            yield month, end
            month = end + DAY


def _format_minutes(seconds):
    return f"{seconds / 60:.2f}".rstrip("0").rstrip(".")
