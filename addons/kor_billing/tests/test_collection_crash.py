from unittest.mock import patch

from odoo import api
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .collection_common import KorCollectionCommon

MIXIN_LOGGER = "odoo.addons.kor_billing.models.kor_move_collection_mixin"


class PowerCut(BaseException):
    """What no code catches."""


@tagged("post_install", "-at_install")
class TestCollectionCrash(KorCollectionCommon):
    """What the provider has been asked is counted here, outside the transaction that a crash undoes."""

    def setUp(self):
        super().setUp()
        self._save_token()
        self.move = self._make_due()
        self.asked = []

    def _run_until_it_breaks(self, error, after_answer):
        transaction_class = type(self.env["payment.transaction"])
        send = transaction_class._send_payment_request

        def send_and_break(transaction):
            self.asked.append(transaction.reference)
            if after_answer:
                send(transaction)
            raise error

        with (
            patch.object(transaction_class, "_send_payment_request", send_and_break),
            freeze_time("2026-02-01 08:00:00"),
        ):
            self._run_committing()

    def _run_committing(self):
        """Run the job as a process that ends without saving what is not committed."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            try:
                api.Environment(cr, api.SUPERUSER_ID, {})["kor.payment.attempt"]._cron_collect()
            except PowerCut:
                cr.rollback()
        self.env.invalidate_all()

    def _count_requests(self, transaction):
        self.asked.append(transaction.reference)
        return self._send(transaction)

    def _run_later(self, *moments):
        transaction_class = type(self.env["payment.transaction"])
        self._send = transaction_class._send_payment_request
        with patch.object(transaction_class, "_send_payment_request", lambda tx: self._count_requests(tx)):
            for moment in moments:
                with freeze_time(moment):
                    self._run_committing()

    def test_attempt_is_committed_before_the_provider_is_asked(self):
        for after_answer in (False, True):
            with self.subTest(after_answer=after_answer):
                self._run_until_it_breaks(PowerCut(), after_answer)
                self.assertRecordValues(self.move.kor_attempt_ids, [{"state": "started", "number": 1}])
                self.assertEqual(self.move.sudo().transaction_ids.state, "draft")
                self.assertEqual(len(self.asked), 1)

    def test_after_a_crash_nothing_is_charged_again(self):
        self._run_until_it_breaks(PowerCut(), after_answer=True)
        self._run_later("2026-02-01 08:10:00", "2026-02-01 09:00:00", "2026-02-04", "2026-03-01")
        self.assertEqual(len(self.asked), 1)
        self.assertRecordValues(self.move.kor_attempt_ids, [{"state": "started", "is_unclear": True}])
        self.assertEqual(self.move.kor_contract_id.activity_ids.summary, "Payment attempt is unclear")
        result = self.move.process_payment()
        self.assertEqual(result["state"], "started")
        self.assertEqual(len(self.asked), 1)

    def test_running_attempt_is_not_unclear_yet(self):
        self._run_until_it_breaks(PowerCut(), after_answer=False)
        self._run_later("2026-02-01 08:10:00")
        self.assertFalse(self.move.kor_attempt_ids.is_unclear)

    def test_provider_that_reports_after_the_crash_settles_the_attempt(self):
        self._run_until_it_breaks(PowerCut(), after_answer=True)
        self.move.sudo().transaction_ids._process("demo", {"simulated_state": "done"})
        self._run_later("2026-02-01 09:00:00")
        self.assertEqual(len(self.asked), 1)
        self.assertEqual((self.move.kor_attempt_ids.state, self.move.kor_collection_state), ("done", "paid"))

    def test_staff_who_looked_it_up_let_collection_go_on(self):
        self._run_until_it_breaks(PowerCut(), after_answer=False)
        with freeze_time("2026-02-02"):
            self.move.kor_attempt_ids.with_user(self.biller).action_mark_failed()
        self.assertEqual(str(self.move.kor_next_attempt_date), "2026-02-04")
        self._run_later("2026-02-04")
        self.assertEqual((len(self.asked), self.move.kor_collection_state), (2, "paid"))
        self.assertEqual(len(set(self.asked)), 2)

    def test_error_while_the_provider_is_asked_is_unclear_at_once(self):
        with mute_logger(MIXIN_LOGGER):
            self._run_until_it_breaks(ZeroDivisionError("Broken"), after_answer=True)
        self.assertRecordValues(
            self.move.kor_attempt_ids,
            [{"state": "started", "is_unclear": True, "message": "Unexpected error: Broken"}],
        )
        self._run_later("2026-02-05")
        self.assertEqual(len(self.asked), 1)

    def test_charge_that_cannot_be_booked_is_done_and_booked_later(self):
        transaction_class = type(self.env["payment.transaction"])
        with (
            patch.object(transaction_class, "_create_payment", side_effect=ZeroDivisionError("Closed")),
            mute_logger("odoo.addons.kor_billing.models.kor_payment_attempt"),
        ):
            self._run_later("2026-02-01")
        attempt = self.move.kor_attempt_ids
        self.assertEqual((attempt.state, attempt.message), ("done", "Charged, but not booked yet: Closed"))
        self._run_later("2026-02-01 09:00:00")
        self.assertEqual((len(self.asked), self.move.amount_residual), (1, 0))

    def test_invoice_changed_between_start_and_charge_is_not_charged(self):
        attempt = self.move.sudo()._make_kor_attempt
        seen = []

        def change():
            if not seen:
                self._register_payment(self.move, amount=15)
            seen.append(True)

        with freeze_time("2026-02-01"):
            attempt("schedule", change)
        self.assertEqual(self.move.kor_attempt_ids.state, "error")
        self.assertEqual(self.move.sudo().transaction_ids.state, "cancel")
        self.assertEqual(self.move.amount_residual, 100)
