from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount
from odoo.addons.kor_sales_pipeline.engine.estimate import EstimateError, Item, estimate

START = date(2026, 1, 31)


def _fee(amount, months=1, *discounts):
    return Item("fee", "recurring", amount, months, discounts)


def _off(value, kind="percent", **terms):
    return Discount("off", "Off", kind, value, **terms)


SETUP = Item("setup", "one_time", 500)
USE = Item("use", "usage", 30, 1)
COMMITMENT = Item("least", "commitment", 50, 1)
# Name, items, months of the term, terms, and what is estimated: MRR, TCV, once, use.
FIGURES = (
    ("monthly fee", [_fee(100)], 12, {}, (100, 1200, 0, 0)),
    ("yearly fee", [_fee(1200, 12)], 36, {}, (100, 3600, 0, 0)),
    ("fee and set-up", [_fee(100), SETUP], 12, {}, (100, 1700, 500, 0)),
    ("quarterly fee over 10 months", [_fee(300, 3)], 10, {}, (100, 1000, 0, 0)),
    ("use is not owed", [_fee(100), USE], 12, {}, (100, 1200, 0, 360)),
    ("percent off all", [_fee(100), SETUP, USE], 12, {"discounts": [_off(10)]}, (90, 1530, 450, 324)),
    (
        "amount off the fees only",
        [_fee(100), SETUP],
        12,
        {"discounts": [_off(20, "amount")]},
        (80, 1460, 500, 0),
    ),
    ("three periods only", [_fee(100)], 12, {"discounts": [_off(50, periods=3)]}, (50, 1050, 0, 0)),
    ("own discount first", [_fee(100, 1, _off(20, "amount"))], 12, {"discounts": [_off(10)]}, (72, 864, 0, 0)),
    ("commitment above use", [_fee(100), USE, COMMITMENT], 12, {}, (100, 1800, 0, 0)),
    ("use above commitment", [Item("use", "usage", 80, 1), COMMITMENT], 12, {}, (0, 600, 0, 360)),
    (
        "fees count towards it",
        [_fee(30), Item("least", "commitment", 50, 1, scope="recurring")],
        12,
        {},
        (30, 600, 0, 0),
    ),
    ("spend cap", [Item("use", "usage", 80, 1)], 12, {"spend_cap": 60}, (0, 0, 0, 720)),
    ("cap not reached", [USE], 12, {"spend_cap": 60}, (0, 0, 0, 360)),
)


@tagged("post_install", "-at_install", "kor_engine")
class TestEstimate(BaseCase):
    def _check(self, items, expected, term=12, **terms):
        found = estimate(items, START, term, **terms)
        self.assertEqual((found.mrr, found.tcv, found.one_time, found.usage), tuple(map(Decimal, expected)))
        self.assertEqual(found.arr, found.mrr * 12)
        # The lines explain the whole of it.
        total = sum(line.total for line in found.lines)
        self.assertEqual(total - found.discount, found.tcv + found.usage)
        return found

    def test_figures_by_hand(self):
        for name, items, term, terms, expected in FIGURES:
            with self.subTest(name):
                self._check(items, expected, term, **terms)

    def test_a_discount_runs_out_on_its_day(self):
        until_april = _off(10, date_end=date(2026, 4, 30))
        # From 31 January: periods begin on 31 January, 28 February and 31 March before 30 April.
        self._check([_fee(100)], (90, 1170, 0, 0), discounts=[until_april])

    def test_unusable_terms_are_refused_with_a_sentence(self):
        for call, sentence in (
            (lambda: estimate([], START, 0), "1 month or more"),
            (lambda: Item("x", "recurring", 1), "billing period of 1 month"),
            (lambda: Item("x", "rent", 1, 1), "no kind of charge"),
        ):
            with self.subTest(sentence=sentence), self.assertRaisesRegex(EstimateError, sentence):
                call()

    @settings(max_examples=80, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["recurring", "usage", "commitment"]), st.integers(0, 10**6), st.integers(1, 12)),
            max_size=5,
        ),
        st.integers(1, 48),
        st.integers(0, 100),
    )
    def test_lines_less_discounts_are_what_is_owed_and_expected(self, charges, term, percent):
        items = [Item(number, kind, amount, months) for number, (kind, amount, months) in enumerate(charges)]
        found = estimate(items, START, term, [_off(percent)] if percent else [])
        total = sum((line.total for line in found.lines), Decimal(0))
        self.assertAlmostEqual(total - found.discount, found.tcv + found.usage, places=6)
        self.assertGreaterEqual(found.tcv, 0)
        self.assertGreaterEqual(found.usage, Decimal("-0.000001"))
