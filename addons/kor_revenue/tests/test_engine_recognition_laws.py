from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine import months, recognition
from odoo.addons.kor_revenue.engine.delivery import METHODS, Obligation, Progress, Stretch, month_of, next_month
from odoo.addons.kor_revenue.engine.months import ROUNDINGS

from .engine_common import CENT

MODES = st.sampled_from(ROUNDINGS)
DAYS = st.dates(date(2024, 1, 1), date(2026, 6, 30))
LENGTHS = st.integers(1, 500).map(timedelta)
CENTS = st.integers(1, 10**7).map(lambda cents: Fraction(cents, 100))


@st.composite
def _obligations(draw, key, methods=METHODS):
    stretches = tuple(
        Stretch(start, start + length, value)
        for start, length, value in draw(st.lists(st.tuples(DAYS, LENGTHS, CENTS), min_size=1, max_size=2))
    )
    shares = sorted(draw(st.lists(st.fractions(0, 1, max_denominator=20), max_size=2))) + [Fraction(1)]
    days = sorted(draw(st.lists(DAYS, min_size=len(shares), max_size=len(shares))))
    progress = tuple(map(Progress, days, shares))
    return Obligation(key, draw(st.sampled_from(methods)), stretches, progress, draw(st.integers(0, 4)) == 0)


@st.composite
def _changes(draw, before, key, back_dated):
    """Draw a version after another; one that stands alone only adds."""
    treatment = draw(st.sampled_from(recognition.KNOWN))
    start = draw(DAYS if back_dated else st.dates(before.day, date(2026, 12, 31)))
    added = draw(_obligations(key))
    if treatment == "separate":
        return recognition.Version(start, before.price + draw(CENTS), (*before.obligations, added), treatment)
    kept = [one for one in before.obligations if draw(st.booleans())]
    return recognition.Version(start, draw(CENTS), (*kept, added), treatment)


@st.composite
def _contracts(draw, back_dated=True, most=4):
    first = tuple(draw(_obligations(key)) for key in range(draw(st.integers(1, 3))))
    versions = [recognition.Version(draw(DAYS) if back_dated else date(2024, 1, 1), draw(CENTS), first)]
    for number in range(draw(st.integers(0, most - 1))):
        # Sometimes a promise is changed under its own key.
        key = draw(st.sampled_from([10 + number, 100 + number]))
        versions.append(draw(_changes(versions[-1], key, back_dated)))
    return versions


def _by_month(versions, span, mode, until=None):
    found = recognition.curve(versions)
    return months.by_month(found, recognition.first_day(span), recognition.last_day(span), CENT, mode, until)


def _before(found, month):
    """Return what promises come to in the months before one, without those that come to nothing."""
    rows = {key: {day: amount for day, amount in row.items() if day < month} for key, row in found.items()}
    return {key: row for key, row in rows.items() if row}


def _sum(found):
    return sum((amount for row in found.values() for amount in row.values()), Decimal(0))


def _month_ends(versions):
    end, last = next_month(recognition.first_day(versions)), recognition.last_day(versions)
    while end <= next_month(last):
        yield end
        end = next_month(end)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRecognitionLaws(BaseCase):
    @settings(max_examples=200, deadline=None)
    @given(_contracts(), MODES)
    def test_all_months_of_all_promises_come_to_the_price_to_the_cent(self, versions, mode):
        self.assertEqual(_sum(_by_month(versions, versions, mode)), versions[-1].price)

    @settings(max_examples=150, deadline=None)
    @given(_contracts())
    def test_curve_ends_at_the_price(self, versions):
        found = recognition.curve(versions)
        self.assertEqual(found.total(recognition.last_day(versions)), versions[-1].price)
        self.assertEqual(sum(found.whole(key) for key in found.keys()), versions[-1].price)
        self.assertEqual(found.total(recognition.first_day(versions)), 0)

    @settings(max_examples=100, deadline=None)
    @given(_contracts(most=2), MODES)
    def test_each_close_brings_the_months_of_the_whole(self, versions, mode):
        whole = _by_month(versions, versions, mode)
        for end in _month_ends(versions):
            self.assertEqual(_before(_by_month(versions, versions, mode, end), end), _before(whole, end))

    @settings(max_examples=150, deadline=None)
    @given(_contracts(most=5), MODES)
    def test_months_before_a_change_stay(self, versions, mode):
        for number in range(1, len(versions)):
            month = month_of(versions[number].day)
            before = _by_month(versions[:number], versions, mode)
            after = _by_month(versions[: number + 1], versions, mode)
            self.assertEqual(_before(after, month), _before(before, month))

    @settings(max_examples=100, deadline=None)
    @given(_contracts(most=3), MODES, LENGTHS, CENTS, st.data())
    def test_what_stands_alone_moves_nothing_else_and_comes_to_its_price(self, versions, mode, later, price, data):
        last, added = versions[-1], data.draw(_obligations("added"))
        start = max(one.day for one in versions) + later
        apart = recognition.Version(start, last.price + price, (*last.obligations, added), "separate")
        before, after = (_by_month(known, [*versions, apart], mode) for known in (versions, [*versions, apart]))
        self.assertEqual(sum(after.pop("added").values()), price)
        self.assertEqual(after, before)

    @settings(max_examples=60, deadline=None)
    @given(_contracts(back_dated=False), MODES)
    def test_closing_month_by_month_is_closing_once(self, versions, mode):
        """Close each month under what is agreed by then: what comes later changes no month that is closed."""
        booked = {}
        for end in _month_ends(versions):
            known = [one for one in versions if one.day < end] or versions[:1]
            found = _by_month(known, versions, mode, end)
            target = {(key, month): amount for key, row in found.items() for month, amount in row.items()}
            due = {one: target.get(one, 0) - booked.get(one, 0) for one in {*target, *booked}}
            for (key, month), amount in due.items():
                if amount:
                    self.assertEqual(next_month(month), end)
                    booked[key, month] = amount
        whole = _by_month(versions, versions, mode)
        self.assertEqual(booked, {(key, month): amount for key, row in whole.items() for month, amount in row.items()})

    @settings(max_examples=100, deadline=None)
    @given(_contracts(most=1), MODES, st.data())
    def test_later_progress_moves_no_earlier_month(self, versions, mode, data):
        [one] = versions
        works = data.draw(_obligations(50, ["progress"]))
        whole = replace(one, obligations=(*one.obligations, works))
        found = []
        for number in range(len(works.progress) + 1):
            so_far = replace(works, progress=works.progress[:number])
            found.append(_by_month([replace(one, obligations=(*one.obligations, so_far))], [whole], mode))
        for fact, before, after in zip(works.progress, found, found[1:], strict=False):
            self.assertEqual(_before(after, month_of(fact.day)), _before(before, month_of(fact.day)))
        self.assertEqual(_sum(found[-1]), one.price)

    @settings(max_examples=150, deadline=None)
    @given(_contracts(most=1), MODES)
    def test_promises_come_to_what_was_allocated_at_signature(self, versions, mode):
        agreed = recognition.allocated(versions[0], CENT)
        found = _by_month(versions, versions, mode)
        self.assertEqual({key: sum(row.values(), Decimal(0)) for key, row in found.items()}, agreed)
        self.assertEqual(sum(agreed.values()), versions[0].price)

    @settings(max_examples=150, deadline=None)
    @given(_contracts(most=1))
    def test_spread_never_strays_further_than_a_cent(self, versions):
        found = recognition.curve(versions)
        for key, row in _by_month(versions, versions, "spread").items():
            for end in _month_ends(versions):
                exact = found.earned(key, end)
                if exact == found.whole(key):
                    break
                booked = sum((amount for month, amount in row.items() if month < end), Decimal(0))
                self.assertLess(abs(exact - Fraction(booked)), Fraction(CENT))

    @settings(max_examples=150, deadline=None)
    @given(_contracts(most=1), MODES)
    def test_order_of_promises_changes_at_most_the_remainder(self, versions, mode):
        [one] = versions
        turned = replace(one, obligations=one.obligations[::-1])
        straight, back = recognition.curve([one]), recognition.curve([turned])
        for key in straight.keys():
            self.assertEqual(straight.whole(key), back.whole(key))
        self.assertEqual(_sum(_by_month([turned], versions, mode)), one.price)
