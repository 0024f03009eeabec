from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sla.engine.intervals import (
    IntervalError,
    Spans,
    clip,
    difference,
    from_calendar,
    intersect,
    length,
    normalise,
    union,
)

from .engine_common import GROUPS, at, local_month, moments, points


@tagged("post_install", "-at_install", "kor_engine")
class TestIntervals(BaseCase):
    def assertPlain(self, spans):
        """Check that intervals are sorted, apart from each other and not empty."""
        self.assertIsInstance(spans, Spans)
        self.assertTrue(all(start < end for start, end in spans))
        self.assertTrue(all(one.end < next_one.start for one, next_one in zip(spans, spans[1:], strict=False)))

    def test_intervals_are_normalised(self):
        cases = [
            ("none", [], []),
            ("empty", [(3, 3)], []),
            ("in order", [(5, 6), (1, 2)], [(1, 2), (5, 6)]),
            ("touching", [(1, 2), (2, 3)], [(1, 3)]),
            ("overlapping", [(1, 4), (2, 6)], [(1, 6)]),
            ("covered", [(1, 9), (2, 3), (4, 5)], [(1, 9)]),
            ("the same twice", [(1, 2), (1, 2)], [(1, 2)]),
        ]
        for name, given_intervals, expected in cases:
            with self.subTest(name):
                self.assertEqual(list(normalise(given_intervals)), expected)

    def test_unusable_intervals_are_refused_with_what_is_wrong(self):
        for interval in [(2, 1), (at("2026-01-02"), at("2026-01-01")), (1, None), (1, at("2026-01-01"))]:
            with self.subTest(interval), self.assertRaisesRegex(IntervalError, "it must not|need both ends"):
                normalise([interval])

    def test_naive_and_aware_moments_are_the_same(self):
        berlin = ZoneInfo("Europe/Berlin")
        aware = (datetime(2026, 7, 1, 10, tzinfo=berlin), datetime(2026, 7, 1, 12, tzinfo=UTC))
        naive = (at("2026-07-01 08:00"), at("2026-07-01 12:00"))
        self.assertEqual(list(normalise([aware])), [naive])
        self.assertEqual(list(intersect([aware], [naive])), [naive])
        self.assertEqual(list(clip([naive], *aware)), [naive])

    def test_days_on_which_clocks_change_have_their_own_hours(self):
        berlin = ZoneInfo("Europe/Berlin")
        for month, day, expected in [(3, 29, 23), (10, 25, 25), (7, 1, 24)]:
            start = datetime(2026, month, day, tzinfo=berlin)
            with self.subTest(start):
                self.assertEqual(length([(start, start + timedelta(1))]), timedelta(hours=expected))

    def test_months_have_their_own_length(self):
        cases = [
            ((2026, 2, "UTC"), 28 * 24),
            ((2028, 2, "UTC"), 29 * 24),
            ((2100, 2, "UTC"), 28 * 24),
            ((2026, 4, "UTC"), 30 * 24),
            ((2026, 12, "UTC"), 31 * 24),
            ((2026, 3, "Europe/Berlin"), 31 * 24 - 1),
            ((2026, 10, "Europe/Berlin"), 31 * 24 + 1),
            ((2026, 3, "America/New_York"), 31 * 24 - 1),
        ]
        for month, expected in cases:
            with self.subTest(month):
                self.assertEqual(length([local_month(*month)]), timedelta(hours=expected))

    def test_day_that_ends_in_its_last_microsecond_ends_at_midnight(self):
        day = (at("2026-07-01"), at("2026-07-01 23:59:59.999999"))
        morning = (at("2026-07-02"), at("2026-07-02 12:00"))
        self.assertEqual(list(from_calendar([day, morning])), [(day[0], morning[1])])

    def test_no_time_has_the_length_asked_for(self):
        self.assertEqual(length([]), timedelta(0))
        self.assertEqual(length([(1, 1)], 0), 0)
        self.assertEqual(length([(1, 3), (2, 5)]), 4)

    @given(GROUPS, st.randoms())
    def test_order_does_not_matter(self, group, random):
        shuffled = random.sample(group, len(group))
        self.assertEqual(normalise(shuffled), normalise(group))
        self.assertPlain(normalise(group))

    @given(GROUPS, GROUPS)
    def test_algebra_is_that_of_the_points(self, one, other):
        cases = [
            (union(one, other), points(one) | points(other)),
            (intersect(one, other), points(one) & points(other)),
            (difference(one, other), points(one) - points(other)),
        ]
        for found, expected in cases:
            self.assertPlain(found)
            self.assertEqual(points(found), expected)
            self.assertEqual(length(found, 0), len(expected))

    @given(GROUPS, GROUPS)
    def test_algebra_of_moments_is_that_of_numbers(self, one, other):
        for operation in (union, intersect, difference):
            found = operation(moments(one), moments(other))
            self.assertEqual(list(found), moments(operation(one, other)))

    @given(GROUPS, GROUPS)
    def test_parts_add_up_to_the_whole(self, one, other):
        common, only_one, only_other = intersect(one, other), difference(one, other), difference(other, one)
        self.assertEqual(union(common, only_one, only_other), union(one, other))
        parts = (common, only_one, only_other)
        self.assertEqual(sum(length(part, 0) for part in parts), length(union(one, other), 0))

    @given(GROUPS, st.one_of(st.none(), st.integers(0, 52)), st.one_of(st.none(), st.integers(0, 52)))
    def test_clip_keeps_what_lies_between(self, group, start, end):
        found = clip(group, start, end)
        low, high = 0 if start is None else start, 99 if end is None else end
        self.assertPlain(found)
        self.assertEqual(points(found), points(group) & set(range(low, high)))

    @given(GROUPS, st.lists(st.integers(0, 52), max_size=6))
    def test_cuts_add_up_to_the_whole(self, group, cuts):
        edges = [None, *sorted(cuts), None]
        parts = [clip(group, start, end) for start, end in zip(edges, edges[1:], strict=False)]
        self.assertEqual(sum(length(part, 0) for part in parts), length(group, 0))
        self.assertEqual(union(*parts), normalise(group))
