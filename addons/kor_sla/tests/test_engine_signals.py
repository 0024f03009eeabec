from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine import payloads
from ..engine.signals import (
    Signal,
    SignalError,
    from_alerts,
    from_beats,
    from_statements,
    parse_time,
    settle_time,
)

DAY = datetime(2026, 3, 1)


def minute(number):
    return None if number is None else DAY + timedelta(minutes=number)


def signal(start, end=None, state="down", order=0, weight=1):
    return Signal(state, minute(start), minute(end), Fraction(weight), "", (order,))


def spans(episodes):
    """Return episodes as (start, end) minutes of the day."""
    return [
        (int((one.start - DAY).total_seconds() // 60), one.end and int((one.end - DAY).total_seconds() // 60))
        for one in episodes
    ]


@tagged("post_install", "-at_install", "kor_engine")
class TestSignals(BaseCase):
    def test_messages_of_an_alert_add_up_in_any_order(self):
        for label, messages, expected in (
            ("fires", [(0, None)], [(0, None)]),
            ("fires and is resolved", [(0, None), (0, 30)], [(0, 30)]),
            ("resolved without firing", [(0, 30)], [(0, 30)]),
            ("resolved twice, by time-out and for good", [(0, None), (0, 20), (0, 30)], [(0, 30)]),
            ("fires again", [(0, None), (0, 30), (60, None)], [(0, 30), (60, None)]),
            ("fires again at once", [(0, 30), (30, 50)], [(0, 50)]),
            ("the first end was lost", [(0, None), (60, 90)], [(0, 90)]),
            ("the first end was lost, and it fires", [(0, None), (60, None)], [(0, None)]),
            ("overlap", [(0, 40), (30, 60)], [(0, 60)]),
            ("one lies in the other", [(0, 60), (20, 30)], [(0, 60)]),
            ("no time at all", [(0, 0)], []),
        ):
            for order in permutations(messages):
                with self.subTest(label, order=order):
                    facts = [signal(start, end, order=number) for number, (start, end) in enumerate(order)]
                    self.assertEqual(spans(from_alerts(facts)), expected)
                    self.assertEqual(spans(from_alerts(facts * 2)), expected, "said twice")

    def test_beats_hold_until_the_next_in_time(self):
        for label, beats, expected in (
            ("down", [(0, "down")], [("down", 0, None)]),
            ("down and up", [(0, "down"), (30, "up")], [("down", 0, 30)]),
            ("up only", [(30, "up")], []),
            ("down again and again", [(0, "down"), (5, "down"), (10, "down"), (30, "up")], [("down", 0, 30)]),
            ("pending says nothing", [(0, "down"), (5, "none"), (30, "up")], [("down", 0, 30)]),
            ("twice", [(0, "down"), (10, "up"), (20, "down"), (30, "up")], [("down", 0, 10), ("down", 20, 30)]),
            (
                "maintenance in it",
                [(0, "down"), (10, "maintenance"), (20, "up")],
                [("down", 0, 10), ("maintenance", 10, 20)],
            ),
        ):
            for order in permutations(beats):
                with self.subTest(label, order=order):
                    facts = [signal(time, state=state, order=number) for number, (time, state) in enumerate(order)]
                    found = from_beats(facts)
                    self.assertEqual(
                        [(one.state, *span) for one, span in zip(found, spans(found), strict=True)], expected
                    )

    def test_last_statement_holds(self):
        facts = [signal(0, None, order=1), signal(0, 30, order=2), signal(5, 30, state="degraded", order=3)]
        self.assertEqual(spans(from_statements(facts[:1])), [(0, None)])
        self.assertEqual(spans(from_statements(facts[:2][::-1])), [(0, 30)])
        self.assertEqual(from_statements(facts)[0].state, "degraded")
        self.assertEqual(from_statements([*facts, signal(0, None, state="none", order=4)]), ())

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(
            st.tuples(st.integers(0, 100), st.none() | st.integers(0, 60)),
            max_size=8,
        ),
        st.randoms(use_true_random=False),
    )
    def test_any_messages_give_disjoint_episodes_whatever_their_order(self, messages, random):
        facts = [signal(start, None if end is None else start + end) for start, end in messages]
        expected = from_alerts(facts)
        random.shuffle(facts)
        self.assertEqual(from_alerts(facts), expected)
        self.assertEqual(from_alerts([*facts, *facts]), expected)
        for one, following in zip(expected, expected[1:], strict=False):
            self.assertLess(one.end, following.start)
        # All that is known to be down is in an episode.
        for start, end in messages:
            for number in range(start, start + end if end is not None else start):
                self.assertTrue(any(one.start <= minute(number) and (not one.end or minute(number) < one.end)
                                    for one in expected))  # fmt: skip

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(st.tuples(st.integers(0, 50), st.sampled_from(("down", "up", "none"))), unique_by=lambda one: one[0])
    )
    def test_beats_are_down_where_the_last_word_was_down(self, beats):
        found = from_beats([signal(time, state=state) for time, state in beats])
        for number in range(60):
            said = [state for time, state in sorted(beats) if time <= number and state != "none"]
            is_down = any(one.start <= minute(number) and (not one.end or minute(number) < one.end) for one in found)
            self.assertEqual(is_down, said[-1:] == ["down"], number)

    def test_clock_that_is_ahead_is_cut_or_refused(self):
        received, tolerance = datetime(2026, 3, 1, 12), timedelta(seconds=300)
        for label, claimed, expected in (
            ("past", datetime(2026, 3, 1, 11, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, 11, 59, 59)),
            ("parts of a second", datetime(2026, 3, 1, 11, 0, 0, 999999, tzinfo=UTC), datetime(2026, 3, 1, 11)),
            ("another zone", datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 3, 1, 10)),
            ("a little ahead", datetime(2026, 3, 1, 12, 4, 59, tzinfo=UTC), received),
            ("just within", datetime(2026, 3, 1, 12, 5, tzinfo=UTC), received),
        ):
            with self.subTest(label):
                self.assertEqual(settle_time(claimed, received, tolerance), expected)
        for label, claimed, part in (
            ("too far ahead", datetime(2026, 3, 1, 12, 5, 1, tzinfo=UTC), "301 s|5 min ahead"),
            ("zero time", datetime(1, 1, 1, tzinfo=UTC), "before the year 2000"),
            ("end of all time", datetime.max.replace(tzinfo=timezone(timedelta(hours=-9))), "ahead of our clock"),
        ):
            with self.subTest(label), self.assertRaisesRegex(SignalError, part):
                settle_time(claimed, received, tolerance)

    def test_times_of_monitors_are_read(self):
        for text, expected in (
            ("2018-08-03T09:52:26.739266876+02:00", datetime(2018, 8, 3, 7, 52, 26)),
            ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12)),
            ("2026-03-01 12:00:00.123", datetime(2026, 3, 1, 12)),
        ):
            with self.subTest(text):
                self.assertEqual(settle_time(parse_time(text), datetime(2027, 1, 1), timedelta(0)), expected)
        for value in (None, 7, "", "soon", "2026-03-01", "2026-13-01T00:00:00Z", "x" * 500):
            with self.subTest(value), self.assertRaises(SignalError):
                parse_time(value)

    def test_same_facts_have_the_same_digest(self):
        first, second = (
            payloads.Report("f", "firing", "", datetime(2026, 3, 1, tzinfo=UTC), None, title, {"a": title})
            for title in ("one", "two")
        )
        self.assertEqual(first.digest, second.digest)
        self.assertNotEqual(first.digest, first._replace(status="resolved").digest)

    def test_bodies_that_no_database_takes_are_cleaned_or_refused(self):
        self.assertEqual(payloads.load('{"a\\u0000": "b\\u0000\\ud800"}'), {"a": "b?"})
        for body in ("", "{", "NaN", '{"a": Infinity}', "1e999", "[" * 100_000, b"\xff", "[" * 40 + "]" * 40):
            with self.subTest(body[:20]), self.assertRaises(SignalError):
                payloads.load(body)
