from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.schedule import ScheduleError, Task, WorkingDays, delay, leave_out, plan

# 2026: 1 April is a Wednesday, 3 April Good Friday, 6 April Easter Monday, 1 May a Friday.
HOLIDAYS = {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}


def is_open(day):
    return day.weekday() < 5 and day not in HOLIDAYS


def april(day):
    return date(2026, 4, day)


SIGNED = april(1)
# Account 1 day; login 2 days after it; kick-off 1 day, 2 days after the signature at the earliest; workshop 3 days
# after login and kick-off; webinar 1 day after login; go-live 1 day after both; support 2 days, a day later.
TASKS = (
    Task("account", "Account", 1),
    Task("login", "Login", 2, needs=("account",)),
    Task("kickoff", "Kick-off", 1, offset=2),
    Task("workshop", "Workshop", 3, needs=("login", "kickoff")),
    Task("webinar", "Webinar", 1, needs=("login",)),
    Task("live", "Go-live", 1, needs=("workshop", "webinar")),
    Task("support", "Support", 2, needs=("live",), lag=1),
)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineSchedule(BaseCase):
    def _ends(self, tasks, **values):
        return {
            key: (slot.start, slot.end)
            for key, slot in plan(tasks, SIGNED, is_open, goal="live", **values).slots.items()
        }

    def _with(self, key, **values):
        changed = {task.key: task for task in TASKS}
        changed[key] = Task(**{**changed[key].__dict__, **values})
        return tuple(changed.values())

    def test_plan_over_weekend_and_easter_is_as_computed_by_hand(self):
        # Working days: Wed 1, Thu 2, Tue 7, Wed 8, Thu 9, Fri 10, Mon 13, Tue 14, Wed 15, Thu 16 (numbers 0 to 9).
        expected = {
            "account": (april(1), april(1)),  # 0
            "login": (april(2), april(7)),  # 1 and 2: Easter lies between
            "kickoff": (april(7), april(7)),  # offset 2
            "workshop": (april(8), april(10)),  # 3 to 5
            "webinar": (april(8), april(8)),  # 3
            "live": (april(13), april(13)),  # 6: over the weekend
            "support": (april(15), april(16)),  # 7 is lag, 8 and 9
        }
        self.assertEqual(self._ends(TASKS), expected)

    def test_slack_and_critical_path_lead_to_the_go_live(self):
        slots = plan(TASKS, SIGNED, is_open, goal="live").slots
        slacks = {key: slot.slack for key, slot in slots.items()}
        # Kick-off ends as number 2, the workshop begins as number 3: no slack. The webinar may end as number 5: 2 days.
        self.assertEqual(
            slacks, {"account": 0, "login": 0, "kickoff": 0, "workshop": 0, "webinar": 2, "live": 0, "support": 0}
        )
        self.assertEqual({key for key, slot in slots.items() if slot.is_critical}, set(slacks) - {"webinar"})

    def test_what_comes_after_the_go_live_does_not_hurry_what_leads_to_it(self):
        tasks = (Task("a"), Task("live", needs=("a",)), Task("b", duration=9, needs=("a",)), Task("c", needs=("live",)))
        slots = plan(tasks, SIGNED, is_open, goal="live").slots
        # b ends as number 9, c as 2: the end of all leaves c 7 days, and a none before the go-live.
        self.assertEqual({key: slot.slack for key, slot in slots.items()}, {"a": 0, "live": 0, "b": 0, "c": 7})

    def test_shifts_by_hand(self):
        cases = (
            # what happens, task, values, today, expected go-live
            ("login takes two days more: 7 becomes 9, live 13 becomes 15", "login", {"duration": 4}, None, 15),
            ("an appointment for the workshop on Monday 13: 13 to 15", "workshop", {"not_before": april(13)}, None, 16),
            ("an appointment on a closed day is the next open one", "workshop", {"not_before": april(11)}, None, 16),
            ("the webinar may slip by its slack", "webinar", {"duration": 3}, None, 13),
            ("and by no more", "webinar", {"duration": 4}, None, 14),
            ("done early, what waits for the kick-off as well stays", "login", {"done": april(2)}, None, 13),
            ("done on a Saturday, it goes on on Monday", "workshop", {"done": april(18)}, None, 20),
            ("open on the 9th, account alone: 9, login 10, 13; workshop to 16", "account", {}, april(9), 17),
        )
        for text, key, values, today, expected in cases:
            with self.subTest(text):
                found = plan(self._with(key, **values), SIGNED, is_open, today, "live")
                self.assertEqual(found.go_live, april(expected))

    def test_go_live_of_none_is_the_end_of_all(self):
        self.assertEqual(plan(TASKS, SIGNED, is_open).go_live, april(16))
        self.assertEqual(plan((), SIGNED, is_open).go_live, None)

    def test_delay_tells_what_moves_and_by_how_much(self):
        moved = delay(TASKS, "webinar", 3, SIGNED, is_open, goal="live")
        # Number 3 becomes 3 to 6 (Mon 13), so live moves from 13 to 14, and support from 16 to 17.
        self.assertEqual(
            moved,
            {
                "webinar": (april(8), april(13)),
                "live": (april(13), april(14)),
                "support": (april(16), april(17)),
            },
        )
        self.assertEqual(delay(TASKS, "webinar", 0, SIGNED, is_open, goal="live"), {})

    def test_left_out_tasks_keep_the_order_of_the_others(self):
        kept = {task.key: task.needs for task in leave_out(TASKS, ["login", "workshop"])}
        self.assertEqual(kept["webinar"], ("account",))
        self.assertEqual(kept["live"], ("account", "kickoff", "webinar"))

    def test_impossible_plans_are_refused_with_a_sentence(self):
        cycle = (Task("a", "A", needs=("c",)), Task("b", "B", needs=("a",)), Task("c", "C", needs=("b",)))
        cases = (
            (cycle, is_open, "wait for each other: A → C → B → A. Remove one"),
            ((Task("a", "A", needs=("x",)),), is_open, "“A” waits for one that is not in the plan"),
            ((Task("a", "A", 0),), is_open, "takes 1 working day or more"),
            ((Task("a", "A", lag=-1),), is_open, "takes 1 working day or more"),
            ((Task("a"),), lambda _day: False, "no working day"),
        )
        for tasks, calendar, sentence in cases:
            with self.subTest(sentence), self.assertRaisesRegex(ScheduleError, sentence):
                plan(tasks, SIGNED, calendar)
        for key, days in (("nothing", 1), ("login", -1)):
            with self.subTest(key=key, days=days), self.assertRaises(ScheduleError):
                delay(TASKS, key, days, SIGNED, is_open)

    def test_numbers_of_days(self):
        days = WorkingDays(date(2026, 4, 4), is_open)
        cases = ((date(2026, 4, 1), 0, 0), (april(6), 0, 0), (april(7), 0, 1), (april(10), 3, 4), (april(11), 4, 4))
        for day, since, after in cases:
            with self.subTest(day):
                self.assertEqual((days.number_from(day), days.number_after(day)), (since, after))


@st.composite
def networks(draw):
    """Return tasks that wait only for those before them, in any order, some of them done."""
    count = draw(st.integers(1, 8))
    tasks = []
    for key in range(count):
        needs = draw(st.lists(st.integers(0, key - 1), unique=True, max_size=3)) if key else []
        done = draw(st.none() | st.integers(0, 20))
        tasks.append(
            Task(
                key,
                duration=draw(st.integers(1, 5)),
                offset=draw(st.integers(0, 6)),
                lag=draw(st.integers(0, 2)),
                needs=tuple(needs),
                not_before=draw(st.none() | st.integers(0, 30).map(lambda days: SIGNED + timedelta(days=days))),
                done=None if done is None else SIGNED + timedelta(days=done),
            )
        )
    return draw(st.permutations(tasks))


TODAYS = st.none() | st.integers(0, 25).map(lambda days: SIGNED + timedelta(days=days))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineScheduleLaws(BaseCase):
    @given(networks(), TODAYS)
    def test_order_of_the_input_and_asking_again_change_nothing(self, tasks, today):
        found = plan(tasks, SIGNED, is_open, today, goal=0)
        self.assertEqual(found, plan(tasks, SIGNED, is_open, today, goal=0))
        self.assertEqual(
            found.slots, plan(sorted(tasks, key=lambda task: task.key), SIGNED, is_open, today, goal=0).slots
        )

    @given(networks(), TODAYS, st.integers(0, 6), st.data())
    def test_a_delay_never_moves_anything_earlier(self, tasks, today, days, data):
        waiting = [task.key for task in tasks if not task.done]
        if waiting:
            key = data.draw(st.sampled_from(waiting))
            for before, after in delay(tasks, key, days, SIGNED, is_open, today).values():
                self.assertGreater(after, before)

    @given(networks(), TODAYS, st.data())
    def test_slack_is_what_the_goal_bears_and_no_more(self, tasks, today, data):
        found = plan(tasks, SIGNED, is_open, today, goal=0)
        leading = {0}
        for task in sorted(tasks, key=lambda task: -task.key):
            leading |= set(task.needs) if task.key in leading else set()
        waiting = [task.key for task in tasks if not task.done and task.key in leading]
        if waiting:
            key = data.draw(st.sampled_from(waiting))
            slack = found.slots[key].slack
            self.assertNotIn(0 if key else None, delay(tasks, key, slack, SIGNED, is_open, today, 0))
            if not next(task for task in tasks if task.key == 0).done:
                self.assertIn(0, delay(tasks, key, slack + 1, SIGNED, is_open, today, 0))

    @given(networks(), TODAYS)
    def test_tasks_keep_their_order_and_take_place_on_open_days(self, tasks, today):
        slots = plan(tasks, SIGNED, is_open, today).slots
        for task in tasks:
            if task.done:
                continue
            slot = slots[task.key]
            self.assertTrue(is_open(slot.start) and is_open(slot.end))
            self.assertGreaterEqual(slot.end, max(slot.start, today or slot.start))
            for need in task.needs:
                self.assertGreater(slot.start, slots[need].end)

    @given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    def test_a_chain_follows_itself_day_by_day(self, durations):
        tasks = [Task(key, duration=days, needs=(key - 1,) if key else ()) for key, days in enumerate(durations)]
        slots = plan(tasks, SIGNED, is_open).slots
        days = WorkingDays(SIGNED, is_open)
        for first, second in pairwise(range(len(tasks))):
            self.assertEqual(days.number_after(slots[first].end), days.number_from(slots[second].start))
        self.assertEqual(days.number_after(slots[len(tasks) - 1].end), sum(durations))
