from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine.prepaid import Charge, Credit, PrepaidError, draw

JANUARY = (date(2026, 1, 1), date(2026, 2, 1))


def _charge(amount, key=1, charge_type="usage", span=JANUARY):
    return Charge(key, charge_type, *span, Decimal(amount))


def _credit(balance, key="a", start=date(2026, 1, 1), end=None, covers="all"):
    return Credit(key, start, end, Decimal(balance), covers)


@tagged("post_install", "-at_install", "kor_engine")
class TestEnginePrepaid(BaseCase):
    def test_draws(self):
        soon, late = _credit(100, "soon", end=date(2026, 3, 1)), _credit(100, "late", end=date(2026, 9, 1))
        ever = _credit(100, "ever")
        cases = [
            ("less than there is", [ever], ["60"], [("ever", 60)]),
            ("more than there is", [ever], ["160"], [("ever", 100)]),
            ("first the one that expires first", [ever, late, soon], ["150"], [("soon", 100), ("late", 50)]),
            ("one without end comes last", [ever, late], ["150"], [("late", 100), ("ever", 50)]),
            ("use taken back lowers what is to pay", [ever], ["80", "-30"], [("ever", 50)]),
            ("nothing is left to pay", [ever], ["20", "-30"], []),
            ("nothing is charged", [ever], ["0"], []),
            ("an empty credit pays nothing", [_credit(0)], ["10"], []),
        ]
        for label, credits, amounts, expected in cases:
            with self.subTest(label):
                found = draw(credits, [_charge(amount, key) for key, amount in enumerate(amounts)])
                self.assertEqual([(one.credit.key, one.amount) for one in found], expected)

    def test_validity_is_that_of_the_days_charged_not_of_the_invoice(self):
        cases = [
            ("over before the period", date(2025, 1, 1), date(2026, 1, 1), 0),
            ("held on its first day", date(2025, 1, 1), date(2026, 1, 2), 50),
            ("begins on its last day", date(2026, 1, 31), None, 50),
            ("begins after it", date(2026, 2, 1), None, 0),
            ("at once", None, date(2026, 3, 1), 50),
        ]
        for label, start, end, expected in cases:
            with self.subTest(label):
                found = draw([_credit(50, start=start, end=end)], [_charge(80)])
                self.assertEqual(sum(one.amount for one in found), expected)

    def test_credit_for_use_leaves_fees_alone(self):
        charges = [_charge(70, 1, "fixed"), _charge(40, 2), _charge(10, 3, "commitment")]
        [found] = draw([_credit(100, covers="usage")], charges)
        self.assertEqual((found.amount, found.charges, found.left), (50, ((2, 40), (3, 10)), 50))

    def test_wrong_credits_are_refused(self):
        with self.assertRaisesRegex(PrepaidError, "usage or all"):
            _credit(1, covers="seats")
        with self.assertRaisesRegex(PrepaidError, "after its start"):
            _credit(1, end=date(2026, 1, 1))


money = st.decimals("-500", "500", places=2)


@tagged("post_install", "-at_install", "kor_engine")
class TestEnginePrepaidProperties(BaseCase):
    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(
        st.lists(st.tuples(st.integers(0, 90), st.one_of(st.none(), st.integers(1, 90)), money.map(abs)), max_size=4),
        st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40), money), max_size=5),
    )
    def test_never_more_than_a_credit_holds_or_is_to_pay(self, held, billed):
        first = date(2026, 1, 1)
        credits = [
            Credit(key, first + timedelta(start), first + timedelta(start + length) if length else None, balance)
            for key, (start, length, balance) in enumerate(held)
        ]
        charges = [
            Charge(key, "usage", first + timedelta(start), first + timedelta(start + length), amount)
            for key, (start, length, amount) in enumerate(billed)
        ]
        found = draw(credits, charges)
        total = sum((charge.amount for charge in charges), Decimal(0))
        self.assertLessEqual(sum(one.amount for one in found), max(total, 0))
        for one in found:
            self.assertGreaterEqual(one.left, 0)
            self.assertEqual(one.amount, sum(amount for _key, amount in one.charges))
            self.assertTrue(all(one.credit.pays(charges[key]) for key, _amount in one.charges))
