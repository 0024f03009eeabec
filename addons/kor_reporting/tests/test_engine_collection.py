from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.collection import OTHER, PAYMENT, WRITE_OFF, Settlement, collect
from ..engine.fees import fees
from ..engine.mrr import Fact
from ..engine.rates import Rates
from .engine_common import CENT, amount

BEFORE, FIRST, LAST, AFTER = date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)
DAYS = st.sampled_from((BEFORE, FIRST, date(2026, 1, 15), LAST, AFTER))
SETTLEMENTS = st.lists(
    st.builds(
        Settlement,
        DAYS,
        DAYS,
        st.booleans(),
        st.sampled_from((PAYMENT, WRITE_OFF, OTHER)),
        st.integers(-(10**6), 10**6).map(lambda cents: cents * CENT),
    ),
    max_size=12,
)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineCollection(BaseCase):
    def test_what_becomes_cash_and_what_not(self):
        cases = [
            ("paid at once", 115, [(FIRST, LAST, False, PAYMENT, 115)], 115, {}),
            ("part paid", 115, [(FIRST, LAST, False, PAYMENT, 100)], 100, {"open": -15}),
            ("paid later", 115, [(FIRST, AFTER, False, PAYMENT, 115)], 0, {"open": -115}),
            ("paid before", 115, [(FIRST, BEFORE, False, PAYMENT, 115)], 0, {"advance_payments": -115}),
            ("for an earlier one", 0, [(BEFORE, FIRST, False, PAYMENT, 50)], 50, {"earlier": 50}),
            ("for a later one", 0, [(AFTER, FIRST, False, PAYMENT, 50)], 50, {"advance_payments": 50}),
            ("paid back", 0, [(BEFORE, FIRST, True, PAYMENT, -20)], -20, {"refunds": -20}),
            ("written off", 115, [(FIRST, FIRST, False, WRITE_OFF, 115)], 0, {"write_offs": -115}),
            ("credit note", -23, [(LAST, LAST, True, OTHER, -23)], 0, {"settled": 23}),
            ("elsewhere", 0, [(BEFORE, AFTER, False, PAYMENT, 9), (BEFORE, FIRST, False, OTHER, 9)], 0, {}),
        ]
        for name, asked, rows, cash, differences in cases:
            with self.subTest(name):
                found = collect(FIRST, LAST, amount(asked), [Settlement(*row[:4], amount(row[4])) for row in rows])
                self.assertEqual(found.cash, cash)
                self.assertEqual({key: one for key, one in found.differences.items() if one}, differences)

    @settings(max_examples=50, deadline=None)
    @given(st.integers(-(10**6), 10**6), SETTLEMENTS)
    def test_what_is_asked_and_its_differences_make_the_cash(self, cents, rows):
        asked = cents * CENT
        found = collect(FIRST, LAST, asked, rows)
        self.assertEqual(asked + sum(found.differences.values()), found.cash)

    def test_fees_of_months_that_are_not_whole(self):
        begun = [Fact(1, 1, date(2026, 1, 17), amount(310))]
        left = [*begun, Fact(1, 1, date(2026, 2, 15), amount(0))]
        cases = [
            ("begins within", begun, FIRST, AFTER, [("2026-01-01", 310, 150)]),
            ("ends within", left, AFTER, date(2026, 3, 1), [("2026-02-01", 0, 155)]),
            ("half a month", begun, date(2026, 3, 1), date(2026, 3, 11), [("2026-03-01", 100, 100)]),
            ("from within", begun, date(2026, 1, 22), AFTER, [("2026-01-22", 100, 100)]),
            ("before it begins", begun, date(2025, 11, 1), FIRST, []),
        ]
        for name, life, start, end, expected in cases:
            with self.subTest(name):
                found = [(str(one.month), one.by_end, one.by_day) for one in fees([life], Rates(), start, end)]
                self.assertEqual(found, expected)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 10**6)), max_size=6))
    def test_fees_by_day_are_the_sum_of_days(self, steps):
        life = [
            Fact(1, 1, date.fromordinal(date(2025, 12, 20).toordinal() + day), cents * CENT)
            for day, cents in sorted(steps, key=lambda one: one[0])
        ]
        if not life:
            return
        found = {one.month: one.by_day for one in fees([life], Rates(), FIRST, date(2026, 3, 1))}
        for month, days in ((FIRST, 31), (AFTER, 28)):
            total = Decimal(0)
            for number in range(days):
                day = date.fromordinal(month.toordinal() + number)
                total += next((fact.amount for fact in reversed(life) if fact.day <= day), Decimal(0))
            self.assertLessEqual(abs(found.get(month, 0) - total / days), Decimal("0.0051"))
