from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.kor_revenue.tests.common import KorRevenueCommon
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import Job


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestQueuedWork(KorRevenueCommon):
    """Runs and closes are worked off by jobs of one batch each; a job more or less changes nothing in the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for parameter in ("kor_billing.batch_size", "kor_revenue.batch_size"):
            cls.env["ir.config_parameter"].set_param(parameter, "2")
        for model in ("kor.billing.run", "kor.revenue.close"):
            cls.env[model].search([("state", "=", "running")])._write_engine({"state": "done"})
        cls.contracts = cls.env["kor.contract"].union(*(cls._make_contract() for _one in range(5)))

    def _start_run(self):
        run = self.env["kor.billing.run"].create({"company_id": self.company.id})
        run.with_user(self.biller).action_start()
        return run

    def _start_close(self):
        close = self.env["kor.revenue.close"].create({"company_id": self.company.id, "date_to": "2026-02-28"})
        close.action_post()
        return close

    def _waiting(self, record):
        jobs_sudo = self.env["queue.job"].sudo()  # accountants need not see the queue
        found = jobs_sudo.search([("model_name", "=", record._name), ("state", "=", "pending")])
        return found.filtered(lambda job: job.records == record)

    def _perform(self, stored):
        """Do a job as a worker of the queue does, and return its result."""
        job = Job.load(self.env, stored.uuid)
        job.set_started()
        job.store()
        with self.env.cr.savepoint():
            result = job.perform()
        job.set_done()
        job.store()
        self.env.invalidate_all()
        return result

    def _perform_all(self, record):
        """Do jobs until none is left, and return how many there were."""
        count = 0
        while job := self._waiting(record)[-1:]:
            self._perform(job)
            count += 1
            self.assertLess(count, 20)
        return count

    @contextmanager
    def _held_by_others(self, model):
        """Let another transaction hold all records of a model."""
        with patch.object(type(self.env[model]), "try_lock_for_update", lambda records, **_how: records.browse()):
            yield

    def _get_books(self):
        items = self.env["kor.billing.item"].search([("contract_id", "in", self.contracts.ids)])
        return sorted(items.mapped(lambda item: (item.contract_id.id, str(item.date_start), item.move_id.state)))

    def test_a_run_is_worked_off_by_jobs_of_one_batch_and_bills_each_period_once(self):
        run = self._start_run()
        self.assertEqual(len(self._waiting(run)), 3)
        self.assertEqual(set(self._waiting(run).mapped("channel")), {"root.kor_billing"})
        self.assertGreaterEqual(self._perform_all(run), 3)
        self.assertRecordValues(run, [{"state": "done", "invoice_count": 5, "due_count": 0}])
        expected = [(one.id, f"2026-0{month}-01", "posted") for one in self.contracts for month in (1, 2, 3)]
        self.assertEqual(self._get_books(), sorted(expected))

    def test_a_job_delivered_twice_or_late_books_nothing_more(self):
        run = self._start_run()
        first = self._waiting(run)[:1]
        self._perform(first)
        # As the queue does with a job whose worker was killed before it could say that it was done.
        first.with_context(_job_edit_sentinel=first.EDIT_SENTINEL).state = "pending"
        self._perform_all(run)
        books = self._get_books()
        self.assertEqual(len(books), 15)
        late = run._delay_batch(1)
        self.assertFalse(late)
        self.assertEqual(self._perform(self._waiting(run)), "The run is done.")
        self.assertEqual(self._get_books(), books)

    def test_a_lane_waits_in_the_queue_once(self):
        run = self._start_run()
        run._offer_batches()
        self.assertEqual(len(self._waiting(run)), 3)
        with patch("odoo.addons.kor_queue_job.models.kor_billing_run.WORKERS", 2):
            self._waiting(run).unlink()
            run._offer_batches()
            self.assertEqual(len(self._waiting(run)), 2)

    def test_what_others_hold_is_tried_again_without_counting_as_a_failure(self):
        run = self._start_run()
        with self._held_by_others("kor.contract"), self.assertRaises(RetryableJobError) as caught:
            run._work_queued(1)
        self.assertTrue(caught.exception.ignore_retry)
        close = self._start_close()
        with self._held_by_others("kor.revenue.close"), self.assertRaises(RetryableJobError):
            close._work_queued()
        self.assertEqual((run.state, close.state), ("running", "running"))

    def test_the_scheduler_s_job_and_the_queue_share_a_run(self):
        run = self._start_run()
        self._perform(self._waiting(run)[:1])
        with self.enter_registry_test_mode():
            self.env.ref("kor_billing.ir_cron_bill").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(run.state, "done")
        self._perform_all(run)
        self.assertEqual(len(self._get_books()), 15)

    def test_the_daily_run_is_offered_to_the_queue_too(self):
        with patch.object(type(self.env["kor.billing.run"]), "_cron_work", lambda _model: None):
            self.env["kor.billing.run"].sudo()._cron_bill()  # the scheduler sees every company
        run = self.env["kor.billing.run"].search([("company_id", "=", self.company.id), ("state", "=", "running")])
        self.assertEqual(len(self._waiting(run)), 3)

    def test_a_contract_that_fails_is_parked_by_the_job_and_stops_no_lane(self):
        bad = self.contracts[0]
        bad.order_number_required = "yes"
        run = self._start_run()
        with mute_logger("odoo.addons.kor_billing.models.kor_billing_run"):
            self._perform_all(run)
        self.assertRecordValues(run, [{"state": "done", "invoice_count": 4}])
        self.assertTrue(bad.billing_error)

    def test_a_close_is_worked_off_batch_after_batch_in_one_lane(self):
        self._perform_all(self._start_run())
        close = self._start_close()
        self.assertEqual(self._waiting(close).mapped("channel"), ["root.kor_revenue"])
        self.assertEqual(self._perform_all(close), 3)
        self.assertRecordValues(close, [{"state": "done", "through_count": 5}])
        self.assertEqual(self._balance(self.income), 1000)
        close._delay_batch()
        self.assertEqual(self._perform(self._waiting(close)), "The close is done.")
        self.assertEqual(self._balance(self.income), 1000)

    def test_a_small_close_needs_no_job(self):
        self.env["ir.config_parameter"].set_param("kor_revenue.batch_size", "100")
        close = self._start_close()
        self.assertEqual((close.state, len(self._waiting(close))), ("done", 0))
