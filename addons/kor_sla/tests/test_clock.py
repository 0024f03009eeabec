from datetime import timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_sla.engine.clock import ClockError, Event, Promise, WorkTime, run

from .engine_common import at, hours

# 21 March 2013 is a Thursday.
BERLIN_9_17 = hours("2013-03-18", 10, 9, 17, "Europe/Berlin")
BERLIN_8_17 = hours("2015-09-21", 5, 8, 17, "Europe/Berlin", holidays=("2015-09-22",))
DAILY_9_18 = hours("2013-06-03", 7, 9, 18, weekdays=range(7))
# 6 July 2026 is a Monday.
WEEK_10_18 = hours("2026-07-06", 14, 10, 18)
LATE = at("2026-07-31")


def clocks(events, worktime, now, promise=None, reopening="continue", **promises):
    """Return the clocks of a ticket by kind and number; events are texts: a time, a kind and what it needs."""
    facts = []
    for text, kind, *more in events:
        facts.append(Event(at(text), kind, **(more[0] if more else {})))
    if promise:
        promises[None] = promise
    found = run(facts, promises, {"support": worktime, "always": WorkTime.always()}, now, reopening)
    return {(one.kind, one.number): one for one in found}


@tagged("post_install", "-at_install", "kor_engine")
class TestClock(BaseCase):
    def test_deadlines_of_published_cases(self):
        """Zammad and Frappe Helpdesk; times in UTC."""
        cases = [
            (BERLIN_9_17, "2013-03-21 09:30", 60, "2013-03-21 10:30"),
            (BERLIN_9_17, "2013-03-21 09:30", 180, "2013-03-21 12:30"),
            (BERLIN_9_17, "2013-03-21 09:30", 240, "2013-03-21 13:30"),
            (BERLIN_8_17, "2015-09-21 14:30", 120, "2015-09-23 07:30"),
            (BERLIN_8_17, "2015-09-21 14:30", 180, "2015-09-23 08:30"),
            (BERLIN_8_17, "2015-09-21 14:30", 240, "2015-09-23 09:30"),
            (WEEK_10_18, "2026-07-06 08:00", 60, "2026-07-06 11:00"),
            (WEEK_10_18, "2026-07-06 08:00", 240, "2026-07-06 14:00"),
            (WEEK_10_18, "2026-07-06 20:00", 30, "2026-07-07 10:30"),
            (WEEK_10_18, "2026-07-06 20:00", 120, "2026-07-07 12:00"),
            (WEEK_10_18, "2026-07-11 15:00", 24 * 60, "2026-07-15 18:00"),
            (WEEK_10_18, "2026-07-10 17:00", 30, "2026-07-10 17:30"),
            (WEEK_10_18, "2026-07-10 17:00", 120, "2026-07-13 11:00"),
        ]
        for intervals, start, minutes, due in cases:
            with self.subTest(start=start, minutes=minutes):
                worktime = WorkTime(intervals)
                self.assertEqual(worktime.due(at(start), minutes * 60), at(due))
                self.assertEqual(worktime.seconds(at(start), at(due)), minutes * 60)
                found = clocks([(start, "opened")], worktime, at(start), Promise(resolution=minutes * 60))
                self.assertEqual(found["resolution", 1].due, at(due))

    def test_pause_and_closing_move_the_deadline(self):
        """Zammad: 9 to 18 each day, 120 minutes."""
        events = [
            ("2013-06-04 09:00", "opened"),
            ("2013-06-04 09:30", "paused"),
            ("2013-06-04 09:45", "resumed"),
            ("2013-06-04 10:00", "resolved"),
            ("2013-06-04 10:30", "reopened"),
        ]
        found = clocks(events, WorkTime(DAILY_9_18), at("2013-06-04 10:30"), Promise(resolution=120 * 60))
        clock = found["resolution", 1]
        self.assertEqual((clock.due, clock.used_seconds, clock.state), (at("2013-06-04 11:45"), 45 * 60, "running"))

    def test_time_used_leaves_out_pauses(self):
        """Zammad: paused 10:00 to 10:30, answered 10:45, closed 12:00, created 09:00: 75 and 150 minutes."""
        events = [
            ("2013-06-04 09:00", "opened"),
            ("2013-06-04 10:00", "paused", {"pauses_response": True}),
            ("2013-06-04 10:30", "resumed"),
            ("2013-06-04 10:45", "answered"),
            ("2013-06-04 12:00", "resolved"),
        ]
        promise = Promise(response=120 * 60, resolution=250 * 60)
        found = clocks(events, WorkTime(DAILY_9_18), at("2013-06-05"), promise)
        self.assertEqual(found["response", 1].used_seconds, 75 * 60)
        self.assertEqual(found["resolution", 1].used_seconds, 150 * 60)
        self.assertEqual({one.state for one in found.values()}, {"met"})

    def test_ticket_that_waits_all_the_time_uses_none(self):
        """Zammad: waiting from creation to the end; waiting, but open from 10:30 to 11:00."""
        waiting = [("2013-06-04 09:00", "opened"), ("2013-06-04 09:00", "paused")]
        opened = [("2013-06-04 10:30", "resumed"), ("2013-06-04 11:00", "paused")]
        closed = [("2013-06-04 12:00", "resolved")]
        for name, events, minutes in [("all", waiting + closed, 0), ("but some", waiting + opened + closed, 30)]:
            with self.subTest(name):
                found = clocks(events, WorkTime(DAILY_9_18), at("2013-06-05"), Promise(resolution=3600))
                clock = found["resolution", 1]
                self.assertEqual((clock.used_seconds, clock.state), (minutes * 60, "met"))

    def test_hold_moves_the_deadline_to_closing_time_or_beyond(self):
        """Frappe Helpdesk: Thursday 15:00, two hours."""
        for held, due in [(3600, "2026-07-09 18:00:00"), (3601, "2026-07-10 10:00:01")]:
            with self.subTest(held):
                paused = at("2026-07-09 15:30")
                events = [
                    ("2026-07-09 15:00", "opened"),
                    (str(paused), "paused"),
                    (str(paused + timedelta(seconds=held)), "resumed"),
                ]
                found = clocks(events, WorkTime(WEEK_10_18), at("2026-07-09 17:00"), Promise(resolution=7200))
                self.assertEqual(found["resolution", 1].due, at(due))

    def test_pause_outside_of_hours_costs_nothing(self):
        """ERPNext gives the pause away: paused 04:15 to 05:00, due at 16:00."""
        events = [("2026-07-09 04:00", "opened"), ("2026-07-09 04:15", "paused"), ("2026-07-09 05:00", "resumed")]
        found = clocks(events, WorkTime(WEEK_10_18), at("2026-07-09 06:00"), Promise(resolution=6 * 3600))
        self.assertEqual(found["resolution", 1].due, at("2026-07-09 16:00"))

    def test_what_is_done_at_the_deadline_is_in_time(self):
        cases = [
            ("at it", "2026-07-09 18:00:00", "met", None),
            ("a second later, though nobody works", "2026-07-09 18:00:01", "breached", "2026-07-09 18:00"),
            ("in the night", "2026-07-10 03:00", "breached", "2026-07-09 18:00"),
        ]
        for name, solved, state, breached_at in cases:
            with self.subTest(name):
                events = [("2026-07-09 16:00", "opened"), (solved, "resolved")]
                clock = clocks(events, WorkTime(WEEK_10_18), LATE, Promise(resolution=7200))["resolution", 1]
                self.assertEqual((clock.due, clock.state), (at("2026-07-09 18:00"), state))
                self.assertEqual(clock.breached_at, at(breached_at) if breached_at else None)
                self.assertEqual(clock.used_seconds, 7200)

    def test_clock_is_breached_once_its_deadline_has_passed(self):
        events = [("2026-07-09 16:00", "opened"), ("2026-07-09 19:00", "paused")]
        for now, state in [("17:00", "running"), ("18:00", "running"), ("18:00:01", "breached"), ("20:00", "breached")]:
            with self.subTest(now):
                found = clocks(events, WorkTime(WEEK_10_18), at(f"2026-07-09 {now}"), Promise(resolution=7200))
                clock = found["resolution", 1]
                self.assertEqual((clock.state, clock.due), (state, at("2026-07-09 18:00")))

    def test_paused_clock_has_no_deadline(self):
        events = [("2026-07-09 16:00", "opened"), ("2026-07-09 17:00", "paused")]
        found = clocks(events, WorkTime(WEEK_10_18), LATE, Promise(response=3600, resolution=7200))
        clock = found["resolution", 1]
        self.assertEqual((clock.state, clock.due, clock.used_seconds), ("paused", None, 3600))
        # Nobody said that this pause excuses the first answer.
        self.assertEqual(found["response", 1].state, "breached")

    def test_clock_that_ends_in_a_pause_is_due_as_if_it_went_on(self):
        events = [("2026-07-09 16:00", "opened"), ("2026-07-09 17:00", "paused"), ("2026-07-10 12:00", "resolved")]
        clock = clocks(events, WorkTime(WEEK_10_18), LATE, Promise(resolution=7200))["resolution", 1]
        self.assertEqual((clock.state, clock.due, clock.used_seconds), ("met", at("2026-07-10 13:00"), 3600))

    def test_next_response_runs_from_the_first_message_after_an_answer(self):
        events = [
            ("2026-07-06 10:00", "opened"),
            ("2026-07-06 10:10", "replied"),
            ("2026-07-06 10:30", "answered"),
            ("2026-07-06 11:00", "replied"),
            ("2026-07-06 11:30", "replied"),
            ("2026-07-06 11:45", "answered"),
            ("2026-07-06 12:00", "answered"),
            ("2026-07-06 13:00", "replied"),
        ]
        found = clocks(events, WorkTime(WEEK_10_18), at("2026-07-06 14:30"), Promise(3600, 3600))
        self.assertEqual(
            [(key, one.start, one.stop, one.state) for key, one in found.items()],
            [
                (("response", 1), at("2026-07-06 10:00"), at("2026-07-06 10:30"), "met"),
                (("next_response", 1), at("2026-07-06 11:00"), at("2026-07-06 11:45"), "met"),
                (("next_response", 2), at("2026-07-06 13:00"), None, "breached"),
            ],
        )

    def test_solution_ends_every_clock_and_thanks_begin_none(self):
        events = [("2026-07-06 10:00", "opened"), ("2026-07-06 10:30", "resolved"), ("2026-07-06 10:40", "replied")]
        found = clocks(events, WorkTime(WEEK_10_18), LATE, Promise(3600, 3600, 7200))
        self.assertEqual({key: one.state for key, one in found.items()}, dict.fromkeys(found, "met"))
        self.assertEqual(set(found), {("response", 1), ("resolution", 1)})

    def test_ticket_opened_again_goes_on_or_begins_anew(self):
        events = [
            ("2026-07-06 10:00", "opened"),
            ("2026-07-06 11:00", "resolved"),
            ("2026-07-06 12:00", "replied"),
            ("2026-07-06 12:00", "reopened"),
        ]
        promise, now = Promise(3600, 3600, 7200), at("2026-07-06 12:30")
        found = clocks(events, WorkTime(WEEK_10_18), now, promise)
        self.assertEqual(found["resolution", 1].due, at("2026-07-06 13:00"))
        self.assertIsNone(found["resolution", 1].stop)
        self.assertEqual(found["next_response", 1].start, at("2026-07-06 12:00"))
        found = clocks(events, WorkTime(WEEK_10_18), now, promise, reopening="restart")
        self.assertEqual((found["resolution", 1].state, found["resolution", 1].used_seconds), ("met", 3600))
        self.assertEqual(found["resolution", 2].due, at("2026-07-06 14:00"))

    def test_priority_holds_from_the_beginning_of_what_still_runs(self):
        promises = {"1": Promise(3600, None, 8 * 3600), "3": Promise(900, None, 4 * 3600, "always")}
        events = [
            ("2026-07-06 16:00", "opened", {"priority": "1"}),
            ("2026-07-06 16:30", "answered"),
            ("2026-07-06 17:00", "priority", {"priority": "3"}),
        ]
        found = clocks(events, WorkTime(WEEK_10_18), at("2026-07-06 17:30"), **promises)
        self.assertEqual((found["response", 1].priority, found["response", 1].state), ("1", "met"))
        clock = found["resolution", 1]
        self.assertEqual((clock.priority, clock.target_seconds, clock.due), ("3", 4 * 3600, at("2026-07-06 20:00")))

    def test_time_that_nobody_promised_has_no_clock(self):
        events = [("2026-07-06 16:00", "opened", {"priority": "0"})]
        for promises in ({}, {"0": Promise(0, None, 0)}, {"1": Promise(60, 60, 60)}):
            with self.subTest(promises):
                self.assertEqual(clocks(events, WorkTime(WEEK_10_18), LATE, **promises), {})

    def test_what_has_not_happened_yet_does_not_count(self):
        events = [("2026-07-06 10:00", "opened"), ("2026-07-06 11:00", "resolved")]
        found = clocks(events, WorkTime(WEEK_10_18), at("2026-07-06 10:30"), Promise(resolution=7200))
        self.assertEqual((found["resolution", 1].stop, found["resolution", 1].used_seconds), (None, 1800))
        self.assertEqual(clocks(events[1:], WorkTime(WEEK_10_18), LATE, Promise(resolution=7200)), {})

    def test_deadline_beyond_the_known_hours_is_unknown(self):
        found = clocks([("2026-07-17 17:00", "opened")], WorkTime(WEEK_10_18), LATE, Promise(resolution=7200))
        clock = found["resolution", 1]
        self.assertEqual((clock.state, clock.due, clock.used_seconds), ("running", None, 3600))

    def test_unusable_input_is_refused_with_what_would_be_right(self):
        opened, promises = Event(at("2026-07-06"), "opened"), {None: Promise(60)}
        cases = [
            ([Event(at("2026-07-06"), "closed")], {}, "continue", "must be one of opened"),
            ([opened], {}, "never", "is neither"),
            ([opened], {}, "continue", "give the service time"),
        ]
        for events, worktimes, reopening, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ClockError, message):
                run(events, promises, worktimes, LATE, reopening)
