"""What availability is measured from, read once for many contracts: agreements, hours, pauses, services, outages.

The number of queries does not grow with the contracts, their months or their outages; it grows by a few with each
calendar of hours. All times are naive and in UTC.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pytz import timezone

from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.kor_usage.engine.local_days import LocalDays

from .engine.availability import Availability, Outage, Rules, Timeline, measure
from .engine.intervals import Spans, clip, difference, from_calendar, length, normalise

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# What stands for the time of a contract of which no service is watched.
UNWATCHED = "unwatched"
OUTAGE_FIELDS = ("service_id", "state", "weight", "date_start", "date_end", "date_announced")


class Part(NamedTuple):
    """A month of a contract under one version of its agreement, or the part of one that is asked for."""

    agreement: object
    month: date
    first: date
    last: date
    start: datetime
    end: datetime
    windows: Spans
    rules: Rules
    availability: Availability

    @property
    def planned(self):
        """Return all measured time of the part, also what is still to come."""
        return length(self.windows)

    @property
    def target(self):
        return exact(self.agreement.uptime_target)

    @property
    def budget(self):
        """Return the error budget of the whole part, without what is unknown."""
        return self.availability.budget(self.target, self.planned - self.availability.unknown)


def exact(number):
    """Return a stored percentage as it was entered."""
    return Fraction(Decimal(str(number)))


class Board:
    """Hold what the availability of contracts is measured from, in a span of days."""

    def __init__(self, contracts, first, last, now):
        # Customers and colleagues read a contract without a right on its services, calendars and holidays.
        self.contracts = contracts.sudo()  # whoever asks has been allowed to read the contracts
        self.env = self.contracts.env
        self.first, self.last, self.now = first, last, now
        # Whatever the time zone.
        self.start, self.end = _midnight(first) - DAY, _midnight(last) + 2 * DAY
        self.agreements = self.contracts._get_sla_agreements(first, last)
        self._days, self._windows, self._sources, self._measured = {}, {}, {}, {}
        self._pauses = self._read_pauses()
        self.services = self.env["kor.sla.service"].with_context(active_test=False).search([])
        self._carriers = self._index_services()
        self._outages, self._own = self._read_outages()
        self._timelines = {}

    def _read_pauses(self):
        """Return by contract the days on which it was paused, as (first, last or None) pairs."""
        changes = self.env["kor.contract.change"].search_fetch(
            [
                ("amendment_id.contract_id", "in", self.contracts.ids),
                ("amendment_id.state", "=", "applied"),
                ("kind", "in", ("pause", "resume")),
            ],
            ["kind", "date_end", "amendment_id"],
        )
        changes.amendment_id.fetch(["contract_id", "date_effective"])
        pauses = defaultdict(list)
        for change in changes.sorted(lambda one: (one.amendment_id.date_effective, one.amendment_id.id)):
            known, day = pauses[change.amendment_id.contract_id], change.amendment_id.date_effective
            if change.kind == "pause":
                known.append((day, change.date_end or None))
            elif known and known[-1][1] is None:
                known[-1] = (known[-1][0], day - DAY)
        return pauses

    def _read_outages(self):
        """Return the outages of the span by service, and those that touch some contracts only by contract."""
        model = self.env["kor.sla.outage"]
        domain = Domain.AND(
            [
                Domain("service_id", "in", self.services.ids),
                Domain("date_start", "<", self.end),
                Domain("date_end", "=", False) | Domain("date_end", ">", self.start),
                Domain("is_excluded", "=", False),
            ]
        )
        # As plain rows: a year can have a hundred thousand.
        query = model._search(domain)
        table = query.table
        columns = [model._field_to_sql(table, name, query) for name in ("id", *OUTAGE_FIELDS)]
        rows = self.env.execute_query(query.select(*columns))
        touched = self._read_touched(rows)
        by_service, own = defaultdict(list), defaultdict(list)
        for id_, service_id, *values in rows:
            outage = _to_engine(id_, *values)
            for contract_id in touched.get(id_, ()):
                own[contract_id].append((service_id, outage))
            if id_ not in touched:
                by_service[service_id].append(outage)
        return by_service, own

    def _read_touched(self, rows):
        """Return the ids of the contracts by that of the outage that touches them only."""
        field = self.env["kor.sla.outage"]._fields["contract_ids"]
        self.env["kor.sla.outage"].flush_model(["contract_ids"])
        outage, contract = SQL.identifier(field.column1), SQL.identifier(field.column2)
        query = SQL(
            "SELECT %s, array_agg(%s) FROM %s WHERE %s = ANY(%s) GROUP BY 1",
            outage,
            contract,
            SQL.identifier(field.relation),
            outage,
            [row[0] for row in rows],
        )
        return dict(self.env.execute_query(query))

    def _index_services(self):
        """Return the ids of services by what rests on them: a company, a tier of one, a contract."""
        carriers = defaultdict(set)
        for service in self.services:
            company = service.company_id.id
            if service.for_all:
                carriers["company", company].add(service.id)
            for tier in service.tier_ids:
                carriers["tier", tier.id, company].add(service.id)
            for contract in service.contract_ids:
                carriers["contract", contract.id].add(service.id)
        return carriers

    def get_services(self, contract, agreement):
        """Return the services that a contract rests on, with the tier that it had; as `_carries` of a service."""
        tier, company = agreement.tier_id or contract.tier_id, contract.company_id.id
        names = [("contract", contract.id)]
        for one in (company, False):
            names += [("company", one), ("tier", tier.id, one)]
        return self.services.browse(sorted(set().union(*(self._carriers.get(name, ()) for name in names))))

    def _get_timeline(self, contract, services):
        """Return the outages that touch a contract, and a name of the collection that contracts can share."""
        own = [one for service_id, one in self._own.get(contract.id, ()) if service_id in services._ids]
        name = (services._ids, contract.id if own else 0)
        if name not in self._timelines:
            shared = [one for service_id in services._ids for one in self._outages.get(service_id, ())]
            if not services:
                shared = [Outage(UNWATCHED, "unknown", self.start)]
            self._timelines[name] = Timeline([*shared, *own])
        return name, self._timelines[name]

    def get_days(self, agreement):
        """Return the days of an agreement's time zone."""
        tz = agreement._get_tz()
        if tz not in self._days:
            self._days[tz] = LocalDays(tz)
        return self._days[tz]

    def get_windows(self, contract, agreement):
        """Return the hours in which an agreement measures, and a name of them that contracts can share."""
        calendar, tz, company = agreement.uptime_calendar_id, agreement._get_tz(), contract.company_id
        name = (calendar.id, tz if calendar else "", company.id if calendar else 0)
        if name not in self._windows:
            self._windows[name] = self._read_windows(calendar, tz, company)
        if contract in self._pauses:
            return (*name, contract.id), self._cut_pauses(contract, agreement, self._windows[name])
        return name, self._windows[name]

    def _read_windows(self, calendar, tz, company):
        if not calendar:
            # Around the clock is plain time: an attendance would end a moment before midnight.
            return normalise([(self.start, self.end)])
        zone = timezone(tz)
        bounds = [zone.localize(moment) for moment in (self.start - DAY, self.end + DAY)]
        # The holidays of this company only: the superuser sees those of all.
        holidays = [("time_type", "=", "leave"), ("company_id", "in", [False, company.id])]
        found = calendar._work_intervals_batch(*bounds, domain=holidays, tz=zone)[False]
        # A holiday that ends at 23:59:59 leaves a second of the day, which is none.
        return from_calendar((start, end) for start, end, _attendance in found if end - start > SECOND)

    def _cut_pauses(self, contract, agreement, windows):
        days = self.get_days(agreement)
        pauses = [
            (_naive(days.midnight(first)), _naive(days.midnight(last + DAY)) if last else datetime.max)
            for first, last in self._pauses[contract]
        ]
        return difference(windows, normalise(pair for pair in pauses if pair[0] < pair[1]))

    def measure(self, contract):
        """Return the parts of a contract, month by month."""
        contract = contract.sudo()  # as all of the board's records are
        parts, used = [], defaultdict(timedelta)
        for agreement, first, last in self.agreements[contract]:
            for month, start_day, end_day in split_months(first, last):
                part = self._measure_part(contract, agreement, month, start_day, end_day, used[month])
                used[month] += part.availability.maintenance
                parts.append(part)
        return tuple(parts)

    def _get_sources(self, contract, agreement):
        """Return the hours and the outages of a contract under an agreement, each with a name of it."""
        if (contract.id, agreement.id) not in self._sources:
            services = self.get_services(contract, agreement)
            sources = self.get_windows(contract, agreement), self._get_timeline(contract, services)
            self._sources[contract.id, agreement.id] = sources
        return self._sources[contract.id, agreement.id]

    def _measure_part(self, contract, agreement, month, first, last, used):
        days = self.get_days(agreement)
        start, end = _naive(days.midnight(first)), _naive(days.midnight(last + DAY))
        windows, rules, availability = self.measure_span(contract, agreement, start, end, used)
        return Part(agreement, month, first, last, start, end, windows, rules, availability)

    def measure_span(self, contract, agreement, start, end, used=timedelta(0)):
        """Return the hours, the rules and the availability between two moments under an agreement.

        :param used: maintenance of the same month that was accepted under an earlier version
        """
        allowance = timedelta(minutes=agreement.maintenance_minutes)
        rules = Rules(max(allowance - used, timedelta(0)), timedelta(hours=agreement.maintenance_notice_hours))
        (hours, windows), (collection, timeline) = self._get_sources(contract, agreement)
        # Contracts that rest on the same and promise the same are measured once.
        name = (hours, collection, rules, start, end)
        if name not in self._measured:
            clipped = clip(windows, start, end)
            found = timeline.between(start, end)
            self._measured[name] = clipped, rules, measure(clipped, found, rules, self.now)
        return self._measured[name]


def split_months(first, last):
    """Yield (first day of the month, first day, last day) of each month of a span of days."""
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=32)).replace(day=1)
        yield month, max(first, month), min(last, following - DAY)
        month = following


def _to_engine(id_, state, weight, start, end, announced):
    # The engine knows the weight of all but degraded service.
    share = exact(weight) if state == "degraded" else Fraction(1)
    return Outage(id_, state, start, end, share, announced)


def _naive(moment):
    return moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta(0))


def _midnight(day):
    return datetime.combine(day, datetime.min.time())
