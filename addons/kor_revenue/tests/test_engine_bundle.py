from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine import recognition
from odoo.addons.kor_revenue.engine.delivery import Obligation

from .engine_common import CENT, by_month, promise, stretch, totals, version

# Three years of seats, which stand alone at 30 a month each.
#
#         seats  standalone value          agreed
#   2025     10  10 × 30 × 12 =  3,600     30 a seat, January and February free: 10 × 30 × 10 =  3,000
#   2026     20  20 × 30 × 12 =  7,200     27 a seat:                            20 × 27 × 12 =  6,480
#   2027     30  30 × 30 × 12 = 10,800     24 a seat:                            30 × 24 × 12 =  8,640
#   set-up, done on 15 January 2025, 2,400                                                       1,080
#                                24,000                                                         19,200
#
# 19,200 / 24,000 = 0.8 of every standalone price: the set-up earns 1,920; the seats 240, 480 and 720 a month.
SEATS = (
    stretch("2025-01-01", "2026-01-01", 3600),
    stretch("2026-01-01", "2027-01-01", 7200),
    stretch("2027-01-01", "2028-01-01", 10800),
)
SETUP = promise("setup", "point", "2025-01-15", "2025-01-16", 2400)
AGREED = version("2025-01-01", 19200, Obligation("seats", "month", SEATS), SETUP)

# From 1 July 2026 ten more seats for the 18 months that are left: 10 × 30 × 18 = 5,400 at standalone prices.
# They are sold at 18.50: 10 × 18.50 × 18 = 3,330. The price is 22,530 then.
MORE = (stretch("2026-07-01", "2027-01-01", 1800), stretch("2027-01-01", "2028-01-01", 3600))
WITH_MORE = Obligation("seats", "month", SEATS + MORE)


def _of_year(row, year, first=1, last=12):
    return [row.get(date(year, month, 1), Decimal(0)) for month in range(first, last + 1)]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBundle(BaseCase):
    """A ramp of prices and quantities, free months, a one-time fee, and a modification in all three treatments."""

    def test_as_it_was_signed(self):
        self.assertEqual(recognition.allocated(AGREED, CENT), {"seats": 17280, "setup": 1920})
        found = by_month(AGREED)
        self.assertEqual(found["setup"], {date(2025, 1, 1): 1920})
        # The free months earn like all others: what is free there is a discount on the whole.
        for year, amount in ((2025, 240), (2026, 480), (2027, 720)):
            self.assertEqual(_of_year(found["seats"], year), [amount] * 12)
        # 12 × 240 = 2,880, 12 × 480 = 5,760, 12 × 720 = 8,640: 17,280.
        self.assertEqual(totals(found), {"seats": 17280, "setup": 1920})

    def test_ten_more_seats_stand_alone(self):
        """Sold at their 5,400, the ten change nothing of what was agreed: 300 a month beside 480 and 720."""
        apart = Obligation("more", "month", MORE)
        changed = version("2026-07-01", 24600, *AGREED.obligations, apart, treatment="separate")
        found = by_month(AGREED, changed)
        self.assertEqual(found["seats"], by_month(AGREED)["seats"])
        self.assertEqual(_of_year(found["more"], 2026), [0] * 6 + [300] * 6)
        self.assertEqual(_of_year(found["more"], 2027), [300] * 12)
        self.assertEqual(sum(totals(found).values()), 24600)

    def test_ten_more_seats_under_the_same_promise_stand_alone(self):
        changed = version("2026-07-01", 24600, WITH_MORE, SETUP, treatment="separate")
        found = by_month(AGREED, changed)
        self.assertEqual(_of_year(found["seats"], 2026), [480] * 6 + [780] * 6)
        self.assertEqual(_of_year(found["seats"], 2027), [1020] * 12)

    def test_ten_more_seats_prospectively(self):
        """Spread what is not earned over what is not delivered.

        By 1 July 2026: 1,920 + 12 × 240 + 6 × 480 = 7,680 are earned. 22,530 − 7,680 = 14,850 are left for
        6 × 600 + 12 × 900 + 5,400 = 19,800 at standalone prices: 0.75. Thirty seats: 30 × 30 × 0.75 = 675 a month;
        forty seats: 900.
        """
        found = by_month(AGREED, version("2026-07-01", 22530, WITH_MORE, SETUP))
        self.assertEqual(found["setup"], {date(2025, 1, 1): 1920})
        self.assertEqual(_of_year(found["seats"], 2025), [240] * 12)
        self.assertEqual(_of_year(found["seats"], 2026), [480] * 6 + [675] * 6)
        self.assertEqual(_of_year(found["seats"], 2027), [900] * 12)
        # 7,680 + 6 × 675 + 12 × 900 = 22,530.
        self.assertEqual(sum(totals(found).values()), 22530)

    def test_ten_more_seats_with_a_catch_up(self):
        """Let the new price hold from the start.

        22,530 / 29,400 = 0.76633 of every standalone price. By 1 July 2026 the set-up (2,400) and seats of
        3,600 + 6 × 600 = 7,200 were delivered: 1,839.18 and 5,517.55 instead of the 1,920 and 5,760 that were earned.
        The set-up gives back 80.82; the seats 242.45, in the month that earns 30 × 30 × 0.76633 = 689.69.
        """
        found = by_month(AGREED, version("2026-07-01", 22530, WITH_MORE, SETUP, treatment="catch_up"))
        self.assertEqual(found["setup"], {date(2025, 1, 1): 1920, date(2026, 7, 1): Decimal("-80.82")})
        seats = found["seats"]
        self.assertEqual(_of_year(seats, 2025) + _of_year(seats, 2026, last=6), [240] * 12 + [480] * 6)
        # 689.694 − 242.449 = 447.245.
        self.assertEqual(_of_year(seats, 2026, 7), [Decimal("447.24")] + [Decimal("689.69")] * 5)
        # 40 × 30 × 0.76633 = 919.59; the last takes what remains of 22,530 − 1,839.18 = 20,690.82:
        # 2,880 + 2,880 + 447.24 + 5 × 689.69 + 11 × 919.59 = 19,771.18.
        self.assertEqual(_of_year(seats, 2027), [Decimal("919.59")] * 11 + [Decimal("919.64")])
        self.assertEqual(totals(found), {"seats": Decimal("20690.82"), "setup": Decimal("1839.18")})

    def test_catch_up_spread_by_cents(self):
        found = by_month(AGREED, version("2026-07-01", 22530, WITH_MORE, SETUP, treatment="catch_up"), mode="spread")
        self.assertEqual(totals(found), {"seats": Decimal("20690.82"), "setup": Decimal("1839.18")})
        whole = Fraction(22530, 29400)
        for month in range(1, 13):
            # Of 1,200 a month: no month is further than a cent from its share.
            amount = found["seats"][date(2027, month, 1)]
            self.assertLessEqual(abs(Fraction(amount) - 1200 * whole), Fraction(CENT))

    def test_all_three_earn_the_same_before(self):
        changes = [
            version("2026-07-01", 24600, WITH_MORE, SETUP, treatment="separate"),
            version("2026-07-01", 22530, WITH_MORE, SETUP),
            version("2026-07-01", 22530, WITH_MORE, SETUP, treatment="catch_up"),
        ]
        for change in changes:
            with self.subTest(change.treatment):
                found = recognition.curve([AGREED, change])
                self.assertEqual(found.total(date(2026, 7, 1)), 7680)
                self.assertEqual(found.total(date(2029, 1, 1)), change.price)

    def test_cancelled_after_two_years(self):
        """End on 1 January 2027; 9,000 are kept of the 10,560 that would be due.

        Delivered are 2,400 + 3,600 + 7,200; by 1 July 2026 7,680 were earned, 1,320 are left for six months: 220 each.
        """
        ended = version("2026-07-01", 9000, Obligation("seats", "month", SEATS[:2]), SETUP)
        found = by_month(AGREED, ended)
        self.assertEqual(_of_year(found["seats"], 2026), [480] * 6 + [220] * 6)
        self.assertEqual(_of_year(found["seats"], 2027), [0] * 12)
        self.assertEqual(sum(totals(found).values()), 9000)
