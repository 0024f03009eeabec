from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sla.engine.clock import KINDS, Event, Promise, WorkTime, run

from .engine_common import EPOCH, GROUPS, at, hours, minute, moments, points

# Long service at the end, so that every deadline is known.
OPEN_END = (60, 2000)
SEVERAL_MINUTES = st.integers(1, 90)
TIMES = st.integers(0, 70)
EVENTS = st.lists(
    st.builds(
        Event,
        TIMES.map(minute),
        st.sampled_from(KINDS),
        priority=st.sampled_from("13"),
        pauses_response=st.booleans(),
    ),
    max_size=12,
)
PROMISES = {"1": Promise(1800, 1800, 3600), "3": Promise(300, 600, 900, "always")}


def _run(events, group, now, reopening="continue", promises=None):
    worktimes = {"support": WorkTime(moments([*group, OPEN_END])), "always": WorkTime.always()}
    return run(events, promises or PROMISES, worktimes, now, reopening)


@tagged("post_install", "-at_install", "kor_engine")
class TestClockLaws(BaseCase):
    @given(GROUPS, TIMES, TIMES)
    def test_service_between_two_moments_is_that_of_its_minutes(self, group, start, end):
        worktime = WorkTime(moments(group))
        expected = len(points(group) & set(range(start, end)))
        self.assertEqual(worktime.seconds(minute(start), minute(end)), expected * 60)

    @given(GROUPS, TIMES, SEVERAL_MINUTES)
    def test_deadline_is_the_earliest_moment_at_which_the_time_is_over(self, group, start, minutes):
        worktime = WorkTime(moments([*group, OPEN_END]))
        due = worktime.due(minute(start), minutes * 60)
        self.assertEqual(worktime.seconds(minute(start), due), minutes * 60)
        self.assertEqual(worktime.seconds(minute(start), due - timedelta(seconds=1)), minutes * 60 - 1)

    @given(GROUPS, st.lists(TIMES, min_size=2, max_size=6))
    def test_parts_of_the_time_add_up_to_the_whole(self, group, cuts):
        worktime, cuts = WorkTime(moments(group)), sorted(map(minute, cuts))
        parts = [worktime.seconds(start, end) for start, end in zip(cuts, cuts[1:], strict=False)]
        self.assertEqual(sum(parts), worktime.seconds(cuts[0], cuts[-1]))

    @given(TIMES, SEVERAL_MINUTES)
    def test_around_the_clock_is_plain_time(self, start, minutes):
        always, plain = WorkTime.always(), WorkTime([(EPOCH, EPOCH + timedelta(30))])
        self.assertEqual(always.due(minute(start), minutes * 60), minute(start + minutes))
        self.assertEqual(always.due(minute(start), minutes * 60), plain.due(minute(start), minutes * 60))
        self.assertEqual(always.seconds(minute(start), minute(start + minutes)), minutes * 60)

    @given(GROUPS, st.lists(st.tuples(TIMES, TIMES), max_size=4), SEVERAL_MINUTES, st.integers(0, 300))
    def test_clock_counts_the_minutes_of_service_without_pauses(self, group, pauses, minutes, now):
        """Hold a clock against a count of minutes."""
        pauses = sorted(tuple(sorted(one)) for one in pauses)
        assume(all(one[1] < next_one[0] for one, next_one in zip(pauses, pauses[1:], strict=False)))
        events = [Event(minute(0), "opened", "1")]
        for start, end in pauses:
            events += [Event(minute(start), "paused"), Event(minute(end), "resumed")]
        (clock,) = _run(events, group, minute(now), promises={"1": Promise(resolution=minutes * 60)})
        left = sorted(points([*group, OPEN_END]) - points(pauses))
        self.assertEqual(clock.used_seconds, 60 * sum(one < now for one in left))
        last = left[minutes - 1] + 1
        # A pause that begins at the very deadline puts it off to its end.
        due = minute(dict(pauses).get(last, last))
        self.assertEqual(clock.state == "breached", due < minute(now))
        if clock.state == "breached" or now > 70:
            self.assertEqual(clock.due, due)

    @given(EVENTS, GROUPS, TIMES, st.sampled_from(["continue", "restart"]))
    def test_clocks_are_consistent(self, events, group, now, reopening):
        events = [Event(minute(0), "opened", "1"), *events]
        for clock in _run(events, group, minute(now), reopening):
            self.assertEqual(clock.state == "breached", clock.breached_at is not None)
            self.assertEqual(clock.state == "paused", clock.due is None)
            if clock.state == "met":
                self.assertLessEqual(clock.stop, clock.due)
            if clock.state == "running":
                self.assertLessEqual(minute(now), clock.due)
            if clock.state == "breached":
                self.assertEqual(clock.breached_at, clock.due)
                self.assertLess(clock.due, clock.stop or minute(now))
                self.assertGreaterEqual(clock.used_seconds, clock.target_seconds)
            else:
                self.assertLessEqual(clock.used_seconds, clock.target_seconds)

    @given(EVENTS, GROUPS, st.integers(0, 69))
    def test_clock_that_runs_has_used_its_target_at_its_deadline(self, events, group, now):
        events = [one for one in events if one.time <= minute(now)]
        events = [Event(minute(0), "opened", "1"), *events]
        for clock in _run(events, group, minute(now)):
            if clock.state == "running":
                then = {(one.kind, one.number): one for one in _run(events, group, clock.due)}
                there = then[clock.kind, clock.number]
                self.assertEqual((there.used_seconds, there.state), (clock.target_seconds, "running"))
                late = _run(events, group, clock.due + timedelta(seconds=1))
                there = {(one.kind, one.number): one for one in late}[clock.kind, clock.number]
                self.assertEqual((there.state, there.breached_at), ("breached", clock.due))

    @given(EVENTS, GROUPS, st.integers(0, 69))
    def test_past_is_the_same_whatever_comes_later(self, events, group, now):
        events = [Event(minute(0), "opened", "1"), *events]
        known = [one for one in events if one.time <= minute(now)]
        self.assertEqual(_run(events, group, minute(now)), _run(known, group, minute(now)))

    @given(SEVERAL_MINUTES, st.integers(0, 59), st.integers(0, 300))
    def test_pause_while_nobody_works_changes_nothing(self, minutes, first, now):
        opened = Event(minute(0), "opened", "1")
        promise = {"1": Promise(resolution=minutes * 60)}
        pause = [Event(minute(first), "paused"), Event(minute(60), "resumed")]
        expected = _run([opened], [(0, first)] if minutes > first else [], minute(now), promises=promise)
        if now < first or now >= 60:
            group = [(0, first)] if minutes > first else []
            self.assertEqual(_run([opened, *pause], group, minute(now), promises=promise), expected)

    def test_opening_hours_follow_the_local_clock(self):
        """Berlin, 9 to 17: 8:00 in winter and 7:00 in summer in UTC; an hour around the change is an hour."""
        cases = [
            ("spring", "2026-03-27", "2026-03-27 15:30", "2026-03-30 07:30"),
            ("autumn", "2026-10-23", "2026-10-23 14:30", "2026-10-26 08:30"),
        ]
        for name, first, start, due in cases:
            with self.subTest(name):
                worktime = WorkTime(hours(first, 7, 9, 17, "Europe/Berlin"))
                self.assertEqual(worktime.due(at(start), 3600), at(due))
        night = [
            (datetime(2026, month, day, tzinfo=zone), datetime(2026, month, day, 6, tzinfo=zone))
            for zone in [ZoneInfo("Europe/Berlin")]
            for month, day in [(3, 29), (10, 25), (10, 26)]
        ]
        seconds = [WorkTime([one]).seconds(*one) // 3600 for one in night]
        self.assertEqual(seconds, [5, 7, 6])

    def test_full_days_of_a_calendar_leave_no_gap(self):
        days = [at("2028-02-28") + timedelta(number) for number in range(3)]
        worktime = WorkTime([(day, day + timedelta(1) - timedelta(microseconds=1)) for day in days])
        # With 29 February in between.
        self.assertEqual(worktime.due(at("2028-02-28 12:00"), 36 * 3600), at("2028-03-01 00:00"))
