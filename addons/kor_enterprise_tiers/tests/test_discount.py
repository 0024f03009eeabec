from datetime import date

from odoo.tests import tagged

from .common import TierCase


@tagged("post_install", "-at_install")
class TestDiscount(TierCase):
    def _create_discount(self, **values):
        return self.env["kor.discount"].create({"name": "D", "value": 10, **values})

    def test_discount_needs_exactly_one_owner(self):
        charge = self._create_charge()
        for owners in ({}, {"plan_id": self.plan.id, "charge_id": charge.id}):
            with self.subTest(owners=owners), self.assert_refused("exactly one place"):
                self._create_discount(**owners)

    def test_impossible_terms_are_refused_with_a_sentence(self):
        for values, sentence in [
            ({"value": 101}, "100 % at most"),
            ({"value": -1, "kind": "amount"}, "zero or above"),
            ({"value": 0}, "above 0"),
            ({"periods": -1}, "0 or more"),
            ({"date_start": "2026-02-02", "date_end": "2026-02-01"}, "must be after its start"),
        ]:
            with self.subTest(values=values), self.assert_refused(sentence):
                self._create_discount(plan_id=self.plan.id, **values)

    def test_engine_gets_half_open_dates_and_no_number_for_all_periods(self):
        discount = self._create_discount(plan_id=self.plan.id, date_end="2026-02-28")
        engine = discount._get_engine_discount()
        self.assertEqual((engine.date_start, engine.date_end, engine.periods), (None, date(2026, 3, 1), None))

    def test_company_and_currency_follow_from_the_owner(self):
        discount = self._create_discount(charge_id=self._create_charge().id)
        self.assertFalse(discount.company_id)
        self.plan.company_id = self.env.company
        self.assertEqual(discount.company_id, self.env.company)
        self.assertEqual(discount.currency_id, self.currency)

    def test_discount_reads_as_one_sentence(self):
        for expected, values in [
            ("D: 10 % off", {}),
            ("D: 5.00 T$ off, for 3 billing periods", {"kind": "amount", "value": 5, "periods": 3}),
            ("D: 10 % off, for the first billing period", {"periods": 1}),
            ("D: 10 % off, until 02/28/2026", {"date_end": "2026-02-28"}),
        ]:
            discount = self._create_discount(plan_id=self.plan.id, **values)
            with self.subTest(expected):
                self.assertEqual(discount.summary.replace("\N{NO-BREAK SPACE}", " "), expected)
