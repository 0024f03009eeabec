from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.mrr import KINDS, Fact, ledger, month_ends, months, newcomers
from ..engine.rates import Rates
from .engine_common import CENT

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
DAY = timedelta(days=1)
MONTHS = [*months(FIRST, LAST + DAY)]
# The first day of a month is where a new rate, a fact and a period meet.
DAYS = st.one_of(st.sampled_from(MONTHS), st.dates(FIRST, LAST))
AMOUNTS = st.one_of(st.just(Decimal(0)), st.decimals(0, 500, places=3))


@st.composite
def _worlds(draw):
    """Draw facts of contracts of few customers in two currencies, and the rates of each month."""
    facts = []
    for contract in range(draw(st.integers(1, 5))):
        customer, currency = draw(st.integers(0, 2)), draw(st.sampled_from(["", "EUR"]))
        for number in range(draw(st.integers(1, 6))):
            hint = draw(st.sampled_from(["", "", "escalator", "pause"]))
            facts.append(Fact(contract, customer, draw(DAYS), draw(AMOUNTS), (contract, number), hint, currency))
    return facts, {month: draw(st.decimals("0.5", 2, places=4)) for month in MONTHS}


def _held(facts, until):
    """Return what each contract brings before a day, in its own currency."""
    held = {}
    for one in sorted((one for one in facts if one.day < until), key=lambda one: one.day):
        held[one.contract] = one
    return held


def _worth(fact, rates, when):
    rate = rates[when.replace(day=1)] if fact.currency else 1
    return (fact.amount * rate).quantize(CENT, ROUND_HALF_UP)


def _sum(facts, rates, until):
    """Return the MRR of all at the end of the day before, from scratch."""
    return sum((_worth(one, rates, until - DAY) for one in _held(facts, until).values()), Decimal(0))


def _recompute(facts, rates, start, end):
    """Return movements by kind, walking through each day of the period: no other way of counting is shared."""
    found = dict.fromkeys(KINDS, Decimal(0))
    owner = {one.contract: one.customer for one in facts}
    when = start
    while when < end:
        before, after = _held(facts, when), _held(facts, when + DAY)
        if when.day == 1 and when > FIRST:
            found["currency"] += sum(
                _worth(one, rates, when) - _worth(one, rates, when - DAY) for one in before.values()
            )
        for key in {owner[one.contract] for one in facts if one.day == when}:
            contracts = [one for one in owner if owner[one] == key]
            had = any(
                one.amount and _lasts(facts, one) for one in facts if one.contract in contracts and one.day < when
            )
            _recompute_day(found, facts, rates, when, contracts, before, after, had)
        when += DAY
    return found


def _lasts(facts, fact):
    """Tell whether a fact is the last one of its day for its contract."""
    same = [one for one in facts if (one.contract, one.day) == (fact.contract, fact.day)]
    return same[-1] is fact


def _recompute_day(found, facts, rates, when, contracts, before, after, had):
    was = any(before[one].amount for one in contracts if one in before)
    is_now = any(after[one].amount for one in contracts if one in after)
    change = sum(_value(after, one, rates, when) - _value(before, one, rates, when) for one in contracts)
    if not was and is_now:
        found["reactivation" if had else "new"] += change
    elif was and not is_now:
        found["churn"] += change
    elif was:
        prices = sum(_escalated(facts, one, before, rates, when) for one in contracts)
        found["escalator"] += prices
        found["expansion" if change - prices >= 0 else "contraction"] += change - prices


def _value(held, contract, rates, when):
    return _worth(held[contract], rates, when) if contract in held else Decimal(0)


def _escalated(facts, contract, before, rates, when):
    """Return what the escalators of a contract add on a day."""
    value, added = _value(before, contract, rates, when), Decimal(0)
    for one in facts:
        if (one.contract, one.day) == (contract, when):
            worth = _worth(one, rates, when)
            added += worth - value if one.hint == "escalator" else 0
            value = worth
    return added


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineMrrLaws(BaseCase):
    @settings(max_examples=50, deadline=None)
    @given(_worlds(), st.lists(DAYS, max_size=4))
    def test_opening_and_movements_are_closing_for_any_split_of_a_period(self, world, cuts):
        facts, by_month = world
        rates = Rates(CENT, {"EUR": by_month})
        whole = ledger(facts, rates, FIRST, LAST + DAY)
        ends = sorted({FIRST, *cuts, LAST + DAY})
        movements, opening = [], Decimal(0)
        for start, end in zip(ends, ends[1:], strict=False):
            part = ledger(facts, rates, start, end)
            self.assertEqual(part.opening, opening)
            self.assertEqual(part.opening, _sum(facts, by_month, start))
            self.assertEqual(part.closing, _sum(facts, by_month, end))
            self.assertEqual(part.closing, opening + sum(one.amount for one in part.movements))
            opening = part.closing
            movements += part.movements
        self.assertEqual(tuple(movements), whole.movements)

    @settings(max_examples=50, deadline=None)
    @given(_worlds(), DAYS, st.integers(1, 60))
    def test_movements_are_what_a_walk_through_each_day_finds(self, world, start, length):
        facts, by_month = world
        end = min(start + length * DAY, LAST + DAY)
        found = ledger(facts, Rates(CENT, {"EUR": by_month}), start, end).total()
        self.assertEqual(found.moved, _recompute(facts, by_month, start, end))

    @settings(max_examples=50, deadline=None)
    @given(_worlds())
    def test_every_row_adds_up_and_rows_make_the_whole(self, world):
        facts, by_month = world
        found = ledger(facts, Rates(CENT, {"EUR": by_month}), date(2025, 3, 10), date(2025, 9, 20))
        by_contract = found.rows(lambda contract: contract)
        for rows in (found.by_customer(), by_contract, found.by_month(), [found.total()]):
            for row in rows:
                self.assertEqual(row.opening + sum(row.moved.values()), row.closing)
        for rows in (found.by_customer(), by_contract):
            self.assertEqual(sum(row.closing for row in rows), found.closing)
        by_month = found.by_month()
        self.assertEqual((by_month[0].opening, by_month[-1].closing), (found.opening, found.closing))

    @settings(max_examples=50, deadline=None)
    @given(_worlds())
    def test_each_movement_leads_to_its_cause(self, world):
        facts, by_month = world
        causes = {one.cause: one for one in facts}
        for one in ledger(facts, Rates(CENT, {"EUR": by_month}), FIRST, LAST + DAY).movements:
            if one.kind == "currency":
                self.assertEqual((one.cause, one.local, one.day.day), ("EUR", 0, 1))
            else:
                fact = causes[one.cause]
                self.assertEqual((fact.contract, fact.day, fact.hint), (one.contract, one.day, one.hint))

    @settings(max_examples=50, deadline=None)
    @given(_worlds())
    def test_month_ends_are_the_closings_of_months(self, world):
        facts, by_month = world
        rates = Rates(CENT, {"EUR": by_month})
        found = month_ends(facts, rates, FIRST, LAST + DAY)
        for row in ledger(facts, rates, FIRST, LAST + DAY).by_month():
            self.assertEqual(sum(held.get(row.key, 0) for held in found.values()), row.closing)

    @settings(max_examples=50, deadline=None)
    @given(_worlds(), DAYS, st.integers(1, 200))
    def test_newcomers_are_those_of_the_ledger(self, world, start, length):
        facts, by_month = world
        end = min(start + length * DAY, LAST + DAY)
        expected = {}
        for one in ledger(facts, Rates(CENT, {"EUR": by_month}), start, end).movements:
            if one.kind == "new":
                expected.setdefault(one.customer, set()).add(one.contract)
        self.assertEqual(dict(newcomers(facts, start, end)), expected)
