from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestBillingRun(KorBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Contracts of the demo would be billed along.
        cls.env["kor.contract"].search([("company_id", "!=", cls.company.id)]).line_ids.contract_id._write_agreed(
            {"next_billing_date": False}
        )
        cls.cron = cls.env.ref("kor_billing.ir_cron_bill")

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def _runs(self):
        return self.env["kor.billing.run"].search([("company_id", "=", self.company.id)])

    @freeze_time("2026-03-10")
    def test_daily_job_bills_what_is_due_and_nothing_twice(self):
        contract = self._make_contract({"name": "Base"}, {"name": "Support", "timing": "arrears", "unit_price": 40})
        self._run_cron()
        self.assertEqual(self._amounts(contract.invoice_ids), [40, 40, 100, 100, 100])
        self.assertRecordValues(self._runs(), [{"state": "done", "invoice_count": 1, "planned_count": 1}])
        self._run_cron()
        self.assertEqual(len(contract.invoice_ids), 1)
        self.assertEqual(len(self._runs()), 1)
        self.assertEqual(str(contract.next_billing_date), "2026-04-01")
        runs = self._runs()
        self.env.invalidate_all()
        with self.assertQueryCount(1):  # of any number of periods
            self.assertEqual(runs.mapped("item_count"), [5])

    def test_contract_s_day_begins_in_its_time_zone(self):
        # Published for monthly billing: 18:00 UTC is still 28 February in Kolkata, 19:00 is 1 March; in Bogotá
        # 1 March begins at 05:00 UTC.
        cases = [
            ("Asia/Kolkata", "2023-02-28 18:00:00", 1),
            ("Asia/Kolkata", "2023-02-28 19:00:00", 2),
            ("America/Bogota", "2023-03-01 00:00:00", 1),
            ("America/Bogota", "2023-03-01 05:00:00", 2),
        ]
        for tz, moment, slices in cases:
            with self.subTest(tz=tz, moment=moment), freeze_time(moment):
                contract = self._make_contract(date_start="2023-02-01", tz=tz)
                self._run_cron()
                self.assertEqual(len(contract.billing_item_ids), slices)

    @freeze_time("2026-01-10")
    def test_one_bad_contract_does_not_stop_the_others(self):
        good, bad = self._make_contract(), self._make_contract(partner_id=self.other_customer.id)
        other = self._make_contract()
        prepare = type(bad)._prepare_move_values

        def refuse(contract, *args, **kwargs):
            if contract == bad:
                raise UserError(contract.env._("The customer is blocked."))
            return prepare(contract, *args, **kwargs)

        with patch.object(type(bad), "_prepare_move_values", refuse):
            self._run_cron()
            self.assertEqual(len((good | other).invoice_ids), 2)
            self.assertFalse(bad.invoice_ids)
            self.assertIn("blocked", bad.billing_error)
            self.assertEqual(len(bad.activity_ids), 1)
            self._run_cron()
            self.assertEqual(len(bad.activity_ids), 1)
        with freeze_time("2026-01-11"):
            self._run_cron()
        self.assertEqual(len(bad.invoice_ids), 1)
        self.assertFalse(bad.billing_error)
        self.assertFalse(bad.activity_ids)

    @freeze_time("2026-01-10")
    def test_run_of_chosen_contracts_leaves_the_others(self):
        chosen, other = self._make_contract(), self._make_contract()
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": chosen.ids})
        run.action_start()
        self.assertEqual(run.state, "running")
        self.assertEqual(run._work(), 0)
        self.assertEqual((run.state, run.progress), ("done", 100))
        self.assertEqual((len(chosen.invoice_ids), len(other.invoice_ids)), (1, 0))

    @freeze_time("2026-01-10")
    def test_run_works_in_batches_and_shows_how_far_it_is(self):
        for _one in range(3):
            self._make_contract()
        run = self.env["kor.billing.run"].create({"company_id": self.company.id})
        run._start()
        self.assertEqual(run._work(limit=2), 1)
        run.invalidate_recordset()
        self.assertEqual((run.state, round(run.progress)), ("running", 67))
        self.assertEqual(run._work(limit=2), 0)
        self.assertEqual(run.invoice_count, 3)

    def test_started_run_is_evidence(self):
        run = self.env["kor.billing.run"].create({"company_id": self.company.id})
        run._start()
        with self.assertRaises(UserError):
            run.unlink()
        with self.assertRaises(UserError):
            run.state = "draft"

    def test_only_billing_users_start_runs(self):
        run = self.env["kor.billing.run"].create({"company_id": self.company.id})
        outsider = self.biller.copy({"login": "kor_outsider"})
        outsider.group_ids = self.env.ref("base.group_user")
        with self.assertRaises(AccessError):
            run.with_user(outsider).action_start()
