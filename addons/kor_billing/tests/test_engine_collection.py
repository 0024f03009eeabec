from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine import collection
from odoo.addons.kor_billing.engine.collection import Step

START = date(2026, 2, 1)
RETRIES = st.lists(st.integers(1, 365), unique=True, max_size=20).map(lambda days: tuple(sorted(days)))
STEPS = st.lists(st.integers(0, 60), max_size=6).map(lambda all_days: [Step(*one) for one in enumerate(all_days)])


def _day(text):
    return date.fromisoformat(text)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineCollection(BaseCase):
    def test_retry_days_are_read(self):
        cases = [("3, 5, 7", (3, 5, 7)), ("1", (1,)), ("", ()), (None, ()), (" 2 ,30 ", (2, 30)), (False, ())]
        for text, expected in cases:
            with self.subTest(text):
                self.assertEqual(collection.parse_days(text), expected)

    def test_unusable_retry_days_are_refused_with_what_would_be_right(self):
        cases = ["3,", "a", "0", "-1", "1.5", "366", "3; 5", "5, 3", "3, 3", ", ".join(map(str, range(1, 22))), "٣"]
        for text in cases:
            with self.subTest(text), self.assertRaisesRegex(collection.CollectionError, r"such as 3, 5, 7\.|or fewer"):
                collection.parse_days(text)

    def test_next_attempt_follows_the_schedule_from_the_first(self):
        cases = [
            ("after the first", ["2026-02-01"], (3, 5, 7), "2026-02-04"),
            ("after the second", ["2026-02-01", "2026-02-04"], (3, 5, 7), "2026-02-06"),
            ("one was late", ["2026-02-01", "2026-02-10"], (3, 5, 7), "2026-02-11"),
            ("by hand on the same day", ["2026-02-01", "2026-02-01"], (3, 5, 7), "2026-02-06"),
            ("order does not matter", ["2026-02-04", "2026-02-01"], (3, 5, 7), "2026-02-06"),
            ("the last one", ["2026-02-01", "2026-02-04", "2026-02-06"], (3, 5, 7), "2026-02-08"),
            ("given up", ["2026-02-01", "2026-02-04", "2026-02-06", "2026-02-08"], (3, 5, 7), None),
            ("no retries", ["2026-02-01"], (), None),
        ]
        for name, attempts, retries, expected in cases:
            with self.subTest(name):
                found = collection.next_attempt([_day(one) for one in attempts], retries)
                self.assertEqual(found and found.isoformat(), expected)

    def test_without_an_attempt_there_is_nothing_to_retry(self):
        with self.assertRaisesRegex(collection.CollectionError, "first attempt"):
            collection.next_attempt([], (3,))

    def test_next_step_comes_after_its_days(self):
        steps = [Step("friendly", 3), Step("firm", 10), Step("limited", 20)]
        friendly = {"friendly": (3, _day("2026-02-04"))}
        late = {"friendly": (3, _day("2026-04-01"))}
        cases = [
            ("first", {}, ("friendly", "2026-02-04")),
            ("second", friendly, ("firm", "2026-02-11")),
            ("after a late start the days between stay", late, ("firm", "2026-04-08")),
            ("step put in later is left out", {"firm": (10, _day("2026-02-11"))}, ("limited", "2026-02-21")),
            ("step that is gone still counts", {"gone": (12, _day("2026-02-13"))}, ("limited", "2026-02-21")),
            ("none left", {"limited": (20, _day("2026-02-21"))}, None),
        ]
        for name, applied, expected in cases:
            with self.subTest(name):
                found = collection.next_step(steps, START, applied)
                self.assertEqual(found and (found[0].key, found[1].isoformat()), expected)

    @given(retries=RETRIES, delays=st.lists(st.integers(0, 40), min_size=25, max_size=25))
    def test_schedule_ends_and_never_repeats_a_day(self, retries, delays):
        attempts = [START]
        while (day := collection.next_attempt(attempts, retries)) is not None:
            self.assertGreater(day, attempts[-1])
            self.assertGreaterEqual(day, START + timedelta(days=retries[len(attempts) - 1]))
            attempts.append(day + timedelta(days=delays[len(attempts)]))
        self.assertEqual(len(attempts), len(retries) + 1)

    @given(retries=RETRIES)
    def test_schedule_kept_to_the_day_is_the_schedule(self, retries):
        attempts = [START]
        while (day := collection.next_attempt(attempts, retries)) is not None:
            attempts.append(day)
        self.assertEqual(tuple((day - START).days for day in attempts[1:]), retries)

    @given(days=RETRIES)
    def test_days_are_read_as_they_are_written(self, days):
        self.assertEqual(collection.parse_days(", ".join(map(str, days))), days)

    @given(steps=STEPS, delays=st.lists(st.integers(0, 50), min_size=6, max_size=6))
    def test_each_step_comes_once_and_never_sooner_than_agreed(self, steps, delays):
        applied, order = {}, []
        while (found := collection.next_step(steps, START, applied)) is not None:
            step, day = found
            self.assertGreaterEqual(day, START + timedelta(days=step.days))
            for days, before in applied.values():
                self.assertGreaterEqual((day - before).days, step.days - days)
            applied[step.key] = (step.days, day + timedelta(days=delays[len(order)]))
            order.append(step)
        self.assertEqual(sorted(step.key for step in order), [step.key for step in steps])
        self.assertEqual([step.days for step in order], sorted(step.days for step in steps))
