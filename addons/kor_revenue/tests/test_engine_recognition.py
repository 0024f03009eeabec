from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine import position, recognition

from .engine_common import CENT, amounts, by_month, day, months_of, of_sole, promise, totals, version

SCHEDULES = [
    # source, method, rounding, start, end, price, months
    # 1200 × 31/365 = 101.917, × 28/365 = 92.055, × 30/365 = 98.630; eleven months come to 1098.09.
    ("Odoo: by days", "day", "last", "2025-01-01", "2026-01-01", "1200",
     "101.92 92.05 101.92 98.63 101.92 98.63 101.92 101.92 98.63 101.92 98.63 101.91"),
    ("Odoo: by months", "half_month", "last", "2025-01-01", "2026-01-01", "1200", "100 " * 12),
    # Two halves and eleven whole ones are twelve: 1200 / 12 = 100.
    ("Odoo: by months from the 15th", "half_month", "last", "2025-01-15", "2026-01-15", "1200",
     "50 " + "100 " * 11 + "50"),
    # 1000 / 12 = 83.333; 1000 − 11 × 83.33 = 83.37.
    ("OCA spread: 1000 over 12", "equal", "last", "2017-02-01", "2018-02-01", "1000", "83.33 " * 11 + "83.37"),
    ("OCA spread: 345.96 over 3", "equal", "last", "2017-02-01", "2017-05-01", "345.96", "115.32 " * 3),
    # 24 of 31 days, one month and 15 of 31 days are 70/31 months: 2258.06 × 31/70 = 1000.
    ("OCA cutoff: by days", "month", "spread", "2025-01-08", "2025-03-16", "2258.06", "774.19 1000 483.87"),
    # 2258.06 / 3 = 752.6867; 752.68, then 1505.3733 − 752.68 = 752.69, then 2258.06 − 1505.37 = 752.69.
    ("OCA cutoff: equal parts", "equal", "spread", "2025-01-08", "2025-03-16", "2258.06",
     "752.68 752.69 752.69"),
    # The same rounded each by itself: what is left comes in the last month.
    ("equal parts, last takes the rest", "equal", "last", "2025-01-08", "2025-03-16", "2258.06",
     "752.69 752.69 752.68"),
    # 83.333 → 83.33, 166.667 − 83.33 → 83.33, 250 − 166.66 → 83.34 and so on.
    ("1000 over 12, spread", "equal", "spread", "2017-02-01", "2018-02-01", "1000",
     "83.33 83.33 83.34 " * 4),
]  # fmt: skip


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRecognition(BaseCase):
    """Published cases of other products, of standards and of textbooks."""

    def test_published_schedules_of_one_promise(self):
        for source, method, mode, start, end, price, expected in SCHEDULES:
            with self.subTest(source):
                row = of_sole(promise(1, method, start, end, "1"), price, mode)
                self.assertEqual(list(row.values()), amounts(expected))
                self.assertEqual(min(row), day(start).replace(day=1))
                self.assertEqual(sum(row.values()), Decimal(price))

    def test_published_allocations(self):
        cases = [
            # 820 × 425/1025 = 340 and × 600/1025 = 480.
            ("handset 425 with a plan of 24 × 25", "820", "425 600", "340 480"),
            # 190/200 = 95 %: 90 → 85.5, 44 → 41.8, 66 → 62.7.
            ("list prices sold at 190 thousand", "190000", "90000 44000 66000", "85500 41800 62700"),
            # 100/150: 50 → 33.33, 25 → 16.67, 75 → 50.
            ("standalone 50 / 25 / 75", "100", "50 25 75", "33.33 16.67 50"),
        ]
        for source, price, values, expected in cases:
            with self.subTest(source):
                promises = [
                    promise(key, "point", "2025-01-01", "2025-01-02", value) for key, value in enumerate(values.split())
                ]
                one = version("2025-01-01", price, *promises)
                self.assertEqual(list(recognition.allocated(one, CENT).values()), amounts(expected))
                self.assertEqual(list(totals(by_month(one)).values()), amounts(expected))

    def test_handset_is_ahead_of_what_was_billed(self):
        handset = promise("handset", "point", "2025-01-10", "2025-01-11", "425")
        plan = promise("plan", "month", "2025-02-01", "2027-02-01", "600")
        found = by_month(version("2025-01-10", 100 + 24 * 30, handset, plan))
        self.assertEqual(months_of(found["handset"]), {"2025-01": 340})
        self.assertEqual(set(found["plan"].values()), {20})
        # On delivery 340 are earned, of which 100 may be billed now: receivable 100, contract asset 240.
        outcome = position.carry(position.Position(), position.Flow(Decimal(100), Decimal(100), Decimal(340)), CENT)
        self.assertEqual(outcome.revenue, 340)
        self.assertEqual(outcome.asset, position.Position(Decimal(240), Decimal(240)))
        # Each month 30 are billed and 20 are earned: after 24 months the asset is gone.
        for month in range(24):
            flow = position.Flow(Decimal(30), Decimal(30), Decimal(20))
            outcome = position.carry(outcome.closing, flow, CENT)
            self.assertEqual(outcome.asset.amount, 240 - 10 * (month + 1))
        self.assertEqual(outcome.closing, position.Position())

    def test_progress_is_earned_by_its_difference(self):
        # 35 % of 5,200 = 1,820.
        facts = [("2025-03-31", "0.35"), ("2025-06-30", "0.9")]
        works = promise("works", "progress", "2025-01-01", "2026-01-01", "5200", progress=facts)
        agreed = version("2025-01-01", "5200", works)
        self.assertEqual(months_of(by_month(agreed, until=date(2025, 4, 1))["works"]), {"2025-03": 1820})
        # The price becomes 6,000 on 1 April: 35 % of the 800 more = 280 belong to what was done before.
        dearer = version("2025-04-01", "6000", works, treatment="catch_up")
        row = by_month(agreed, dearer)["works"]
        self.assertEqual(months_of(row), {"2025-03": 1820, "2025-04": 280, "2025-06": 3300})
        # 90 % of 6,000 less 1,820 = 3,580.
        self.assertEqual(row[date(2025, 4, 1)] + row[date(2025, 6, 1)], 3580)

    def test_cumulative_catch_up(self):
        # 36 thousand over 36 months; after 12 months 12 are booked, and the price becomes 12 + 30 = 42.
        works = promise("works", "month", "2025-01-01", "2028-01-01", "36000")
        found = by_month(
            version("2025-01-01", "36000", works), version("2026-01-01", "42000", works, treatment="catch_up")
        )["works"]
        self.assertEqual(sum(amount for month, amount in found.items() if month.year == 2025), 12000)
        # 12/36 of 42 = 14: two more at once, and 28 are left for 24 months, of which January has its 1,166.67.
        self.assertEqual(found[date(2026, 1, 1)], Decimal("3166.67"))
        self.assertEqual(sum(amount for month, amount in found.items() if month.year > 2025), 2000 + 28000)

    def test_more_units_at_their_own_price_stand_alone(self):
        # 120 units at 100, one a day; 60 are delivered when 30 more are agreed at 95, which is what they cost alone.
        first = promise("units", "day", "2025-01-01", "2025-05-01", 120 * 100)
        more = promise("more", "day", "2025-05-01", "2025-05-31", 30 * 95)
        agreed = version("2025-01-01", 12000, first)
        found = recognition.curve([agreed, version("2025-03-02", 14850, first, more, treatment="separate")])
        self.assertEqual(found.earned("units", day("2025-03-02")), 60 * 100)
        self.assertEqual(found.earned("units", day("2025-03-03")) - found.earned("units", day("2025-03-02")), 100)
        self.assertEqual(found.earned("more", day("2025-05-02")), 95)
        self.assertEqual(found.total(day("2026-01-01")), 14850)

    def test_more_units_below_their_price_change_what_is_left(self):
        # 30 more at 80, below 100: (60 × 100 + 30 × 80) / 90 = 93.33 for each of the 90 that are left.
        first = promise("units", "day", "2025-01-01", "2025-05-01", 120 * 100)
        more = promise("more", "day", "2025-05-01", "2025-05-31", 30 * 100)
        agreed = version("2025-01-01", 12000, first)
        found = recognition.curve([agreed, version("2025-03-02", 12000 + 30 * 80, first, more)])
        self.assertEqual(found.earned("units", day("2025-03-02")), 60 * 100)
        for key, before, after in (("units", "2025-03-02", "2025-03-03"), ("more", "2025-05-01", "2025-05-02")):
            with self.subTest(key):
                unit = found.earned(key, day(after)) - found.earned(key, day(before))
                self.assertEqual(unit, Fraction(8400, 90))
        self.assertEqual(found.total(day("2026-01-01")), 14400)
