from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestRevenueEstimate(KorRevenueCommon):
    """A year of 1,200, paid ahead. What is uncertain of it is estimated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._make_contract({"unit_price": 1200.0, "billing_months": 12}, term="annual")
        with freeze_time("2026-01-01"):
            cls.invoice = cls.env["account.move"].browse(cls.contract.generate_invoice("2026-01-01", "2026-01-31"))

    def _estimate(self, date, amount, **values):
        with freeze_time(date):
            return self.env["kor.revenue.estimate"].create(
                {
                    "contract_id": self.contract.id,
                    "date": date,
                    "amount": amount,
                    "reason": "Incidents so far",
                    **values,
                }
            )

    def _credit(self, date, amount):
        """Give a credit note of the day, which is about that day only."""
        with freeze_time(date):
            refund = self.env["account.move"].create(
                {
                    "move_type": "out_refund",
                    "partner_id": self.customer.id,
                    "invoice_date": date,
                    "kor_contract_id": self.contract.id,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product.id,
                                "price_unit": amount,
                                "account_id": self.liability.id,
                                "tax_ids": [],
                            },
                        )
                    ],
                }
            )
            refund.action_post()

    def _find(self, *months):
        found = self._months(self.contract)
        return [found.get(month, 0) for month in months]

    def test_expected_credits_lower_the_price_and_catch_up(self):
        self.contract.recognize_revenue("2026-03-31")
        estimate = self._estimate("2026-04-01", 240)
        self.assertRecordValues(
            estimate.version_ids, [{"price": 960, "change": -240, "treatment": "price", "number": 2}]
        )
        # A quarter of the 240 belongs to what is over: 60; then 80 a month.
        self.assertEqual(self._find("2026-03", "2026-04", "2026-05", "2026-12"), [100, 20, 80, 80])
        self.contract.recognize_revenue("2026-04-30")
        self.assertEqual(self._balance(self.income), 320)

    def test_a_later_estimate_replaces_the_earlier(self):
        self._estimate("2026-04-01", 240)
        first = self.contract.revenue_estimate_ids
        self._estimate("2026-07-01", 0, reason="Nothing more is expected")
        self.assertFalse(first.is_in_force)
        # Half of the 240 comes back in July: 100 + 120.
        self.assertEqual(self._find("2026-04", "2026-06", "2026-07", "2026-08"), [20, 80, 220, 100])
        self.assertEqual(sum(self._months(self.contract).values()), 1200)

    def test_a_credit_note_uses_the_estimate_up(self):
        self._estimate("2026-04-01", 240)
        self._credit("2026-05-10", 200)
        self.assertEqual(self._find("2026-05"), [80])
        self.assertEqual(sum(self._months(self.contract).values()), 960)
        self._credit("2026-06-10", 100)
        # 60 more than was expected.
        self.assertEqual(self._find("2026-06"), [20])
        self._estimate("2026-07-01", 0)
        # The price is 1,200 again: 120 come back, and the 240 that were given count.
        self.assertEqual(self._find("2026-05", "2026-06", "2026-07", "2026-08"), [80, 20, -20, 100])
        self.assertEqual(sum(self._months(self.contract).values()), 900)
        self.contract.recognize_revenue("2026-12-31")
        self.assertEqual((self._balance(self.income), self._balance(self.liability)), (900, 0))

    def test_a_bonus_is_taken_in_as_far_as_the_constraint_lets_it(self):
        self._estimate("2026-07-01", 600, kind="bonus", method="likely", included=240)
        # 240 over the year: half of it in July at once, and 20 a month.
        self.assertEqual(self._find("2026-06", "2026-07", "2026-08"), [100, 240, 120])
        self.assertEqual(sum(self._months(self.contract).values()), 1440)

    def test_the_constraint_takes_a_bonus_in_at_most_and_credits_at_least(self):
        for values in ({"kind": "bonus", "included": 101}, {"kind": "credit", "included": 99}):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, "at most what is expected"),
                self.env.cr.savepoint(),
            ):
                self._estimate("2026-04-01", 100, **values)

    def test_credits_and_bonus_stand_beside_each_other(self):
        self._estimate("2026-01-01", 120)
        self._estimate("2026-01-01", 60, kind="bonus")
        self.assertEqual(self.contract.revenue_version_ids.sorted("number")[-1].price, 1140)
        self.assertEqual(self._find("2026-01", "2026-12"), [95, 95])

    def test_a_modification_after_it_keeps_the_estimate(self):
        self._estimate("2026-01-01", 120)
        with freeze_time("2026-07-01"):
            change = {"kind": "add", "product": self.product.id, "name": "More", "unit_price": 50.0}
            amendment = self._amend(self.contract, "2026-07-01", change)
        # Half of 1,080, and from July 90 and 50.
        self.assertRecordValues(amendment.revenue_version_ids, [{"price": 1380, "treatment": "separate"}])
        self.assertEqual(self._find("2026-06", "2026-07", "2026-12"), [90, 140, 140])

    def test_an_estimate_is_kept_as_evidence(self):
        estimate = self._estimate("2026-04-01", 240)
        with self.assertRaisesRegex(UserError, "make another one"), self.env.cr.savepoint():
            estimate.amount = 1
        with self.assertRaisesRegex(UserError, "kept as evidence"), self.env.cr.savepoint():
            estimate.sudo().unlink()
        estimate.reason = "Incidents until March, by the service report"

    def test_bad_input_gets_a_sentence(self):
        self._estimate("2026-04-01", 240)
        with self.assertRaisesRegex(ValidationError, "from 2026-04-01 to 2026-03-01"), self.env.cr.savepoint():
            self._estimate("2026-03-01", 10)
        with (
            freeze_time("2026-04-02"),
            self.assertRaisesRegex(ValidationError, "to 2026-04-02"),
            self.env.cr.savepoint(),
        ):
            values = {"contract_id": self.contract.id, "date": "2026-05-01", "amount": 1, "reason": "Too early"}
            self.env["kor.revenue.estimate"].create(values)
        with self.assertRaisesRegex(UserError, "more than the price"), self.env.cr.savepoint():
            self._estimate("2026-05-01", 1201)
        open_end = self._make_contract()
        with self.assertRaisesRegex(UserError, "no price to estimate"), self.env.cr.savepoint():
            self._estimate("2026-05-01", 10, contract_id=open_end.id)
        with self.assertRaises(AccessError):
            self.env["kor.revenue.estimate"].with_user(self.biller).create({"contract_id": self.contract.id})
