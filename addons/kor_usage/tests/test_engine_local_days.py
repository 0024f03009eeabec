from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.local_days import LocalDays

ZONES = ("UTC", "Europe/Madrid", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe")


@tagged("post_install", "-at_install", "kor_engine")
class TestLocalDays(BaseCase):
    def test_moment_is_placed_on_its_local_day(self):
        for tz, moment, day, second in (
            ("UTC", "2026-03-10T00:00:00+00:00", "2026-03-10", "0"),
            ("Europe/Madrid", "2026-03-10T23:30:00+00:00", "2026-03-11", "1800"),
            ("America/New_York", "2026-03-10T03:59:59.500000+00:00", "2026-03-09", "86399.5"),
            # Clocks go back: 25 hours, whose half is half of the day.
            ("Europe/Madrid", "2026-10-25T10:30:00+00:00", "2026-10-25", "43200"),
            # Midnight does not exist: the day begins at one o'clock.
            ("America/Sao_Paulo", "2018-11-04T03:00:00+00:00", "2018-11-04", "0"),
        ):
            with self.subTest(tz=tz, moment=moment):
                found = LocalDays(tz).place(datetime.fromisoformat(moment))
                self.assertEqual(found, (date.fromisoformat(day), Decimal(second)))

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(ZONES), st.lists(st.integers(0, 10**12), min_size=2, max_size=6))
    def test_places_keep_the_order_of_the_moments(self, tz, milliseconds):
        days, epoch = LocalDays(tz), datetime(1990, 1, 1, tzinfo=UTC)
        moments = [epoch + timedelta(milliseconds=number) for number in milliseconds]
        placed = {moment: days.place(moment) for moment in moments}
        self.assertEqual(sorted(placed, key=placed.get), sorted(placed))
        for _day, second in placed.values():
            self.assertTrue(0 <= second < 86400)
