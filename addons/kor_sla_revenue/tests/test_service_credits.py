from odoo.tests import freeze_time, tagged

from odoo.addons.kor_revenue.tests.common import KorRevenueCommon
from odoo.addons.kor_sla.tests.compliance_common import ComplianceCase


@tagged("post_install", "-at_install")
class TestServiceCredits(ComplianceCase, KorRevenueCommon):
    """A year of 12,000, paid ahead: 1,000 a month. In April the service was down for 50 minutes.

    99.884259 % of April is below 99.9: 10 % of the month's 1,000 is given back.
    """

    CREDIT = 100.0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._promise({"unit_price": 12000.0, "billing_months": 12}, term="annual")

    def setUp(self):
        super().setUp()
        self._bill_at(self.contract, "2026-01-01")
        self.before = self._months(self.contract)
        self._outage("2026-04-10 10:00:00", 50)
        self.report = self._report(self.contract, "2026-04")
        self.credit = self._credits(self.contract, "2026-04")["uptime"]

    def _get_estimates(self):
        return self.contract.revenue_estimate_ids.sorted(lambda one: (one.date, one.id))

    def test_a_credit_to_come_lowers_the_revenue_of_the_month_of_the_failure(self):
        estimate = self._get_estimates()
        self.assertEqual((self.credit.amount, self.credit.state), (self.CREDIT, "proposed"))
        self.assertEqual((estimate.kind, estimate.amount, str(estimate.date)), ("credit", self.CREDIT, "2026-04-30"))
        self.assertIn("2026-04", estimate.reason)
        after = self._months(self.contract)
        self.assertEqual(after["2026-03"], self.before["2026-03"])
        self.assertLess(after["2026-04"], self.before["2026-04"])
        self.assertAlmostEqual(sum(after.values()), 12000 - self.CREDIT, 2)

    def test_the_credit_note_uses_up_what_was_expected(self):
        with freeze_time("2026-05-10"):
            self.credit.action_approve()
            self.credit.action_book()
        self.assertEqual((self.credit.state, self.credit.booked_amount), ("booked", self.CREDIT))
        self.assertEqual(len(self._get_estimates()), 1)
        self.contract.recognize_revenue("2026-12-31")
        earned = sum(self.contract.revenue_schedule_ids.item_ids.mapped("amount"))
        self.assertEqual(round(earned, 2), round(12000 - self.CREDIT, 2))
        self.assertEqual(self._balance(self.liability), 0)

    def test_a_declined_credit_is_not_expected_any_more(self):
        with freeze_time("2026-05-10"):
            self.credit.decline_reason = "The customer's own change caused it."
            self.credit.action_decline()
        self.assertEqual([one.amount for one in self._get_estimates()], [self.CREDIT, 0])
        self.assertAlmostEqual(sum(self._months(self.contract).values()), 12000, 2)

    def test_the_same_credits_make_no_other_estimate(self):
        with freeze_time("2026-05-12"):
            self.credit.sudo()._sync(self.report)
            self.contract._estimate_sla_credits()
        self.assertEqual(len(self._get_estimates()), 1)

    def test_what_people_have_estimated_stays(self):
        with freeze_time("2026-05-10"):
            own = self.env["kor.revenue.estimate"].create(
                {"contract_id": self.contract.id, "date": "2026-05-10", "amount": 500, "reason": "A bad quarter"}
            )
            self.credit.sudo()._adjust(10.0, "Goodwill", self.env.user)
        self.assertEqual(self.contract._get_estimates_in_force(), own)
