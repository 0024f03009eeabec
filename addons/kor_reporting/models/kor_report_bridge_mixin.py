from collections import defaultdict
from functools import partial

from odoo import api, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, to_decimal

from ..engine.bridge import DIFFERENCES, REST, STEPS, bridge
from ..engine.collection import Settlement, collect
from ..engine.fees import fees
from ..engine.figures import add_dicts
from .kor_report_bridge_read_mixin import POSITION

# What each step of the engine is called among the measures.
MEASURES = dict(zip(STEPS, ("mrr_fees", "recognised", "invoiced", "cash"), strict=True))
KEYS = {(step, key): f"by_{key}" for step, keys in DIFFERENCES.items() for key in keys}
RESTS = {step: f"rest_{MEASURES[step]}" for step in STEPS[1:]}
COLUMNS = {**MEASURES, **KEYS, **{(step, REST): name for step, name in RESTS.items()}}
BRIDGE = (
    MEASURES["mrr"],
    *(
        name
        for step in STEPS[1:]
        for name in (*(KEYS[step, key] for key in DIFFERENCES[step]), RESTS[step], MEASURES[step])
    ),
)
# By what a charge leads from recurring fees to revenue.
CHARGES = {"one_time": "one_time", "usage": "usage", "commitment": "commitments", "breakage": "credits",
           "credits": "credits"}  # fmt: skip
# The months whose bridges a fact is a part of; of all others that is the one that they stand under.
TOUCHED = {
    "fees": lambda row: (row[1].month,),
    "earned": lambda row: {row[0][2], row[1]},
    "settled": lambda row: {row[0][1], row[1]},
    "position": lambda row: (row[2],),
}


class KorReportBridgeMixin(models.AbstractModel):
    """Walk from recurring fees over revenue and invoices to cash, contract by contract."""

    _name = "kor.report.bridge.mixin"
    _description = "Bridge from MRR to Cash"

    @api.model
    def _report_bridge(self, book):
        request = book.request
        scheduled = self._read_scheduled(request)
        cells, keys = self._get_cells(book, scheduled)
        facts = self._read_bridge(book, cells)
        facts["scheduled"] = {cells[contract] for contract in scheduled if contract in cells}
        months = self._get_buckets(request)
        if request.is_monthly:
            # A month's bridge begins with that month: what is open at its end is earlier in the next one.
            of_months, found = self._split(facts), {}
            for month, first in zip(self._get_months(request), months, strict=True):
                found[month] = self._walk(of_months[first], [first], keys).get(None)
            whole = self._walk({**facts, "position": facts["position_of_all"]}, months, keys).get(None)
        else:
            # All figures of a window are sums, so those of all rows are those of the whole.
            found = self._walk(facts, months, keys)
            whole = add_dicts(found.values())
        rows = {one: self._describe_bridge(sums) for one, sums in found.items()}
        if not request.is_monthly:
            rows = {one: row for one, row in rows.items() if any(row.values())}
        totals = self._describe_bridge(whole)
        used = {name for row in (*rows.values(), totals) for name, amount in row.items() if amount}
        kept = {*MEASURES.values(), *RESTS.values()}
        result = self._finish(book, [name for name in BRIDGE if name in used | kept], rows, totals, "cash")
        return {**result, "steps": self._describe_steps(totals)}

    @api.model
    def _get_buckets(self, request):
        """Return the first days of the months within the period."""
        return [max(month, request.first) for month in self._get_months(request)]

    @api.model
    def _read_bridge(self, book, cells):
        """Return what is known of all contracts that may be seen, by cells, in the report's currency, by kind of fact.

        The position is told by contract: what is billed ahead of one lowers that of no other.
        """
        request, invoiced = book.request, self._read_invoiced(book.request, cells)
        facts = {
            "fees": self._guard_rates(partial(self._get_fees, book, cells)),
            "earned": self._worth(book, self._read_earned(request, cells)),
            "currency": self._guard_rates(partial(self._get_currency_effects, book, cells)),
            "at_once": self._worth(book, ((key, month, units) for key, month, _other, units in invoiced)),
            "invoiced": self._worth(book, ((cell, month, units) for (cell, _what), _other, month, units in invoiced)),
            "asked": self._worth(book, self._read_asked(request, cells)),
            "settled": self._worth(book, self._read_settled(request, cells)),
        }
        if request.is_monthly and book.rates.is_home(request.company.currency_id.id):
            return {**facts, **self._get_position_by_month(book)}
        position = self._guard_rates(partial(self._get_position, book, cells))
        return {**facts, "position": position, "position_of_all": position}

    @api.model
    def _get_position(self, book, cells):
        """Return [(contract, cell, month, what was billed ahead, {difference: amount})] of the period."""
        home, cent = book.request.company.currency_id.id, to_decimal(book.request.company.currency_id.rounding)
        found = []
        for contract, month, ahead, *others in self._read_position(book.request):
            if contract in cells:
                known = zip(POSITION, others, strict=True)
                others = {name: book.rates.value(units * cent, home, month) for name, units in known if units}
                found.append((contract, cells[contract], month, book.rates.value(ahead * cent, home, month), others))
        return found

    @api.model
    def _get_position_by_month(self, book):
        """Return the same of each month, and of all of them: what grew and what shrank stand for the contracts."""
        request, cent = book.request, to_decimal(book.request.company.currency_id.rounding)
        of_months, of_all = [], []
        for month, grown, shrunk, *others in self._read_position_by_month(request, list(book.deals)):
            rows = of_months if month else of_all
            rows += [
                (what, None, month or request.first, units * cent, {})
                for what, units in (("grown", grown), ("shrunk", shrunk))
                if units
            ]
            differences = {name: units * cent for name, units in zip(POSITION, others, strict=True) if units}
            for found in (of_months, of_all) if month else ():
                found.append(("others", None, month, ZERO, differences))
        return {"position": of_months, "position_of_all": of_all}

    @api.model
    def _split(self, facts):
        """Return {month: the facts that make its own bridge}, so that no month has to pass over those of all others."""
        found = defaultdict(lambda: {**dict.fromkeys(facts, ()), "scheduled": facts["scheduled"]})
        for name in facts.keys() - {"scheduled", "position_of_all"}:
            touched, by_month = TOUCHED.get(name, lambda row: (row[1],)), defaultdict(list)
            for row in facts[name]:
                for month in touched(row):
                    by_month[month].append(row)
            for month, rows in by_month.items():
                found[month][name] = rows
        return found

    @api.model
    def _worth(self, book, rows):
        """Return [(key, month, amount)] in the report's currency."""
        home, rates = book.request.company.currency_id, book.rates
        cent = to_decimal(home.rounding)
        if rates.is_home(home.id):
            return [(key, month, units * cent) for key, month, units in rows]
        return self._guard_rates(
            lambda: [(key, month, rates.value(units * cent, home.id, month)) for key, month, units in rows]
        )

    @api.model
    def _get_fees(self, book, cells):
        """Return [(cell, fees of a month)]."""
        request = book.request
        # Without rates, rows of whole periods do not tell months apart.
        is_apart = request.is_monthly or not book.rates.is_home(request.company.currency_id.id)
        lives = defaultdict(list)
        for contract, life in book.lives.items():
            lives[cells[contract]].append(life)
        return [
            (cell, fee)
            for cell, own in lives.items()
            for fee in fees(own, book.rates, request.first, request.end, is_apart)
        ]

    @api.model
    def _get_currency_effects(self, book, cells):
        """Return [(cell, month, amount)]: what the rates of its invoices make of revenue in another currency."""
        request, home = book.request, book.request.company.currency_id.id
        foreign = {deal.currency for deal in book.deals.values()} - {home}
        if not foreign:
            return []
        rate, cent = book.rates.rate, to_decimal(request.currency.rounding)
        series = [(one, day, rate(one, day), rate(home, day)) for one in foreign for day in self._get_buckets(request)]
        rates = [[*column] for column in zip(*series, strict=True)]
        rows = self._read_currency_effects(request, cells, rates)
        return [(cell, month, units * cent) for cell, month, units in rows]

    @api.model
    def _walk(self, facts, months, keys):
        """Return {key: {figure, or step and difference: amount}} of a window of months."""
        window, sums = set(months), defaultdict(lambda: defaultdict(lambda: ZERO))
        self._add_fees(facts, window, sums, keys)
        self._add_earned(facts, window, sums, keys)
        self._add_at_once(facts, window, sums, keys)
        for cell, month, amount in facts["invoiced"]:
            if month in window:
                sums[keys[cell]]["invoiced"] += amount
        self._add_position(facts, window, sums, keys)
        self._add_cash(facts, months, sums, keys)
        return sums

    @api.model
    def _add_fees(self, facts, window, sums, keys):
        for cell, fee in facts["fees"]:
            if fee.month in window:
                own = sums[keys[cell]]
                own["mrr"] += fee.by_end
                own["recognized", "proration"] += fee.by_day - fee.by_end
                if cell not in facts["scheduled"]:
                    # It is revenue when it is invoiced.
                    own["recognized", "timing"] -= fee.by_day

    @api.model
    def _add_earned(self, facts, window, sums, keys):
        for (cell, what, earned), booked, amount in facts["earned"]:
            own = sums[keys[cell]]
            if booked in window:
                own["recognized"] += amount
            if what == "recurring" and (booked in window) != (earned in window):
                own["recognized", "timing"] += amount if booked in window else -amount
            if booked in window and what in CHARGES:
                own["recognized", CHARGES[what]] += amount
            if booked in window and what == "breakage":
                own["invoiced", "prepaid"] -= amount
        for cell, month, amount in facts["currency"]:
            if month in window:
                sums[keys[cell]]["recognized", "currency"] += amount

    @api.model
    def _add_at_once(self, facts, window, sums, keys):
        for (cell, what), month, amount in facts["at_once"]:
            if month not in window:
                continue
            own = sums[keys[cell]]
            if what == "prepaid":
                own["invoiced", "prepaid"] += amount
            elif what not in ("deferred", "elsewhere"):
                own["recognized"] += amount
                if what in CHARGES:
                    own["recognized", CHARGES[what]] += amount
                elif cell not in facts["scheduled"]:
                    own["recognized", "timing"] += amount

    @api.model
    def _add_position(self, facts, window, sums, keys):
        ahead = defaultdict(lambda: ZERO)
        for contract, cell, month, amount, others in facts["position"]:
            if month in window:
                ahead[contract, cell] += amount
                for name, other in others.items():
                    sums[keys.get(cell)]["invoiced", name] += other
        for (_contract, cell), amount in ahead.items():
            sums[keys.get(cell)]["invoiced", "deferred" if amount > 0 else "released"] += amount

    @api.model
    def _add_cash(self, facts, months, sums, keys):
        window, asked, settled = set(months), defaultdict(lambda: ZERO), defaultdict(list)
        for (cell, what), month, amount in facts["asked"]:
            if month in window:
                if what == "asked":
                    asked[keys[cell]] += amount
                else:
                    # Lines that are neither fees nor taxes, such as roundings: they explain nothing.
                    sums[keys[cell]]["cash", "taxes"] -= amount
        for (cell, invoiced, is_refund, kind), month, amount in facts["settled"]:
            settled[keys[cell]].append(Settlement(invoiced, month, is_refund, kind, amount))
        for one in {**asked, **settled}:
            found = collect(months[0], months[-1], asked[one], settled[one])
            own = sums[one]
            own["cash"] += found.cash
            for name, amount in found.differences.items():
                own["cash", name] += amount
        for one, own in sums.items():
            own["cash", "taxes"] += asked[one] - own["invoiced"]

    @api.model
    def _describe_bridge(self, sums):
        """Return the figures of a bridge by their measures."""
        row = dict.fromkeys(BRIDGE, 0)
        row.update((COLUMNS[name], as_number(amount)) for name, amount in bridge(sums or {}).items())
        return row

    @api.model
    def _describe_steps(self, totals):
        """Return the bridge of all as steps, each with the differences that lead to it."""
        measures, steps = self._get_measures(), []
        for step in STEPS:
            names = [*(KEYS[step, key] for key in DIFFERENCES.get(step, ())), *([RESTS[step]] if step in RESTS else [])]
            steps.append(
                {
                    "key": MEASURES[step],
                    **measures[MEASURES[step]],
                    "amount": totals[MEASURES[step]],
                    "differences": [
                        {"key": name, **measures[name], "amount": totals[name]}
                        for name in names
                        if totals[name] or name == RESTS[step]
                    ],
                }
            )
        return steps
