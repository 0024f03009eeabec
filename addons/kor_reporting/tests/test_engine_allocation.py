from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine.money import allocate

from ..engine.allocation import DRIVEN, METHODS, AllocationError, Basis, Driver, Pool, due, spend
from ..engine.figures import round_exact, settle, share_out
from .engine_common import CENT, amount, amounts

MONTH = date(2026, 5, 1)
UNITS = st.sampled_from([Decimal("0.01"), Decimal(1), Decimal("0.05"), Decimal("0.001")])
QUANTITIES = st.lists(
    st.one_of(st.just(Decimal(0)), st.decimals(-1000, 10**6, places=3), st.decimals(0, 10, places=6)), max_size=12
)


def pool(value, rounding=CENT, **values):
    return Pool(values.pop("key", "pool"), "infrastructure", MONTH, amount(value), amount(rounding), **values)


def basis(method, quantities, unit=""):
    """Return drivers of the targets 1, 2, 3 …"""
    return Basis(method, tuple(Driver(number, amount(one)) for number, one in enumerate(quantities, 1)), unit)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineAllocation(BaseCase):
    def test_pools_are_spent_as_worked_out_by_hand(self):
        for name, value, rounding, method, quantities, expected in [
            # Published step-down example: 8,000 by machine-hours.
            ("machine-hours", 8000, 1, "metric", [2000, 1500, 2500], "2667 2000 3333"),
            ("thirds", 100, CENT, "equal", [0, 5, 9], "33.33 33.33 33.34"),
            ("refund of thirds", -100, CENT, "equal", [1, 1, 1], "-33.33 -33.33 -33.34"),
            ("seats", 99.99, CENT, "seats", [1, 2], "33.33 66.66"),
            ("fractions of a minute", 10, CENT, "minutes", ["0.5", "1.5"], "2.50 7.50"),
            ("revenue", "0.01", CENT, "revenue", [400, 600], "0.00 0.01"),
            ("Swiss rounding", 1, "0.05", "tickets", [1, 1, 1], "0.30 0.35 0.35"),
            ("fixed", 10, CENT, "fixed", ["33.33", "33.33", "33.34"], "3.33 3.33 3.34"),
            ("direct", 10, CENT, "direct", ["12.50", "-2.50"], "12.50 -2.50"),
            ("direct that makes nothing", 0, CENT, "direct", [5, -5], "5.00 -5.00"),
        ]:
            with self.subTest(name):
                found = spend(pool(value, rounding), basis(method, quantities))
                self.assertEqual([share.amount for share in found.shares], amounts(expected))
                self.assertEqual((found.spent, found.reason), (amount(value), ""))

    def test_pool_that_cannot_be_spent_says_why(self):
        for name, method, quantities, reason in [
            ("nothing used", "metric", [0, 0], "All drivers are zero"),
            ("nobody there", "seats", [], "All drivers are zero"),
            ("no contract", "equal", [], "There is no contract"),
            ("no share", "fixed", [0], "No contract has a share"),
            ("no amount", "direct", [0], "No amount is known"),
            ("negative", "revenue", [5, -1], "The driver of 2 is -1: it must be zero or more"),
            ("short shares", "fixed", [50, 40], "The fixed shares make 90 % together: they must make 100 %."),
            ("negative share", "fixed", [150, -50], "The driver of 2 is -50"),
            ("short amounts", "direct", [60, 30], "The contracts caused 90 of 100: 10 is left."),
            ("odd amounts", "direct", ["99.995", "0.005"], "The amount of 1 is 99.995: it must be a multiple of 0.01."),
        ]:
            with self.subTest(name):
                found = spend(pool(100), basis(method, quantities))
                self.assertEqual((found.shares, found.spent), ((), 0))
                self.assertIn(reason, found.reason)
                self.assertTrue(found.reason.endswith("."))

    def test_pool_of_nothing_needs_no_reason(self):
        found = spend(pool(0), basis("metric", [0]))
        self.assertEqual((found.shares, found.reason), ((), ""))

    def test_share_explains_itself(self):
        found = spend(pool(100), basis("metric", [1, 0, 1, 1], "GB"))
        self.assertEqual([share.target for share in found.shares], [1, 3, 4])
        self.assertEqual([share.cent for share in found.shares], amounts("0 0 0.01"))
        self.assertEqual(
            found.shares[-1].as_dict(),
            {
                "category": "infrastructure",
                "month": "2026-05",
                "method": "metric",
                "unit": "GB",
                "pool": 100,
                "quantity": 1,
                "total": 3,
                "share": 33.333333,
                "cent": 0.01,
                "amount": 33.34,
            },
        )

    def test_order_of_drivers_changes_no_cent(self):
        drivers = [Driver(10, Decimal(1)), Driver(9, Decimal(1)), Driver("a", Decimal(1))]
        expected = spend(pool(100), Basis("seats", tuple(drivers)))
        self.assertEqual(spend(pool(100), Basis("seats", tuple(drivers[::-1]))), expected)
        self.assertEqual([share.target for share in expected.shares], [9, 10, "a"])

    def test_calls_that_cannot_be_meant_are_refused(self):
        for name, call, message in [
            ("method", lambda: basis("by feel", [1]), "“by feel” is no method"),
            ("twice", lambda: Basis("seats", (Driver(1), Driver(1))), "Target 1 is given twice"),
            ("half a cent", lambda: pool("0.005"), "0.005 is not a multiple of 0.01"),
            ("rounding", lambda: pool(1, 0), "A rounding of 0 is impossible"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(AllocationError, message):
                call()

    def test_second_run_books_what_has_changed_and_nothing_else(self):
        first = [spend(pool(90, key="a"), basis("seats", [1, 2])), spend(pool(10, key="b"), basis("seats", [1]))]
        booked = due(first, {})
        self.assertEqual(booked, {("a", 1): 30, ("a", 2): 60, ("b", 1): 10})
        self.assertEqual(due(first, booked), {})
        later = [spend(pool(90, key="a"), basis("seats", [2, 1])), spend(pool(10, key="b"), basis("seats", [0]))]
        self.assertEqual(due(later, booked), {("a", 1): 30, ("a", 2): -30, ("b", 1): -10})

    @settings(max_examples=50, deadline=None)
    @given(st.integers(-(10**9), 10**9), UNITS, st.sampled_from(METHODS), QUANTITIES)
    def test_pool_is_spent_to_the_cent_or_says_why_not(self, units, rounding, method, quantities):
        one = pool(units * rounding, rounding)
        found = spend(one, basis(method, quantities))
        self.assertEqual(found.spent, 0 if found.reason else one.amount)
        if found.reason:
            self.assertTrue(one.amount)
            self.assertTrue(
                method in ("direct", "fixed") or min(quantities, default=0) < 0 or not any(quantities), found.reason
            )
        for share in found.shares:
            self.assertLess(abs(Fraction(share.amount) - share.exact), Fraction(rounding))
            self.assertIn(share.cent, (-rounding, 0, rounding))

    @settings(max_examples=50, deadline=None)
    @given(st.integers(-(10**7), 10**7), st.sampled_from(DRIVEN), st.lists(st.integers(0, 10**5), min_size=1))
    def test_who_uses_more_never_pays_less(self, cents, method, quantities):
        found = spend(pool(cents * CENT), basis(method, quantities))
        ordered = sorted(found.shares, key=lambda share: (share.quantity, abs(share.amount)))
        paid = [abs(share.amount) for share in ordered]
        self.assertEqual(paid, sorted(paid))

    @settings(max_examples=50, deadline=None)
    @given(st.integers(-(10**6), 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=9), st.data())
    def test_direct_and_fixed_amounts_are_taken_as_they_are(self, cents, parts, data):
        drivers = [one * CENT for one in parts[1:]]
        drivers.append(cents * CENT - sum(drivers))
        found = spend(pool(cents * CENT), basis("direct", drivers))
        self.assertEqual({share.amount for share in found.shares}, {one for one in drivers if one})
        cuts = sorted(data.draw(st.lists(st.integers(0, 100), max_size=4)))
        shares = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
        found = spend(pool(cents), basis("fixed", shares))
        exact = {number: Decimal(cents * one) / 100 for number, one in enumerate(shares, 1) if one and cents}
        self.assertEqual({share.target: share.amount for share in found.shares}, exact)

    @settings(max_examples=50, deadline=None)
    @given(st.integers(-(10**9), 10**9), UNITS, QUANTITIES)
    def test_shares_are_those_by_which_all_money_is_split(self, units, rounding, quantities):
        weights = [*map(abs, quantities), Decimal(1)]
        found = share_out(units * rounding, weights, rounding)
        self.assertEqual(found, allocate(units * rounding, weights, rounding))

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.fractions(-1000, 1000), min_size=1, max_size=9), UNITS)
    def test_settled_amounts_keep_their_sum_whatever_their_signs(self, exacts, rounding):
        whole = round_exact(sum(exacts), rounding)
        exacts.append(Fraction(whole) - sum(exacts))
        found = settle(exacts, rounding)
        self.assertEqual(sum(found), whole)
        for exact, one in zip(exacts, found, strict=True):
            self.assertLess(abs(exact - Fraction(one)), Fraction(rounding))
