from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..engine.delivery import Obligation, Progress, RecognitionError, Stretch
from ..engine.estimates import Document, Estimate, absorb
from ..engine.recognition import Version, curve
from ..engine.treatments import compare

CENT = Decimal("0.01")
START = date(2026, 1, 1)


def promise(key, value, start=START, end=date(2027, 1, 1), method="equal", progress=()):
    return Obligation(key, method, (Stretch(start, end, Fraction(value)),), progress)


def version(price, *obligations, day=START, treatment="prospective"):
    return Version(day, Fraction(price), obligations, treatment)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineModifications(BaseCase):
    """Treatments side by side, changes of price alone, and estimates that documents use up."""

    def _compare(self, *versions):
        return {one.treatment: one for one in compare(versions, CENT)}

    def test_a_price_that_grows_after_a_third_of_36_months_is_caught_up(self):
        # 36,000 over 36 months; after 12 of them 42,000: a third of that is 14,000, which is 2,000 more than earned.
        long = promise("a", 36000, end=date(2029, 1, 1))
        found = self._compare(version(36000, long), version(42000, long, day=date(2027, 1, 1)))
        caught, ahead = found["catch_up"], found["prospective"]
        self.assertEqual((caught.earned, caught.catch_up, caught.remaining), (12000, 2000, 28000))
        self.assertEqual((ahead.earned, ahead.catch_up, ahead.remaining), (12000, 0, 30000))
        self.assertEqual([amount for _month, amount in ahead.months], [1250] * 12)
        self.assertEqual(sum(amount for _month, amount in caught.months), 14000)

    def test_units_that_are_added_below_their_price_share_it_with_those_that_are_left(self):
        # 120 units at 100, 60 delivered in June; 30 more: at 95 they stand alone, at 80 all are (6,000 + 2,400) / 90.
        day = date(2026, 7, 1)
        half = (Progress(date(2026, 6, 1), Fraction(1, 2)),)
        old, new = promise("old", 12000, method="progress", progress=half), promise("new", 3000, day, method="equal")
        alone = self._compare(version(12000, old), version(12000 + 30 * 95, old, new, day=day))["separate"]
        # In July a sixth of the 30 units: 5 × 95.
        self.assertEqual((alone.earned, alone.months[0][1]), (6000, 475))
        found = curve([version(12000, old), version(12000 + 30 * 80, old, new, day=day)])
        per_unit = found.earned("new", date(2027, 1, 1)) / 30
        self.assertEqual(round(float(per_unit), 2), 93.33)

    def test_months_of_an_outcome_add_up_and_the_first_is_what_is_left_of_it(self):
        one, day = promise("a", 1200, method="day"), date(2026, 12, 11)
        more = promise("b", 100, day, method="day")
        for treatment, found in self._compare(version(1200, one), version(1250, one, more, day=day)).items():
            with self.subTest(treatment):
                self.assertEqual([month for month, _amount in found.months], [date(2026, 12, 1)])
                self.assertEqual(found.earned + found.catch_up + found.months[0][1], 1250)
                self.assertEqual(found.remaining, found.months[0][1])

    def test_what_takes_away_cannot_stand_alone_and_says_why(self):
        less = promise("a", 900, end=date(2026, 10, 1))
        found = self._compare(version(1200, promise("a", 1200)), version(900, less, day=date(2026, 7, 1)))
        self.assertRegex(found["separate"].refusal, "cannot stand alone")
        self.assertEqual((found["prospective"].refusal, found["prospective"].total), ("", 900))

    def test_first_terms_modify_nothing(self):
        with self.assertRaisesRegex(RecognitionError, "modify nothing"):
            compare([version(1, promise("a", 1))], CENT)

    def test_a_change_of_price_alone_leaves_an_earlier_modification_as_it_was(self):
        # A year of 1,200, from July 600 more of what is worth 1,200: separate, factor 1/2. Then 90 less, in October.
        one, two = promise("a", 1200), promise("b", 1200, date(2026, 7, 1))
        terms = [
            version(1200, one),
            version(1800, one, two, day=date(2026, 7, 1), treatment="separate"),
            version(1710, one, two, day=date(2026, 10, 1), treatment="price"),
        ]
        found = curve(terms)
        # Until October 900 and 300; the 90 are shared 1:1 by value, of which 9/12 and 3/6 are over: 33.75 and 22.50.
        self.assertEqual(found.earned("a", date(2026, 10, 1)), 900)
        self.assertEqual(found.earned("b", date(2026, 10, 2)) < 300, True)
        self.assertEqual([(one.key, one.amount) for one in found.jumps], [("a", -33.75), ("b", -22.5)])
        self.assertEqual((found.earned("a", date(2027, 2, 1)), found.earned("b", date(2027, 2, 1))), (1155, 555))

    def test_documents_use_up_what_was_expected_and_count_once(self):
        expected = Estimate(date(2026, 3, 1), Decimal(-600), date(2026, 9, 1))
        cases = {
            "before the estimate": ([(1, 2, -50)], [(1, 2, -50)]),
            "expected: counts when the estimate is replaced": ([(1, 4, -500)], [(1, 9, -500)]),
            "more than expected": ([(1, 4, -500), (2, 5, -300)], [(1, 9, -500), (2, 9, -100), (2, 5, -200)]),
            "a charge is not expected": ([(1, 4, 70)], [(1, 4, 70)]),
            "after the estimate": ([(1, 9, -10)], [(1, 9, -10)]),
        }
        for name, (given, wanted) in cases.items():
            with self.subTest(name):
                documents = [Document(key, date(2026, month, 1), Decimal(amount)) for key, month, amount in given]
                found = [(one.key, one.day.month, one.amount) for one in absorb(documents, [expected])]
                self.assertEqual(found, wanted)

    def test_what_is_expected_still_takes_documents_in(self):
        expected = Estimate(date(2026, 3, 1), Decimal(-600))
        document = Document(1, date(2026, 4, 1), Decimal(-700))
        self.assertEqual([one.amount for one in absorb([document], [expected])], [-100])
