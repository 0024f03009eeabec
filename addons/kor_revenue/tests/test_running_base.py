from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestRunningBase(KorRevenueCommon):
    """Contracts that ran before the company recognised revenue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.kor_liability_account_id = False

    def _set_up(self):
        self.company.kor_liability_account_id = self.liability

    def test_a_contract_half_billed_earns_the_other_half(self):
        contract = self._make_contract(term="annual")
        with freeze_time("2026-06-15"):
            self._bill(contract, "2026-01-01", "2026-06-30")
        self.assertEqual((self._balance(self.income), self._balance(self.liability)), (600, 0))
        self._set_up()
        self.assertEqual(contract.start_revenue("2026-07-01"), {"date": "2026-07-01", "contracts": contract.ids})
        self.assertEqual(self._months(contract), {f"2026-{month:02}": 100 for month in range(7, 13)})
        with freeze_time("2026-07-31"):
            self._bill(contract, "2026-07-01", "2026-08-31")
            contract.recognize_revenue("2026-07-31")
        self.assertEqual((self._balance(self.income), self._balance(self.liability)), (700, 100))
        with freeze_time("2026-12-31"):
            self._bill(contract, "2026-09-01", "2026-12-31")
            contract.recognize_revenue("2026-12-31")
        self.assertEqual((self._balance(self.income), self._balance(self.liability)), (1200, 0))

    def test_a_period_that_began_before_stays_as_invoiced(self):
        # Quarters of 300. The one from April stays; what begins in July is earned: nothing in May and June.
        contract = self._make_contract({"unit_price": 300.0, "billing_months": 3}, term="annual")
        with freeze_time("2026-04-15"):
            self._bill(contract, "2026-01-01", "2026-04-30")
        self._set_up()
        contract.start_revenue("2026-05-01")
        self.assertEqual(self._months(contract), {f"2026-{month:02}": 100 for month in range(7, 13)})
        contract.recognize_revenue("2026-12-31")
        self.assertEqual(self._balance(self.income), 1200)

    def test_what_was_charged_once_before_takes_no_part(self):
        contract = self._make_contract(
            {}, {"name": "Set-up", "charge_type": "one_time", "unit_price": 500.0}, term="annual"
        )
        with freeze_time("2026-06-15"):
            self._bill(contract, "2026-01-01", "2026-06-30")
        self._set_up()
        contract.start_revenue("2026-07-01")
        [version] = contract.revenue_version_ids
        self.assertEqual((version.price, version.standalone), (600, 600))

    def test_correcting_an_earlier_period_stays_out_of_the_liability(self):
        contract = self._make_contract(term="annual")
        with freeze_time("2026-06-15"):
            self._bill(contract, "2026-01-01", "2026-06-30")
        self._set_up()
        with freeze_time("2026-07-02"):
            contract.start_revenue("2026-07-01")
            [line] = contract.line_ids
            self._amend(contract, "2026-06-01", {"kind": "price", "line": line.id, "unit_price": 80.0})
            contract.generate_invoice("2026-06-01", "2026-06-30")
        self.assertEqual((self._balance(self.income), self._balance(self.liability)), (580, 0))
        self.assertEqual(self._months(contract)["2026-07"], 80)

    def test_an_open_contract_is_earned_from_the_next_period_on(self):
        contract = self._make_contract({"unit_price": 310.0}, date_start="2026-01-16")
        self._set_up()
        contract.start_revenue("2026-02-01")
        with freeze_time("2026-03-20"):
            contract.recognize_revenue("2026-02-28")
        # From 16 February: 13 of 28 days of that month, then 15 of 31.
        share = (13 / 28) / (13 / 28 + 15 / 31)
        self.assertEqual(self._balance(self.income), round(310 * share, 2))

    def test_an_older_contract_that_goes_on_is_not_started_by_that(self):
        contract = self._make_contract(term="annual")
        with freeze_time("2026-03-15"):
            self._amend(contract, "2026-03-01", {"kind": "pause"})
            self._set_up()
            self._amend(contract, "2026-03-10", {"kind": "resume"})
            contract.action_activate()
        self.assertEqual((contract.state, contract.revenue_since), ("active", False))

    def test_started_twice_is_started_once_and_another_day_is_refused(self):
        contract = self._make_contract(term="annual")
        with self.assertRaisesRegex(UserError, "has no Contract Liability"), self.env.cr.savepoint():
            contract.start_revenue("2026-07-01")
        self._set_up()
        contract.start_revenue("2026-07-01")
        self.assertEqual(contract.start_revenue("2026-07-01")["contracts"], [])
        self.assertEqual(len(contract.revenue_version_ids), 1)
        with self.assertRaisesRegex(UserError, "is earned since 2026-07-01"), self.env.cr.savepoint():
            contract.start_revenue("2026-08-01")

    def test_bad_input_gets_a_sentence(self):
        contract = self._make_contract(term="annual", activate=False)
        self._set_up()
        with self.assertRaisesRegex(UserError, "does not run"), self.env.cr.savepoint():
            contract.start_revenue("2026-07-01")
        with self.assertRaisesRegex(UserError, "must be a date"), self.env.cr.savepoint():
            contract.start_revenue("soon")
        with self.assertRaises(AccessError):
            contract.with_user(self.biller).start_revenue("2026-07-01")
