from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sla.engine.availability import (
    Availability,
    AvailabilityError,
    Outage,
    Rules,
    Timeline,
    burn_rate,
    combine,
    measure,
)
from odoo.addons.kor_sla.engine.intervals import Interval, clip, length

from .engine_common import GROUPS, MINUTE, at, hours, local_month, minute, moments, points

LATER = at("2030-01-01")
JULY = (at("2026-07-01"), at("2026-08-01"))
HALF = Fraction(1, 2)
WEIGHTS = st.sampled_from([Fraction(0), Fraction(1, 3), HALF, Fraction(1)])
STATES = st.sampled_from(["down", "degraded", "maintenance", "unknown"])
# Key, state, minutes, weight, minutes ahead; the last two of an outage may mean nothing for its state.
FACTS = st.lists(
    st.tuples(
        STATES, st.integers(0, 40), st.one_of(st.none(), st.integers(0, 12)), WEIGHTS, st.sampled_from([None, 0, 5])
    ),
    max_size=8,
)


def _outages(facts):
    found = []
    for key, (state, start, duration, weight, ahead) in enumerate(facts):
        end = None if duration is None else minute(start + duration)
        announced = None if ahead is None else minute(start - ahead)
        found.append(Outage(key, state, minute(start), end, weight, announced))
    return found


def _clock(text, end, state="down", **values):
    """Return an outage on 7 July 2026 between two times of day."""
    return Outage(text, state, at(f"2026-07-07 {text}"), at(f"2026-07-07 {end}"), **values)


def _down(minutes, month=JULY):
    """Return the availability of a month with an outage of so many minutes at its beginning."""
    start = clip([month])[0].start
    return measure([month], [Outage(1, "down", start, start + minutes * MINUTE)], Rules(), LATER)


@tagged("post_install", "-at_install", "kor_engine")
class TestAvailability(BaseCase):
    def test_an_hour_down_in_months_of_all_lengths(self):
        cases = [
            (2026, 2, "99.851190"),
            (2028, 2, "99.856322"),
            (2026, 4, "99.861111"),
            (2026, 7, "99.865591"),
        ]
        for year, month, expected in cases:
            with self.subTest(year=year, month=month):
                found = _down(60, local_month(year, month)).availability
                self.assertEqual(f"{float(found):.6f}", expected)

    def test_target_is_compared_unrounded(self):
        """44 minutes at 99.9 %: too much in 30 days, little enough in 31."""
        for month, expected, met in [(4, "99.898148", False), (7, "99.901434", True)]:
            with self.subTest(month):
                found = _down(44, local_month(2026, month))
                self.assertEqual(f"{float(found.availability):.6f}", expected)
                self.assertIs(found.availability >= Fraction("99.9"), met)
        # 43.2 minutes are exactly what 30 days allow, a microsecond more is not.
        start, allowed = at("2026-04-01"), timedelta(seconds=2592)
        for down, met in [(allowed, True), (allowed + timedelta(microseconds=1), False)]:
            with self.subTest(down):
                found = measure([local_month(2026, 4)], [Outage(1, "down", start, start + down)], Rules(), LATER)
                self.assertIs(found.availability >= Fraction("99.9"), met)

    def test_outages_that_overlap_count_once_and_maintenance_not_at_all(self):
        outages = [_clock("10:00", "10:30"), _clock("10:20", "10:50"), _clock("10:50", "11:00")]
        maintenance = _clock("10:25", "10:40", "maintenance")
        for name, facts, minutes in [("all", outages, 60), ("less maintenance", [*outages, maintenance], 45)]:
            with self.subTest(name):
                self.assertEqual(measure([JULY], facts, Rules(), LATER).down, minutes * 60)

    def test_outage_over_midnight_counts_in_both_months(self):
        outage = Outage(7, "down", at("2026-07-31 23:50"), at("2026-08-01 00:20"))
        parts = [measure([local_month(2026, month)], [outage], Rules(), LATER) for month in (7, 8)]
        self.assertEqual([part.down for part in parts], [600, 1200])
        whole = combine(parts)
        (counted,) = whole.counted
        self.assertEqual(
            (whole.down, counted.seconds, list(counted.intervals)), (1800, 1800, [(outage.start, outage.end)])
        )

    def test_days_on_which_clocks_change_have_their_own_hours(self):
        """An hour down in Berlin's months of 743, 745 and 744 hours."""
        for month, whole in [(3, 743), (10, 745), (7, 744)]:
            with self.subTest(month):
                found = _down(60, local_month(2026, month, "Europe/Berlin"))
                self.assertEqual(found.total, timedelta(hours=whole))
                self.assertEqual(found.availability, 100 - Fraction(100, whole))

    def test_only_measured_hours_count(self):
        """Monday to Friday 10 to 18 in July 2026: 23 days. Down from Tuesday 17:00 to Wednesday 11:00."""
        windows = hours("2026-07-01", 31, 10, 18)
        outage = Outage(1, "down", at("2026-07-07 17:00"), at("2026-07-08 11:00"))
        found = measure(windows, [outage], Rules(), LATER)
        self.assertEqual((found.total, found.down), (timedelta(hours=184), 7200))
        self.assertEqual(len(found.counted[0].intervals), 2)
        night = Outage(1, "down", at("2026-07-07 18:00"), at("2026-07-08 10:00"))
        self.assertEqual(measure(windows, [night], Rules(), LATER).counted, ())

    def test_worst_state_at_each_moment_counts(self):
        cases = [
            ("degraded", [_clock("10:00", "11:00", "degraded", weight=HALF)], 30),
            ("down within", [_clock("10:00", "11:00", "degraded", weight=HALF), _clock("10:30", "10:40")], 35),
            ("two degraded", [_clock("10:00", "11:00", "degraded", weight=HALF)] * 2, 30),
            (
                "the heavier of two",
                [_clock("10:00", "10:30", "degraded", weight=HALF), _clock("10:00", "10:10", "degraded")],
                20,
            ),
            ("unknown says nothing", [_clock("10:00", "11:00"), _clock("10:30", "11:00", "unknown")], 60),
            ("weight is of degraded time only", [_clock("10:00", "11:00", weight=HALF)], 60),
        ]
        for name, outages, minutes in cases:
            with self.subTest(name):
                self.assertEqual(measure([JULY], outages, Rules(), LATER).down, minutes * 60)

    def test_unknown_time_is_not_measured(self):
        outages = [_clock("10:00", "12:00", "unknown"), _clock("11:00", "11:30")]
        found = measure([JULY], outages, Rules(), LATER)
        self.assertEqual((found.unknown, found.down), (timedelta(minutes=90), 1800))
        # 44,640 minutes less 90.
        self.assertEqual(found.availability, 100 - Fraction(30 * 100, 44550))
        self.assertEqual(found.counted[0].excluded_seconds, 5400)

    def test_maintenance_beyond_its_allowance_or_announced_late_is_downtime(self):
        day, two_hours = timedelta(1), timedelta(hours=2)
        early = at("2026-07-06 10:00")
        cases = [
            ("no limit", Rules(), None, 180, 0),
            ("within", Rules(timedelta(hours=3)), None, 180, 0),
            ("beyond", Rules(two_hours), None, 120, 60),
            ("none allowed", Rules(timedelta(0)), None, 0, 180),
            ("announced in time", Rules(None, day), early, 180, 0),
            ("announced late", Rules(None, day), early + timedelta(seconds=1), 0, 180),
            ("not announced", Rules(None, day), None, 0, 180),
        ]
        for name, rules, announced, accepted, down in cases:
            with self.subTest(name):
                outage = _clock("10:00", "13:00", "maintenance", announced=announced)
                found = measure([JULY], [outage], rules, LATER)
                self.assertEqual((found.maintenance, found.down), (accepted * MINUTE, down * 60))
                self.assertEqual(found.counted[0].excluded_seconds, accepted * 60)

    def test_earliest_maintenance_uses_the_allowance_first(self):
        outages = [_clock("15:00", "16:00", "maintenance"), _clock("10:00", "11:00", "maintenance")]
        found = measure([JULY], outages, Rules(timedelta(minutes=90)), LATER)
        self.assertEqual([(one.key, one.seconds) for one in found.counted], [("10:00", 0), ("15:00", 1800)])

    def test_nothing_is_measured_beyond_now(self):
        now = at("2026-07-07 12:00")
        outages = [
            Outage("goes on", "down", at("2026-07-07 11:00")),
            Outage("planned", "maintenance", at("2026-07-07 11:30"), at("2026-07-07 13:00")),
            Outage("to come", "down", at("2026-07-08")),
        ]
        found = measure([JULY], outages, Rules(), now)
        self.assertEqual((found.total, found.down), (timedelta(days=6, hours=12), 1800))
        self.assertEqual([one.key for one in found.counted], ["goes on", "planned"])
        found = measure([JULY], outages, Rules(), at("2026-06-01"))
        self.assertEqual((found, found.availability), (Availability(), None))

    def test_budget_is_what_the_target_allows(self):
        found = _down(60, local_month(2026, 4))
        budget = found.budget(Decimal("99.9"))
        self.assertEqual((budget.allowed, budget.used, budget.left), (2592, 3600, -1008))
        self.assertEqual(found.budget(Decimal("99.9"), timedelta(60)).left, 2 * 2592 - 3600)
        self.assertEqual(found.budget(100).allowed, 0)

    def test_burn_rate_is_the_pace_of_the_budget(self):
        # 99.9 % allows 3.6 seconds an hour.
        cases = [(0, "99.9", 0), ("3.6", "99.9", 1), (36, "99.9", 10), (3600, "99.9", 1000), (36, "100", None)]
        for down, target, expected in cases:
            with self.subTest(down=down, target=target):
                self.assertEqual(burn_rate(Fraction(down), timedelta(hours=1), Decimal(target)), expected)
        self.assertIsNone(burn_rate(0, timedelta(0), Decimal("99.9")))

    def test_unusable_input_is_refused_with_what_would_be_right(self):
        start = at("2026-07-01")
        cases = [
            (lambda: Outage(1, "broken", start), "must be one of down"),
            (lambda: Outage(1, "degraded", start, weight=Fraction(2)), "between 0 and 1"),
            (lambda: Outage(1, "down", start, start - MINUTE), "before its start"),
            (lambda: Availability().budget(101), "between 0 and 100"),
        ]
        for refused, message in cases:
            with self.subTest(message), self.assertRaisesRegex(AvailabilityError, message):
                refused()

    @given(GROUPS, FACTS, st.randoms(), st.integers(0, 60))
    def test_order_of_outages_does_not_matter(self, windows, facts, random, now):
        outages = _outages(facts)
        one = measure(moments(windows), outages, Rules(3 * MINUTE, 5 * MINUTE), minute(now))
        other = measure(
            moments(windows), random.sample(outages, len(outages)), Rules(3 * MINUTE, 5 * MINUTE), minute(now)
        )
        for name in ("total", "unknown", "maintenance", "down", "availability"):
            self.assertEqual(getattr(one, name), getattr(other, name), name)

    @given(GROUPS, FACTS, st.integers(0, 60), st.sampled_from([None, 0, 3, 100]))
    def test_measure_is_a_count_of_minutes(self, windows, facts, now, allowance):
        """Hold a measure against a look at each minute."""
        rules = Rules(None if allowance is None else allowance * MINUTE, 5 * MINUTE)
        outages = _outages(facts)
        found = measure(moments(windows), outages, rules, minute(now))
        total, unknown, down = 0, 0, Fraction(0)
        for point in sorted(points(windows) & set(range(now))):
            here = [one for one in outages if one.start <= minute(point) < (one.end or minute(now))]
            total += 1
            if any(map(rules.accept, here)) and (allowance is None or allowance > 0):
                allowance = None if allowance is None else allowance - 1
                continue
            known = [one.share for one in here if one.state != "unknown"]
            down += max(known, default=0)
            unknown += bool(here and not known)
        self.assertEqual((found.total, found.unknown, found.down), (total * MINUTE, unknown * MINUTE, down * 60))

    @given(GROUPS, FACTS, st.integers(0, 60))
    def test_outages_answer_for_all_that_is_down_and_unknown(self, windows, facts, now):
        found = measure(moments(windows), _outages(facts), Rules(4 * MINUTE), minute(now))
        self.assertEqual(sum(one.seconds * one.weight for one in found.counted), found.down)
        unknown = sum(one.excluded_seconds for one in found.counted if one.state == "unknown")
        self.assertEqual(unknown, found.unknown.total_seconds())
        for one in found.counted:
            whole = length(one.intervals).total_seconds()
            self.assertLessEqual(one.seconds + one.excluded_seconds, whole)

    @given(GROUPS, FACTS, st.lists(st.integers(0, 52), max_size=4), st.integers(0, 60))
    def test_parts_combine_to_the_whole(self, windows, facts, cuts, now):
        spans, outages, edges = moments(windows), _outages(facts), [None, *map(minute, sorted(cuts)), None]
        whole = measure(spans, outages, Rules(), minute(now))
        parts = [
            measure(clip(spans, start, end), outages, Rules(), minute(now))
            for start, end in zip(edges, edges[1:], strict=False)
        ]
        together = combine(parts)
        for name in ("total", "unknown", "maintenance", "down", "availability"):
            self.assertEqual(getattr(together, name), getattr(whole, name), name)
        self.assertEqual(
            {one.key: (one.intervals, one.seconds, one.excluded_seconds) for one in together.counted},
            {one.key: (one.intervals, one.seconds, one.excluded_seconds) for one in whole.counted},
        )

    def test_year_is_the_sum_of_its_months(self):
        for year, days in [(2026, 365), (2028, 366)]:
            for tz in ("UTC", "Europe/Berlin"):
                outages = [
                    Outage(number, "down", at(f"{year}-01-10") + timedelta(hours=31 * number), None)
                    for number in range(3)
                ]
                months = [local_month(year, month, tz) for month in range(1, 13)]
                with self.subTest(year=year, tz=tz):
                    found = combine(measure([month], outages, Rules(), LATER) for month in months)
                    whole = measure(months, outages, Rules(), LATER)
                    self.assertEqual((found.total, found.down), (timedelta(days), whole.down))

    @given(FACTS, st.integers(0, 60), st.integers(1, 20))
    def test_timeline_gives_all_that_touches_a_time(self, facts, start, duration):
        window, outages = Interval(minute(start), minute(start + duration)), _outages(facts)
        found = Timeline(outages).between(*window)
        far = minute(500)
        expected = [one for one in outages if one.start < window.end and (one.end or far) > window.start]
        self.assertCountEqual(found, expected)
        self.assertEqual(measure([window], found, Rules(), far).down, measure([window], outages, Rules(), far).down)
