from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine import delivery
from odoo.addons.kor_revenue.engine.delivery import Obligation, Progress, RecognitionError

from .engine_common import day, promise, stretch

DAYS = st.dates(date(2023, 1, 1), date(2029, 12, 31))


@st.composite
def promises(draw):
    """Draw a promise of one to three stretches, or with progress."""
    method = draw(st.sampled_from(delivery.METHODS))
    parts = []
    for _number in range(draw(st.integers(1, 3))):
        start = draw(DAYS)
        length = timedelta(draw(st.integers(1, 900)))
        parts.append(delivery.Stretch(start, start + length, Fraction(draw(st.integers(0, 10**7)), 100)))
    shares = sorted(draw(st.lists(st.fractions(0, 1, max_denominator=100), max_size=3)))
    days = sorted(draw(st.lists(DAYS, min_size=len(shares), max_size=len(shares))))
    return Obligation(1, method, tuple(parts), tuple(map(Progress, days, shares)))


def _earned_in(obligation, start, end):
    return delivery.delivered(obligation, day(end)) - delivery.delivered(obligation, day(start))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineDelivery(BaseCase):
    def test_share_of_a_month(self):
        cases = [
            # label, method, start, end, value, month, share
            ("31 days of 365", "day", "2025-01-01", "2026-01-01", 365, "2025-01-01", 31),
            ("28 days of 365", "day", "2025-01-01", "2026-01-01", 365, "2025-02-01", 28),
            ("29 days of 366", "day", "2024-01-01", "2025-01-01", 366, "2024-02-01", 29),
            ("30 days of 365", "day", "2025-01-01", "2026-01-01", 365, "2025-04-01", 30),
            ("a month is a month, of 28 days", "month", "2025-01-01", "2026-01-01", 12, "2025-02-01", 1),
            ("a month is a month, of 29 days", "month", "2024-01-01", "2025-01-01", 12, "2024-02-01", 1),
            # 14 of 28 days and 16 of 31: 0.5 + 0.51613 = 1.01613 months.
            ("half of February", "month", "2025-02-15", "2025-03-17", Fraction(63, 62), "2025-02-01", Fraction(1, 2)),
            ("15 of 29 days", "month", "2024-02-15", "2024-04-01", Fraction(44, 29), "2024-02-01", Fraction(15, 29)),
            ("a part is a half", "half_month", "2025-01-31", "2025-03-02", 2, "2025-01-01", Fraction(1, 2)),
            ("a whole one between halves", "half_month", "2025-01-31", "2025-03-02", 2, "2025-02-01", 1),
            ("a part is a whole", "equal", "2025-01-31", "2025-03-02", 3, "2025-03-01", 1),
        ]
        for label, method, start, end, value, month, share in cases:
            with self.subTest(label, method=method):
                following = str(delivery.next_month(day(month)))
                self.assertEqual(_earned_in(promise(1, method, start, end, value), month, following), share)

    def test_stretch_inside_a_month_is_all_of_it_in_every_method_by_time(self):
        for method in delivery.BY_TIME:
            with self.subTest(method):
                inside = promise(1, method, "2024-02-10", "2024-02-20", 100)
                self.assertEqual(_earned_in(inside, "2024-02-01", "2024-02-10"), 0)
                # By its days within the month: 4 of 10.
                self.assertEqual(_earned_in(inside, "2024-02-10", "2024-02-14"), 40)
                self.assertEqual(_earned_in(inside, "2024-02-01", "2024-03-01"), 100)

    def test_what_is_kept_at_once_is_kept_on_its_day(self):
        once = promise(1, "point", "2024-02-29", "2025-02-28", 100)
        self.assertEqual(delivery.delivered(once, day("2024-02-29")), 0)
        self.assertEqual(delivery.delivered(once, day("2024-03-01")), 100)
        self.assertEqual(once.end, day("2024-03-01"))

    def test_progress_counts_from_the_day_after_its_day_and_may_be_corrected(self):
        facts = [("2025-03-10", "0.5"), ("2025-02-10", "0.2"), ("2025-03-10", "0.4"), ("2025-05-01", "0.3")]
        works = promise(1, "progress", "2025-01-01", "2026-01-01", 100, progress=facts)
        cases = [("2025-02-10", 0), ("2025-02-11", 20), ("2025-03-11", 40), ("2025-05-02", 30), ("2030-01-01", 30)]
        for by, share in cases:
            with self.subTest(by):
                self.assertEqual(delivery.delivered(works, day(by)), share)

    def test_worthless_days_at_the_end_are_not_waited_for(self):
        trial = Obligation(
            1, "month", (stretch("2025-01-01", "2025-07-01", 60), stretch("2025-07-01", "2026-01-01", 0))
        )
        self.assertEqual((trial.start, trial.end), (day("2025-01-01"), day("2025-07-01")))

    def test_each_mistake_has_its_sentence(self):
        whole = ("2025-01-01", "2026-01-01")
        cases = [
            (
                promise(1, "weekly", *whole, 1),
                "The method 'weekly' is unknown; it must be one of day, month, half_month, equal, point, progress.",
            ),
            (Obligation(1, "day", ()), "A promise needs the days in which it is kept; give at least one stretch."),
            (
                promise(1, "day", "2025-01-01", "2025-01-01", 1),
                "A stretch ends on 2025-01-01, not after its start 2025-01-01; it needs a day.",
            ),
            (promise(1, "day", *whole, -5), "A standalone price of -5 is negative; it must be 0 or more."),
            (
                promise(1, "progress", *whole, 1, progress=[("2025-02-01", "3/2")]),
                "A progress of 3/2 is impossible; it must lie between 0 and 1.",
            ),
        ]
        for obligation, sentence in cases:
            with self.subTest(sentence):
                with self.assertRaises(RecognitionError) as caught:
                    delivery.check_obligation(obligation)
                self.assertEqual(str(caught.exception), sentence)

    @settings(max_examples=150, deadline=None)
    @given(promises(), st.lists(DAYS, min_size=1, max_size=8))
    def test_delivery_never_goes_back_and_ends_with_all(self, obligation, days):
        days = tuple(sorted(days))
        found = [delivery.delivered(obligation, one) for one in days]
        self.assertEqual(found, sorted(found))
        if obligation.method != "progress":
            self.assertEqual(delivery.delivered(obligation, obligation.start), 0)
            self.assertEqual(delivery.delivered(obligation, obligation.end), obligation.standalone)

    @settings(max_examples=150, deadline=None)
    @given(promises(), st.lists(DAYS, min_size=1, max_size=8))
    def test_many_days_at_once_are_each_day_by_itself(self, obligation, days):
        days = tuple(sorted(days))
        found = delivery.delivered_on(obligation, days)
        for position, one in enumerate(days):
            share = Fraction(found.numerators[position], found.denominator)
            self.assertEqual(share, delivery.delivered(obligation, one))
