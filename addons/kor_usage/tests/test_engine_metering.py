from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.metering import AGGREGATIONS, Day, Meter, MeteringError

FIRST = date(2026, 2, 20)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 14 * 86400 - 1),
        st.decimals(0, 1000, places=3),
        st.sampled_from(("ann", "bob", "eve")),
    ),
    unique_by=lambda event: event[0],
    max_size=25,
).map(sorted)


def roll_up(events):
    """Return the days of events of (second since the first day, quantity, value)."""
    by_day = {}
    for second, quantity, value in events:
        by_day.setdefault(second // 86400, []).append((Decimal(second % 86400), quantity, value))
    days = []
    for number, points in by_day.items():
        area = sum(
            (
                quantity * (until - second)
                for (second, quantity, _), (until, *_) in zip(points, points[1:], strict=False)
            ),
            Decimal(0),
        )
        quantities = [quantity for _second, quantity, _value in points]
        days.append(
            Day(
                FIRST + timedelta(days=number),
                sum(quantities),
                len(points),
                max(quantities),
                quantities[-1],
                points[0][0],
                points[-1][0],
                area,
                frozenset(value for _second, _quantity, value in points),
            )
        )
    return tuple(days)


def naive_average(events, opening, start, end):
    """Return the average level over start <= second < end, one step after the other."""
    level, area, reached = opening or Decimal(0), Decimal(0), start
    for second, quantity, _value in events:
        if second >= end:
            break
        if second >= start:
            area += level * (second - reached)
            reached = second
        level = quantity
    return (area + level * (end - reached)) / (end - start)


@tagged("post_install", "-at_install", "kor_engine")
class TestMetering(BaseCase):
    @settings(max_examples=150, deadline=None)
    @given(EVENTS, st.integers(0, 10), st.integers(1, 6), st.one_of(st.none(), st.decimals(0, 99, places=1)))
    def test_reading_equals_a_naive_recount(self, events, first, length, opening):
        days, start = roll_up(events), FIRST + timedelta(days=first)
        begin, end = first * 86400, (first + length) * 86400
        inside = [event for event in events if begin <= event[0] < end]
        before = [quantity for second, quantity, _value in events if second < begin]
        held = before[-1] if before else opening
        naive = {
            "sum": sum((quantity for _s, quantity, _v in inside), Decimal(0)),
            "max": max((quantity for _s, quantity, _v in inside), default=0),
            "latest": inside[-1][1] if inside else held or 0,
            "unique_count": len({value for _s, _q, value in inside}),
            "time_weighted": naive_average(events, opening, begin, end),
        }
        for aggregation in AGGREGATIONS:
            reading = Meter(aggregation, days, opening).read(start, start + timedelta(days=length))
            # The naive average divides with fewer digits.
            self.assertAlmostEqual(reading.quantity, naive[aggregation], places=15)
            self.assertEqual(reading.events, len(inside))
            carried = aggregation in ("latest", "time_weighted") and held is not None
            self.assertEqual(reading.reported, bool(inside) or carried)

    @settings(max_examples=50, deadline=None)
    @given(EVENTS, st.integers(1, 13))
    def test_sum_of_any_two_parts_is_the_whole(self, events, cut):
        meter = Meter("sum", roll_up(events))
        start, middle, end = FIRST, FIRST + timedelta(days=cut), FIRST + timedelta(days=14)
        parts = meter.read(start, middle).quantity + meter.read(middle, end).quantity
        self.assertEqual(parts, meter.read(start, end).quantity)

    def test_level_carries_into_a_period_without_events(self):
        days = roll_up([(3600, Decimal(10), "ann")])
        later = FIRST + timedelta(days=5), FIRST + timedelta(days=6)
        for aggregation, quantity, reported in (
            ("sum", 0, False),
            ("max", 0, False),
            ("latest", 10, True),
            ("unique_count", 0, False),
            ("time_weighted", 10, True),
        ):
            with self.subTest(aggregation):
                reading = Meter(aggregation, days).read(*later)
                self.assertEqual((reading.quantity, reading.events, reading.reported), (quantity, 0, reported))

    def test_average_begins_at_nothing_where_no_level_was_held(self):
        # 48 GB from noon of the first of two days: three quarters of the time.
        reading = Meter("time_weighted", roll_up([(43200, Decimal(48), "ann")])).read(FIRST, FIRST + timedelta(days=2))
        self.assertEqual(reading.quantity, 36)

    def test_reported_zero_differs_from_no_reading(self):
        period = FIRST, FIRST + timedelta(days=1)
        for aggregation in AGGREGATIONS:
            with self.subTest(aggregation):
                self.assertFalse(Meter(aggregation, ()).read(*period).reported)
                self.assertTrue(Meter(aggregation, roll_up([(5, Decimal(0), "ann")])).read(*period).reported)

    def test_day_whose_events_were_all_reversed_counts_nothing(self):
        gone = Day(FIRST, *[Decimal(0)] * 1, 0, *[Decimal(0)] * 5)
        for aggregation in AGGREGATIONS:
            with self.subTest(aggregation):
                reading = Meter(aggregation, (gone,), Decimal(7)).read(FIRST, FIRST + timedelta(days=1))
                held = aggregation in ("latest", "time_weighted")
                self.assertEqual((reading.quantity, reading.reported), (7 if held else 0, held))

    def test_bad_reading_is_refused_with_a_sentence(self):
        for meter, end, part in (
            (Meter("sum", ()), FIRST, "has no day"),
            (Meter("median", ()), FIRST + timedelta(days=1), "is no aggregation"),
        ):
            with self.subTest(part), self.assertRaisesRegex(MeteringError, part):
                meter.read(FIRST, end)
