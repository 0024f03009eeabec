from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .collection_common import KorCollectionCommon


@tagged("post_install", "-at_install")
class TestCollection(KorCollectionCommon):
    def _assert_collection(self, move, state, day=False):
        self.assertEqual((move.kor_collection_state, str(move.kor_next_attempt_date or "")), (state, day or ""))

    def test_invoice_is_charged_on_its_due_date_and_once(self):
        self._save_token()
        move = self._make_due("2026-02-10")
        self._assert_collection(move, "scheduled", "2026-02-10")
        self._run_on("2026-02-09")
        self.assertFalse(move.kor_attempt_ids)
        for _run in range(2):
            self._run_on("2026-02-10")
        self.assertRecordValues(
            move.kor_attempt_ids,
            [
                {
                    "number": 1,
                    "state": "done",
                    "amount": 115,
                    "origin": "schedule",
                    "contract_id": move.kor_contract_id.id,
                }
            ],
        )
        self.assertEqual((self._charges(move), move.amount_residual), (1, 0))
        self._assert_collection(move, "paid")

    def test_due_date_begins_in_the_contract_s_zone(self):
        self._save_token()
        cases = [("Asia/Kolkata", "2026-02-09 18:00:00", 0), ("Asia/Kolkata", "2026-02-09 19:00:00", 1)]
        cases += [("America/Bogota", "2026-02-10 04:00:00", 0), ("America/Bogota", "2026-02-10 05:00:00", 1)]
        for tz, moment, attempts in cases:
            with self.subTest(tz=tz, moment=moment):
                move = self._make_due("2026-02-10 12:00:00", self._make_contract(tz=tz))
                self._run_on(moment)
                self.assertEqual(len(move.kor_attempt_ids), attempts)
                move.button_cancel()

    def test_declined_charge_is_retried_until_it_succeeds(self):
        token = self._save_token("error")
        move = self._make_due()
        self._run_on("2026-02-01")
        self._assert_collection(move, "retrying", "2026-02-04")
        self._run_on("2026-02-03")
        self.assertEqual(self._charges(move), 1)
        self._run_on("2026-02-04")
        self._assert_collection(move, "retrying", "2026-02-06")
        token.demo_simulated_state = "done"
        self._run_on("2026-02-06")
        self.assertEqual(move.kor_attempt_ids.sorted("number").mapped("state"), ["declined", "declined", "done"])
        self._assert_collection(move, "paid")
        lines = " ".join(move.kor_contract_id.message_ids.mapped("body")).replace("&nbsp;", "")
        self.assertIn(f"{move.name}, attempt 1 over $115.00: Declined.", lines)
        self.assertIn("Next attempt on 2026-02-04.", lines)
        self.assertIn("attempt 3 over $115.00: Succeeded.", lines)

    def test_after_the_last_retry_it_is_given_up_and_somebody_is_told(self):
        self.company.kor_finance_user_id = self.biller
        self._save_token("cancel")
        move = self._make_due()
        for day in ("2026-02-01", "2026-02-04", "2026-02-06", "2026-02-08", "2026-02-20"):
            self._run_on(day)
        self.assertEqual(move.kor_attempt_ids.mapped("state"), ["declined"] * 4)
        self._assert_collection(move, "given_up")
        self.assertRecordValues(
            move.kor_contract_id.activity_ids, [{"summary": "Payment failed", "user_id": self.biller.id}]
        )

    def test_new_payment_method_is_tried_at_once_also_after_giving_up(self):
        self.company.kor_retry_days = ""
        self._save_token("error")
        move = self._make_due()
        self._run_on("2026-02-01")
        self._assert_collection(move, "given_up")
        with freeze_time("2026-02-15"):
            self._save_token("done")
            self._assert_collection(move, "retrying", "2026-02-15")
            self._run_cron()
        self._assert_collection(move, "paid")
        self.assertEqual(len(move.kor_attempt_ids), 2)

    def test_declined_new_payment_method_uses_up_its_try(self):
        self._save_token("error")
        move = self._make_due()
        self._run_on("2026-02-01")
        with freeze_time("2026-02-02"):
            self._save_token("error")
            self._run_cron()
            self._run_cron()
        self.assertEqual(self._charges(move), 2)
        self._assert_collection(move, "retrying", "2026-02-06")

    def test_collecting_by_hand_counts_as_an_attempt(self):
        self._save_token("error")
        move = self._make_due()
        with freeze_time("2026-02-01"):
            self.assertEqual(move.with_user(self.biller).process_payment()["state"], "error")
        self.assertRecordValues(move.kor_attempt_ids, [{"origin": "hand", "state": "declined", "number": 1}])
        self._assert_collection(move, "retrying", "2026-02-04")

    def test_pending_charge_is_waited_for_and_follows_its_transaction(self):
        self._save_token("pending")
        move = self._make_due()
        for day in ("2026-02-01", "2026-02-05"):
            self._run_on(day)
        self._assert_collection(move, "pending")
        self.assertEqual(self._charges(move), 1)
        for state, method in (("declined", "_set_error"), ("done", "_set_done")):
            with self.subTest(state):
                getattr(move.sudo().transaction_ids, method)(state_message="Bank")
                self.assertEqual(move.kor_attempt_ids.state, state)
        self._run_on("2026-02-06")
        self._assert_collection(move, "paid")
        self.assertEqual(self._charges(move), 1)

    def test_who_is_not_charged(self):
        self._save_token()
        cases = [
            ("contract opted out", lambda move: move.kor_contract_id.write({"auto_charge": False})),
            ("disputed", lambda move: move.write({"kor_is_disputed": True, "kor_dispute_note": "Wrong"})),
            ("cancelled", lambda move: move.button_cancel()),
            ("reversed", lambda move: move._reverse_moves([{"invoice_date": "2026-02-01"}], cancel=True)),
            ("blocked", lambda move: move.action_toggle_block_payment()),
        ]
        moves = self.env["account.move"]
        for name, act in cases:
            move = self._make_due()
            act(move)
            with self.subTest(name):
                self._assert_collection(move, "none")
            moves |= move
        self._run_on("2026-02-05")
        self.assertFalse(moves.kor_attempt_ids)

    def test_company_can_switch_it_off_and_on(self):
        self._save_token()
        move = self._make_due()
        self.company.kor_auto_charge = False
        self._assert_collection(move, "none")
        self._run_on("2026-02-02")
        self.assertFalse(move.kor_attempt_ids)
        self.company.kor_auto_charge = True
        self._assert_collection(move, "scheduled", "2026-02-01")

    def test_without_a_payment_method_it_waits_for_one(self):
        move = self._make_due()
        self._assert_collection(move, "no_token")
        token = self._save_token(partner=self.env["res.partner"].create({"name": "Ada", "parent_id": self.customer.id}))
        self._assert_collection(move, "scheduled", "2026-02-01")
        token.active = False
        self._assert_collection(move, "no_token")

    def test_method_that_cannot_pay_the_invoice_is_a_failed_attempt(self):
        self._save_token()
        move = self._make_due()
        self.provider.maximum_amount = 50
        self._run_on("2026-02-01")
        self.assertRecordValues(move.kor_attempt_ids, [{"state": "error", "transaction_id": False}])
        self._assert_collection(move, "retrying", "2026-02-04")

    def test_each_company_charges_by_its_own_providers_and_settings(self):
        other = self.setup_other_company(name="Second company")["company"]
        self._save_token()
        own = self._make_due()
        contract = self._make_contract(company_id=other.id)
        theirs = self._make_due(contract=contract)
        self._assert_collection(own, "scheduled", "2026-02-01")
        self._assert_collection(theirs, "no_token")
        other.kor_auto_charge = False
        self._assert_collection(theirs, "none")
        self._run_on("2026-02-01")
        self.assertEqual((own.kor_collection_state, len(theirs.kor_attempt_ids)), ("paid", 0))

    def test_only_what_is_left_is_charged(self):
        self._save_token()
        move = self._make_due()
        self._register_payment(move, amount=15)
        self._run_on("2026-02-01")
        self.assertEqual((move.kor_attempt_ids.amount, move.amount_residual), (100, 0))

    def test_customer_who_is_paying_this_moment_is_not_charged_beside(self):
        token = self._save_token()
        move = self._make_due()
        values = move.sudo()._prepare_kor_transaction(token)
        with freeze_time("2026-02-01 10:00:00"):
            self.env["payment.transaction"].sudo().create({**values, "operation": "online_direct"})
            self._run_cron()
            self.assertFalse(move.kor_attempt_ids)
        self._run_on("2026-02-01 11:00:00")
        self.assertEqual(move.kor_attempt_ids.state, "done")

    def test_failure_of_one_invoice_does_not_stop_the_others(self):
        self._save_token()
        bad, good = self._make_due(), self._make_due()
        prepare = type(bad)._prepare_kor_transaction

        def refuse(move, token):
            if move.id == bad.id:
                raise ZeroDivisionError("Broken")
            return prepare(move, token)

        with (
            patch.object(type(bad), "_prepare_kor_transaction", refuse),
            mute_logger("odoo.addons.kor_billing.models.kor_move_collection_mixin"),
        ):
            self._run_on("2026-02-01")
        self.assertEqual(good.kor_attempt_ids.state, "done")
        self.assertRecordValues(bad.kor_attempt_ids, [{"state": "error", "message": "Unexpected error: Broken"}])
        self._assert_collection(bad, "retrying", "2026-02-04")

    def test_database_holds_one_open_attempt_and_each_number_once(self):
        self._save_token("pending")
        move = self._make_due()
        self._run_on("2026-02-01")
        values = move._prepare_kor_attempt("hand")
        for name, change in (("open", {}), ("number", {"number": 1, "state": "error"})):
            with self.subTest(name), self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                self.Attempt.sudo().create({**values, **change})

    def test_unusable_retry_days_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "such as 3, 5, 7"):
            self.company.kor_retry_days = "5, 3"

    def test_attempts_are_read_by_staff_of_the_company_and_written_by_nobody(self):
        self._save_token("error")
        move = self._make_due()
        self._run_on("2026-02-01")
        attempt = move.kor_attempt_ids
        self.assertEqual(attempt.with_user(self.biller).state, "declined")
        with self.assertRaises(AccessError):
            attempt.with_user(self.biller).write({"state": "done"})
        with self.assertRaisesRegex(UserError, "settled"):
            attempt.with_user(self.biller).action_mark_failed()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "kor_stranger",
            "kor_billing.group_kor_billing_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        visitor = new_test_user(self.env, "kor_visitor", "base.group_portal")
        for user in (stranger, visitor):
            with self.subTest(user.login), self.assertRaises(AccessError):
                attempt.with_user(user).read(["state"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                attempt.with_user(user).action_mark_failed()

    def test_state_of_twenty_invoices_takes_no_more_queries_than_of_two(self):
        self._save_token()
        moves = self.env["account.move"]
        for _number in range(20):
            moves |= self._make_due()
        counts = []
        for batch in (moves[:2], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["account.move"]._refresh_kor_collection([("id", "in", batch.ids)])
            self.env.flush_all()
            with freeze_time("2026-02-02"):
                self.assertLessEqual(batch, self.env["account.move"]._get_kor_due())
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)
