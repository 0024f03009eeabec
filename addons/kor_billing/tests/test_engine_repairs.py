from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine import billing
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount
from odoo.addons.kor_enterprise_tiers.engine.pricing import Price

CENT = Decimal("0.01")


def _line(key, price, start, end=None, **values):
    values = {"charge_type": "fixed", "timing": "advance", "months": 1, "day_count": "actual", **values}
    return billing.Line(
        key=key,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end) if end else None,
        price=Price("standard", unit_price=price),
        root=values.pop("root", 1),
        **values,
    )


def _terms(*lines, start="2014-01-01", end=None, anchor=1, **values):
    return billing.Terms(
        start=date.fromisoformat(start), end=date.fromisoformat(end) if end else None, anchor_day=anchor,
        rounding=CENT, lines=lines, **values,
    )  # fmt: skip


def _book(books, terms, last):
    """Bill up to a day and return what that invoice came to; `books` takes it up."""
    window = billing.Window(terms.start, last)
    total = Decimal(0)
    for one in billing.difference(terms, window, billing.target(terms, window), books):
        before = books.get(one.key, billing.Booked(Decimal(0), 0))
        books[one.key] = billing.Booked(before.amount + one.difference, before.free_revision + 1, one.start, one.end)
        total += one.difference
    return total


def _bill(books, terms, last):
    return _book(books, terms, date.fromisoformat(last))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRepairs(BaseCase):
    """What was billed too much is given back, by the books' difference to what should be there."""

    def test_published_repairs_of_a_month(self):
        # Kill Bill: $12 billed for January 2014, then …
        whole, after = _line(1, "12", "2014-01-01", "2014-02-01"), _line(2, "12", "2014-01-25", "2014-02-01")
        cases = [
            ("ended on the 23rd", [replace(whole, end=date(2014, 1, 23))], "-3.48"),
            ("cancelled on the 25th", [replace(whole, end=date(2014, 1, 25))], "-2.71"),
            ("paused from the 1st to the 25th", [replace(whole, end=date(2014, 1, 1)), after], "-9.29"),
            ("paused from the 13th to the 25th", [replace(whole, end=date(2014, 1, 13)), after], "-4.65"),
            ("nothing", [whole], "0"),
        ]  # fmt: skip
        for label, lines, given_back in cases:
            with self.subTest(label):
                books = {}
                self.assertEqual(_bill(books, _terms(whole), "2014-01-31"), 12)
                self.assertEqual(_bill(books, _terms(*lines), "2014-01-31"), Decimal(given_back))
                self.assertEqual(_bill(books, _terms(*lines), "2014-01-31"), 0)

    def test_ended_line_charges_its_days(self):
        self.assertEqual(_bill({}, _terms(_line(1, "12", "2014-01-01", "2014-01-23")), "2014-01-31"), Decimal("8.52"))
        dear = _terms(_line(1, "14.85", "2014-01-23", "2014-01-26"), anchor=23)
        self.assertEqual(_bill({}, dear, "2014-01-31"), Decimal("1.44"))

    def test_moved_billing_day_bills_nothing_twice(self):
        # Kill Bill: $10 billed for May, $5 for 1 to 15 June; the billing day moves to the 15th on 1 June.
        books = {}
        before = _terms(_line(1, "10", "2014-05-01"), start="2014-05-01")
        self.assertEqual(_bill(books, before, "2014-05-31"), 10)
        moved = _terms(
            _line(1, "10", "2014-05-01", "2014-06-01"), _line(2, "10", "2014-06-01", anchor_day=15),
            start="2014-05-01",
        )  # fmt: skip
        self.assertEqual(_bill(books, moved, "2014-05-31"), 0)
        self.assertEqual(_bill(books, moved, "2014-06-14"), Decimal("4.52"))
        self.assertEqual(_bill(books, moved, "2014-06-15"), 10)

    def test_seats_are_billed_above_the_highest_count_of_the_period(self):
        # Lago: 10 seats at $10 paid ahead; to 15: 50; to 5: nothing; 10 → 5 → 15 in one period: 50 in all.
        seats = {"charge_type": "per_unit", "quantity_basis": "highest"}

        def terms(*counts):
            lines = []
            for number, (day, count) in enumerate(counts):
                end = counts[number + 1][0] if number + 1 < len(counts) else None
                lines.append(_line(number + 1, "10", day, end, quantity=Decimal(count), **seats))
            return _terms(*lines)

        first = ("2014-01-01", 10)
        cases = [
            ("up", [first, ("2014-01-11", 15)], 50, 150),
            ("down", [first, ("2014-01-11", 5)], 0, 50),
            ("down and up", [first, ("2014-01-11", 5), ("2014-01-21", 15)], 50, 150),
            ("up, down and up again", [first, ("2014-01-05", 12), ("2014-01-11", 5), ("2014-01-21", 12)], 20, 120),
        ]
        for label, counts, more, following in cases:
            with self.subTest(label):
                books = {}
                self.assertEqual(_bill(books, terms(first), "2014-01-31"), 100)
                self.assertEqual(_bill(books, terms(*counts), "2014-01-31"), more)
                self.assertEqual(_bill(books, terms(*counts), "2014-02-01"), following)

    def test_upgrade_of_a_running_period_gives_back_and_bills_both_parts(self):
        # Lago: 10 a month from 5 March 2024, calendar months: 8.71; to 15 on the 12th: 9.68, and 8.06 is given back,
        # which is 6.45 before the tax of 25 %.
        books = {}
        plain = _terms(_line(1, "10", "2024-03-05"), start="2024-03-05")
        self.assertEqual(_bill(books, plain, "2024-03-31"), Decimal("8.71"))
        raised = _terms(
            _line(1, "10", "2024-03-05", "2024-03-12"), _line(2, "15", "2024-03-12"), start="2024-03-05"
        )  # fmt: skip
        window = billing.Window(raised.start, date(2024, 3, 31))
        found = billing.difference(raised, window, billing.target(raised, window), books)
        self.assertEqual([one.difference for one in found], [Decimal("-6.45"), Decimal("9.68")])

    def test_line_that_goes_on_counts_the_periods_of_its_discounts_from_the_first(self):
        off = (Discount(1, "First three months", "percent", Decimal(50), periods=3),)
        lines = (
            _line(1, "100", "2014-01-01", "2014-03-01", discounts=off),
            _line(2, "100", "2014-03-01", discounts=off, origin=date(2014, 1, 1)),
        )
        self.assertEqual(_bill({}, _terms(*lines), "2014-04-30"), 50 + 50 + 50 + 100)

    def test_periods_after_a_line_has_ended_are_given_back_whole(self):
        books = {}
        self.assertEqual(_bill(books, _terms(_line(1, "31", "2014-01-01")), "2014-03-31"), 93)
        ended = _terms(_line(1, "31", "2014-01-01", "2014-01-11"))
        self.assertEqual(_bill(books, ended, "2014-03-31"), 10 - 93)
        again = _terms(_line(1, "31", "2014-01-01"))
        self.assertEqual(_bill(books, again, "2014-03-31"), 83)


@st.composite
def histories(draw):
    """Draw how the lines of a contract looked after each change, the last state at the end."""
    start = date(2024, 1, 1) + timedelta(draw(st.integers(0, 60)))
    segments = [(start, draw(st.integers(1, 200)))]
    states = []
    for _change in range(draw(st.integers(0, 5))):
        states.append(list(segments))
        day = start + timedelta(draw(st.integers(0, 300)))
        segments = _cut(segments, day, draw(st.integers(0, 200)))
    states.append(segments)
    values = {
        "timing": draw(st.sampled_from(["advance", "arrears"])),
        "months": draw(st.sampled_from([1, 3, 12])),
        "day_count": draw(st.sampled_from(["actual", "thirty_day", "thirty_360"])),
    }
    return start, states, values, draw(st.integers(1, 31))


def _cut(segments, day, price):
    """Return the segments with another price from a day to the next change."""
    before = [one for one in segments if one[0] < day]
    return [*before, (day, price), *[one for one in segments if one[0] > day]]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRepairProperties(BaseCase):
    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(histories(), st.lists(st.integers(0, 400), min_size=6, max_size=6))
    def test_changes_in_any_order_billed_at_any_moments_end_as_billed_once(self, history, moments):
        start, states, values, anchor = history
        keys, last = {}, start + timedelta(500)
        books = {}
        for state, moment in zip(states, moments, strict=False):
            terms = self._make_terms(start, state, keys, values, anchor)
            _book(books, terms, start + timedelta(moment))
        final = self._make_terms(start, states[-1], keys, values, anchor)
        _book(books, final, last)
        window = billing.Window(start, last)
        wanted = {one.key: one.amount for one in billing.target(final, window)}
        booked = {key: one.amount for key, one in books.items() if one.amount or key in wanted}
        self.assertEqual(wanted, booked)
        self.assertFalse(billing.difference(final, window, billing.target(final, window), books))

    def _make_terms(self, start, segments, keys, values, anchor):
        """Return terms in which each segment that was ever there keeps its key; those cut away have no day."""
        lines = {}
        for number, (day, price) in enumerate(segments):
            key = keys.setdefault((day, price), len(keys))
            end = segments[number + 1][0].isoformat() if number + 1 < len(segments) else None
            lines[key] = _line(key, str(price), day.isoformat(), end, **values)
        for (day, price), key in keys.items():
            if key not in lines:
                lines[key] = _line(key, str(price), day.isoformat(), day.isoformat(), **values)
        return _terms(*lines.values(), start=start.isoformat(), anchor=anchor)
