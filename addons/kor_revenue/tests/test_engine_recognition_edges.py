from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine import months, recognition
from odoo.addons.kor_revenue.engine.delivery import Obligation, RecognitionError
from odoo.addons.kor_revenue.engine.months import ROUNDINGS

from .engine_common import CENT, amounts, by_month, day, months_of, of_sole, promise, stretch, totals, version

YEAR = ("2025-01-01", "2026-01-01")


def _once(key, value, **values):
    return promise(key, "point", "2025-01-01", "2025-01-02", value, **values)


PLAN, MORE = promise("plan", "month", *YEAR, 1200), promise("more", "month", *YEAR, 1200)
AGREED = version("2025-01-01", 2400, PLAN, MORE)
MISTAKES = [
    (
        [version("2025-01-01", 1, PLAN, treatment="later")],
        "The treatment 'later' is unknown; it must be one of prospective, catch_up, separate, price.",
    ),
    (
        [version("2025-01-01", 1)],
        "A contract without a promise has no revenue; give at least one obligation.",
    ),
    ([version("2025-01-01", 1, PLAN, PLAN)], "Two promises have the same key; each needs its own."),
    ([version("2025-01-01", -1, PLAN)], "A price of -1 is negative; it must be 0 or more."),
    (
        [version("2025-01-01", 10, _once("a", 0), _once("b", 0))],
        "Promises without standalone prices cannot share a price of 10; give at least one of them.",
    ),
    (
        [version("2025-01-01", 50, _once("a", 60), _once("b", 0, is_residual=True))],
        "The price of 50 leaves nothing for a promise without a standalone price, as the others alone are "
        "worth 60; give it one.",
    ),
    (
        [AGREED, version("2025-07-01", 2500, PLAN, treatment="separate")],
        "A modification that takes something away cannot stand alone; treat it prospectively or catch up.",
    ),
    (
        [AGREED, version("2025-07-01", 2300, PLAN, MORE, treatment="separate")],
        "A modification that takes something away cannot stand alone; treat it prospectively or catch up.",
    ),
]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRecognitionEdges(BaseCase):
    def test_residual_promise_has_what_the_others_leave(self):
        cases = [
            # label, price, promises (value, residual), allocated
            ("what is left", "100", [(60, False), (70, True)], "60 40"),
            ("nothing is left", "60", [(60, False), (70, True)], "60 0"),
            # Less than nothing shows that the others are too dear: 55 × 60/130 and 55 × 70/130.
            ("less than nothing is left", "55", [(60, False), (70, True)], "25.38 29.62"),
            ("two share what is left", "100", [(60, False), (10, True), (30, True)], "60 10 30"),
            ("only residual ones", "100", [(10, True), (30, True)], "25 75"),
            ("without a price of its own", "100", [(60, False), (0, True)], "60 40"),
        ]
        for label, price, promises, expected in cases:
            with self.subTest(label):
                found = [_once(key, value, is_residual=residual) for key, (value, residual) in enumerate(promises)]
                one = version("2025-01-01", price, *found)
                self.assertEqual(list(recognition.allocated(one, CENT).values()), amounts(expected))
                earned = totals(by_month(one))
                self.assertEqual([earned[key] for key in range(len(found))], amounts(expected))

    def test_sole_promise_needs_no_standalone_price(self):
        row = of_sole(promise(1, "month", *YEAR, 0), 1200)
        self.assertEqual(list(row.values()), [100] * 12)
        dearer = promise(1, "month", *YEAR, 0)
        found = by_month(version("2025-01-01", 1200, dearer), version("2025-07-01", 1500, dearer))[1]
        self.assertEqual(list(found.values()), [100] * 6 + [150] * 6)

    def test_free_promise_earns_nothing_beside_others(self):
        found = by_month(version("2025-01-01", 1200, promise("paid", "month", *YEAR, 1200), _once("free", 0)))
        self.assertEqual(totals(found), {"paid": 1200, "free": 0})
        self.assertFalse(found["free"])

    def test_price_of_nothing_earns_nothing(self):
        for value in (0, 1200):
            with self.subTest(value):
                self.assertEqual(of_sole(promise(1, "month", *YEAR, value), 0), {})
                self.assertEqual(
                    recognition.allocated(version("2025-01-01", 0, promise(1, "day", *YEAR, value)), CENT), {1: 0}
                )

    def test_price_that_changes_after_all_is_kept_is_earned_on_its_day(self):
        kept = (promise("a", "month", "2025-01-01", "2025-04-01", 300), _once("b", 100))
        agreed = version("2025-01-01", 400, *kept)
        for treatment in recognition.TREATMENTS:
            with self.subTest(treatment):
                # 40 more, by standalone prices: 30 and 10.
                found = by_month(agreed, version("2025-09-10", 440, *kept, treatment=treatment))
                self.assertEqual(
                    months_of(found["a"]), {f"2025-0{month}": 100 for month in (1, 2, 3)} | {"2025-09": 30}
                )
                self.assertEqual(months_of(found["b"]), {"2025-01": 100, "2025-09": 10})
        with self.subTest("credit"):
            found = by_month(agreed, version("2025-09-10", 360, *kept))
            self.assertEqual(months_of(found["b"]), {"2025-01": 100, "2025-09": -10})

    def test_fee_for_a_contract_of_which_nothing_was_worth_anything(self):
        trial = promise("trial", "month", *YEAR, 0), _once("help", 0)
        found = by_month(version("2025-01-01", 0, *trial), version("2025-06-01", 50, *trial))
        self.assertEqual({key: months_of(row) for key, row in found.items()}, {"trial": {"2025-06": 50}})

    def test_promise_that_is_taken_out_keeps_or_gives_back_what_it_earned(self):
        stays, goes = promise("stays", "month", *YEAR, 1200), promise("goes", "month", *YEAR, 1200)
        agreed = version("2025-01-01", 2400, stays, goes)
        # 1,200 were earned by 1 July; 600 more are left of the price of 1,800.
        found = by_month(agreed, version("2025-07-01", 1800, stays))
        self.assertEqual(totals(found), {"stays": 1200, "goes": 600})
        found = by_month(agreed, version("2025-07-01", 1200, stays, treatment="catch_up"))
        self.assertEqual(totals(found), {"stays": 1200, "goes": 0})
        self.assertEqual(found["goes"][date(2025, 7, 1)], -600)

    def test_back_dated_version_replaces_what_was_agreed_for_later_days(self):
        plan = promise("plan", "month", *YEAR, 1200)
        agreed, later = version("2025-01-01", 1200, plan), version("2025-10-01", 1500, plan)
        # 1,200 + 300 for the last quarter; then 1,800 from 1 July: (1800 − 600) / 6 = 200.
        found = by_month(agreed, later, version("2025-07-01", 1800, plan))["plan"]
        self.assertEqual(list(found.values()), [100] * 6 + [200] * 6)

    def test_renewal_leaves_the_settled_term_as_it_was(self):
        first = stretch("2025-01-01", "2026-01-01", 1000)
        renewed = Obligation("plan", "equal", (first, stretch("2026-01-01", "2027-01-01", 1000)))
        agreed = version("2025-01-01", 1000, Obligation("plan", "equal", (first,)))
        for mode, year in (("last", "83.33 " * 11 + "83.37"), ("spread", "83.33 83.33 83.34 " * 4)):
            for treatment in recognition.TREATMENTS:
                with self.subTest(mode, treatment=treatment):
                    following = version("2026-01-01", 2000, renewed, treatment=treatment)
                    found = by_month(agreed, following, mode=mode)["plan"]
                    self.assertEqual(list(found.values()), amounts(year) * 2)

    def test_remainder_stays_with_the_promise_that_had_it(self):
        # 100 over three equal promises of January: 33.33 + 33.33 + 33.34.
        thirds = tuple(_once(key, 1) for key in "abc")
        agreed = version("2025-01-01", 100, *thirds)
        later = promise("d", "month", "2025-06-01", "2025-09-01", 50)
        before = by_month(agreed)
        self.assertEqual(sorted(totals(before).values()), amounts("33.33 33.33 33.34"))
        found = by_month(agreed, version("2025-06-01", 150, *thirds, later, treatment="separate"))
        self.assertEqual({key: found[key] for key in "abc"}, before)
        self.assertEqual(sum(found["d"].values()), 50)

    def test_what_stands_alone_comes_to_its_price_whatever_others_were_rounded_to(self):
        # The last of the thirds has 33.34; it keeps the cent although the new one ends later.
        thirds = tuple(promise(key, "equal", "2025-01-01", "2025-10-01", 1) for key in "abc")
        agreed, later = version("2025-01-01", 100, *thirds), promise("d", "month", "2025-06-01", "2026-06-01", 120)
        found = by_month(agreed, version("2025-06-01", 220, *thirds, later, treatment="separate"))
        self.assertEqual({key: found[key] for key in "abc"}, by_month(agreed))
        self.assertEqual(list(found["d"].values()), [10] * 12)

    def test_what_is_added_after_it_was_done_has_its_price_on_the_day_it_was_agreed(self):
        plan, done = promise("plan", "month", *YEAR, 1200), promise("done", "point", "2025-03-01", "2025-03-02", 50)
        added = version("2025-06-10", 1240, plan, done, treatment="separate")
        found = by_month(version("2025-01-01", 1200, plan), added)
        self.assertEqual(months_of(found["done"]), {"2025-06": 40})
        self.assertEqual(list(found["plan"].values()), [100] * 12)

    def test_progress_that_is_not_over_leaves_the_remainder_open(self):
        works = promise("works", "progress", "2025-01-01", "2025-12-31", 200, progress=[("2025-02-03", "1/3")])
        plan = promise("plan", "month", "2025-01-01", "2025-04-01", 100)
        one = version("2025-01-01", 100, works, plan)
        self.assertEqual(recognition.allocated(one, CENT), {"works": Decimal("66.67"), "plan": Decimal("33.33")})
        # 66.667 / 3 = 22.22; of the plan, settled by itself, 11.11 a month.
        found = by_month(one)
        self.assertEqual(months_of(found["works"]), {"2025-02": Decimal("22.22")})
        self.assertEqual(list(found["plan"].values()), amounts("11.11 11.11 11.11"))
        done = promise("works", "progress", "2025-01-01", "2025-12-31", 200,
                       progress=[("2025-02-03", "1/3"), ("2025-03-03", 1)])  # fmt: skip
        found = by_month(version("2025-01-01", 100, done, plan))
        self.assertEqual(totals(found), {"works": Decimal("66.67"), "plan": Decimal("33.33")})
        self.assertEqual(months_of(found["works"]), {"2025-02": Decimal("22.22"), "2025-03": Decimal("44.45")})

    def test_part_of_a_month_is_what_is_earned_in_its_days(self):
        plan = promise("plan", "day", *YEAR, 365)
        found = by_month(version("2025-01-01", 365, plan), until=day("2025-02-11"))["plan"]
        self.assertEqual(months_of(found), {"2025-01": 31, "2025-02": 10})
        self.assertEqual(by_month(version("2025-01-01", 365, plan), until=day("2025-01-01")), {"plan": {}})

    def test_currency_without_cents_or_with_five(self):
        plan = promise("plan", "equal", "2025-01-01", "2025-04-01", 1)
        for rounding, price, expected in (("1", 100, "33 33 34"), ("0.05", 100, "33.35 33.35 33.30")):
            with self.subTest(rounding):
                found = recognition.curve([version("2025-01-01", price, plan)])
                row = months.by_month(found, plan.start, plan.end, Decimal(rounding))["plan"]
                self.assertEqual(list(row.values()), amounts(expected))

    def test_one_thing_that_is_earned_is_cut_like_a_promise(self):
        plan = promise("plan", "day", *YEAR, 1000)
        found = recognition.curve([version("2025-01-01", 1000, plan)])
        for mode in ROUNDINGS:
            for until in (None, day("2025-05-01"), day("2025-05-13")):
                row = months.cut_into_months(
                    lambda by: found.earned("plan", by), plan.start, plan.end, CENT, mode, until
                )
                self.assertEqual(row, by_month(version("2025-01-01", 1000, plan), mode=mode, until=until)["plan"])

    def test_what_is_left_at_standalone_prices(self):
        one = version("2025-01-01", 2400, promise("a", "month", *YEAR, 1200), _once("b", 600))
        for by, left in (("2025-01-01", 1800), ("2025-01-02", Fraction(1200 * 371, 372)), ("2025-07-01", 600)):
            self.assertEqual(recognition.standalone_after(one, day(by)), left)

    def test_each_mistake_has_its_sentence(self):
        for versions, sentence in MISTAKES:
            with self.subTest(sentence):
                with self.assertRaises(RecognitionError) as caught:
                    recognition.curve(versions)
                self.assertEqual(str(caught.exception), sentence)

    def test_unknown_rounding_is_refused(self):
        plan = promise("plan", "month", *YEAR, 1200)
        with self.assertRaises(RecognitionError) as caught:
            by_month(version("2025-01-01", 1200, plan), mode="first")
        self.assertEqual(str(caught.exception), "The rounding 'first' is unknown; it must be one of spread, last.")
