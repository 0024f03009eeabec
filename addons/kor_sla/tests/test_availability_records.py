from datetime import timedelta
from fractions import Fraction

from odoo.tests import TransactionCase, freeze_time, tagged

from .uptime_common import UptimeCase, at


@tagged("post_install", "-at_install")
@freeze_time("2029-01-01 00:00:00")
class TestAvailabilityRecords(UptimeCase, TransactionCase):
    """Published cases of availability, from outages and agreements as they are stored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()

    def _fresh(self, terms=()):
        """Return a contract of its own with a service of its own."""
        contract = self._make_contract(self.customer, terms=terms)
        self.service = self._make_service(f"of_{contract.id}", contract)
        return contract

    def _down(self, start, minutes, **values):
        return self._outage(start, at(start) + timedelta(minutes=minutes), **values)

    def test_an_hour_down_by_the_length_of_the_month(self):
        for start, end, hours, rounded in (
            # (minutes of the month - 60) / minutes of the month
            ("2026-02-01", "2026-02-28", 28 * 24, "99.851190"),
            ("2028-02-01", "2028-02-29", 29 * 24, "99.856322"),
            ("2026-06-01", "2026-06-30", 30 * 24, "99.861111"),
            ("2026-07-01", "2026-07-31", 31 * 24, "99.865591"),
        ):
            with self.subTest(start):
                contract = self._fresh()
                self._down(f"{start} 10:00:00", 60)
                told = contract.track_uptime(start, end)
                self.assertEqual(told["availability_exact"], str(Fraction(100 * (hours - 1), hours)))
                self.assertEqual(f"{told['availability']:.6f}", rounded)
                self.assertEqual((told["total_seconds"], told["down_seconds"]), (hours * 3600, 3600))
                self.assertFalse(told["met"])

    def test_44_minutes_are_missed_in_30_days_and_met_in_31(self):
        for start, end, rounded, met in (
            ("2026-06-01", "2026-06-30", "99.898148", False),
            ("2026-07-01", "2026-07-31", "99.901434", True),
        ):
            with self.subTest(start):
                contract = self._fresh()
                self._down(f"{start} 10:00:00", 44)
                told = contract.track_uptime(start, end)
                self.assertEqual((f"{told['availability']:.6f}", told["met"]), (rounded, met))

    def test_minutes_down_at_the_edges_of_bands(self):
        # 30 days have 43,200 minutes: a target of 99.99 % allows 4.32 of them, 99 % 432, 95 % 2,160.
        for minutes, target, met in (
            (4, 99.99, True),
            (5, 99.99, False),
            (432, 99, True),
            (433, 99, False),
            (2160, 95, True),
            (2161, 95, False),
        ):
            with self.subTest(minutes=minutes):
                contract = self._fresh({"uptime_target": target})
                self._down("2026-06-03 10:00:00", minutes)
                told = contract.track_uptime("2026-06-01", "2026-06-30")
                self.assertEqual(told["met"], met, told["availability"])

    def test_overlapping_outages_count_once(self):
        contract = self._fresh({"maintenance_minutes": 60})
        for start, minutes in (("10:00", 30), ("10:20", 30), ("10:50", 10)):
            self._down(f"2026-06-03 {start}:00", minutes)
        day = ("2026-06-03", "2026-06-03")
        self.assertEqual(contract.track_uptime(*day)["down_seconds"], 60 * 60)
        self._down("2026-06-03 10:25:00", 15, state="maintenance")
        told = contract.track_uptime(*day)
        self.assertEqual((told["down_seconds"], told["maintenance_seconds"]), (45 * 60, 15 * 60))

    def test_outage_over_midnight_is_shared_by_its_months(self):
        contract = self._fresh()
        self._down("2026-07-31 23:50:00", 30)
        told = contract.track_uptime("2026-07-01", "2026-08-31")
        self.assertEqual([month["down_seconds"] for month in told["months"]], [10 * 60, 20 * 60])
        self.assertEqual(told["down_seconds"], 30 * 60)

    def test_months_have_the_hours_of_their_time_zone(self):
        for start, end, hours in (
            ("2026-03-01", "2026-03-31", 31 * 24 - 1),
            ("2026-10-01", "2026-10-31", 31 * 24 + 1),
            ("2026-02-01", "2026-02-28", 28 * 24),
            ("2026-01-01", "2026-12-31", 365 * 24),
            ("2028-01-01", "2028-12-31", 366 * 24),
        ):
            with self.subTest(start):
                contract = self._fresh({"tz": "Europe/Madrid"})
                told = contract.track_uptime(start, end)
                self.assertEqual(told["total_seconds"], hours * 3600)
                self.assertEqual(sum(month["total_seconds"] for month in told["months"]), hours * 3600)
                self.assertEqual((told["availability"], told["met"]), (100.0, True))

    def test_month_begins_at_midnight_of_the_agreement(self):
        # Midnight of 1 July in Madrid is 22:00 of 30 June in UTC.
        contract = self._fresh({"tz": "Europe/Madrid"})
        self._down("2026-06-30 21:30:00", 60)
        june, july = contract.track_uptime("2026-06-01", "2026-07-31")["months"]
        self.assertEqual((june["down_seconds"], july["down_seconds"]), (30 * 60, 30 * 60))

    def test_hour_that_comes_twice_is_down_for_both(self):
        # 25 October 2026, 3:00 becomes 2:00 in Madrid at 1:00 UTC: from 2:00 to 3:00 local are two hours.
        contract = self._fresh({"tz": "Europe/Madrid"})
        self._down("2026-10-25 00:00:00", 120)
        told = contract.track_uptime("2026-10-25", "2026-10-25")
        self.assertEqual((told["total_seconds"], told["down_seconds"]), (25 * 3600, 2 * 3600))
