import ast

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestLeaving(ContractCase):
    """A cancellation that is agreed for later is seen by renewals, reminders and the board."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "harbour@example.com"

    def _sign(self, **values):
        return self._create_contract({}, activate=True, **{"term": "annual", "auto_renew": True, **values})

    def _agree(self, contract, day, *changes, today="2026-06-01"):
        """Agree to a change, by default to the cancellation, from a day on."""
        with freeze_time(f"{today} 12:00:00"):
            amendment = self.env["kor.contract.amendment"].browse(
                contract.amend(day, list(changes) or [{"kind": "cancel"}])
            )
            amendment.action_agree("Ada")
        return amendment

    def _run(self, day):
        with freeze_time(f"{day} 12:00:00"):
            self.env["kor.contract"]._cron_remind_renewals()
            self.env["kor.contract"]._cron_update_states()

    def _mails(self, contract):
        return self.env["mail.mail"].search_count([("model", "=", "kor.contract"), ("res_id", "=", contract.id)])

    def test_cancellation_with_the_end_of_the_term_is_no_renewal_and_no_fee_of_the_next_term(self):
        contract = self._sign(termination_fee_kind="term", termination_fee=50)
        amendment = self._agree(contract, "2027-01-01")
        self.assertEqual((amendment.state, str(contract.date_leaving)), ("agreed", "2026-12-31"))
        self.assertEqual(contract.renewal_preview, "None: it ends on 12/31/2026")
        self.assertIn("its cancellation is agreed", contract._describe_renewal())
        self.assertEqual(contract.as_of("2027-01-01")["mrr"], 0)
        for day in ("2026-11-01", "2026-11-24"):
            self._run(day)
        self.assertFalse(self._mails(contract))
        self._run("2027-01-01")
        self.assertRecordValues(contract, [{"state": "cancelled", "renewal_window": False}])
        self.assertEqual((str(contract.date_cancelled), str(contract.date_end)), ("2026-12-31", "2026-12-31"))
        self.assertEqual(contract.term_ids.mapped("number"), [1])
        self.assertFalse(contract.line_ids.filtered("is_termination_fee"))

    def test_board_says_when_it_ends(self):
        agreed, cancelled, open_ended = self._sign(), self._sign(), self._sign(term="monthly", auto_renew=False)
        for contract in (agreed, open_ended):
            self._agree(contract, "2026-08-16")
        with freeze_time("2026-06-01"):
            cancelled.action_cancel("2026-08-15")
        board = ast.literal_eval(self.env.ref("kor_contracts.kor_contract_renewal_action").domain)
        for contract in (agreed, cancelled, open_ended):
            with self.subTest(contract.term), freeze_time("2026-07-20"):
                self.env["kor.contract"]._cron_remind_renewals()
                self.assertIn(contract, self.env["kor.contract"].search(board))
                self.assertEqual((str(contract.renewal_date), contract.renewal_window), ("2026-08-15", "30"))
                self.assertEqual(contract.renewal_next, "Ends on 08/15/2026: it is cancelled")
        self.assertNotIn(agreed, self.env["kor.contract"].search([("date_leaving", "=", False)]))

    def test_withdrawn_cancellation_lets_it_renew_again(self):
        contract = self._sign()
        amendment = self._agree(contract, "2027-01-01")
        with freeze_time("2026-07-01"):
            with self.assert_refused("its cancellation as of 2026-12-31 is agreed"):
                contract.renew("2027-12-31")
            amendment.action_withdraw()
            self.assertEqual(contract.renewal_preview, "01/01/2027: at the same price")
        self._run("2027-01-01")
        self.assertEqual((contract.state, str(contract.date_end)), ("active", "2027-12-31"))

    def test_cancellation_in_the_next_term_renews_first_and_nobody_is_asked(self):
        contract = self._sign()
        self._agree(contract, "2027-04-01")
        self._run("2026-11-24")
        self.assertFalse(self._mails(contract))
        self._run("2027-01-01")
        self.assertEqual((contract.state, str(contract.date_end)), ("active", "2027-12-31"))
        self._run("2027-04-01")
        self.assertEqual((contract.state, str(contract.date_cancelled)), ("cancelled", "2027-03-31"))

    def test_preview_of_a_cancellation_with_the_end_counts_no_other_term(self):
        contract = self._sign(termination_fee_kind="term", termination_fee=50)
        with freeze_time("2026-06-01"):
            amendment = self.env["kor.contract.amendment"].browse(contract.amend("2027-01-01", [{"kind": "cancel"}]))
            self.assertEqual(amendment.preview()["termination_fee"], 0)


@tagged("post_install", "-at_install")
class TestCancelBeforeStart(ContractCase):
    """A contract that is agreed, but has not begun, can be cancelled: nothing is owed."""

    def _sign(self, **values):
        fee = {"termination_fee_kind": "amount", "termination_fee": 90, "minimum_months": 12}
        return self._create_contract({}, activate=True, **{"term": "annual", **fee, **values})

    def test_any_day_before_the_first_ends_it_at_once(self):
        for day in (False, "2025-11-20", "2025-12-15", "2025-12-31"):
            contract = self._sign()
            with self.subTest(day), freeze_time("2025-11-20 12:00:00"):
                contract.action_cancel(day)
                self.assertEqual((contract.state, str(contract.date_cancelled)), ("cancelled", "2025-12-31"))
                self.assertEqual((contract.mrr, contract.line_ids.filtered("is_termination_fee").ids), (0, []))
                self.assertIn("before its first day", "".join(contract.message_ids.mapped("body")))
                self.assertIn("on no day", contract._describe_span())
                self.assertFalse(contract.entitlements()["runs"])

    def test_day_within_the_contract_is_kept_until_then_and_can_be_moved_before_its_start(self):
        contract = self._sign()
        with freeze_time("2025-11-20 12:00:00"):
            contract.action_cancel("2026-03-31")
            self.assertEqual((contract.state, str(contract.date_cancelled)), ("active", "2026-03-31"))
            self.assertEqual(contract.line_ids.filtered("is_termination_fee").unit_price, 90)
            contract.action_cancel()
        self.assertEqual((contract.state, str(contract.date_cancelled)), ("cancelled", "2025-12-31"))
        self.assertEqual(contract.line_ids.filtered("is_termination_fee").unit_price, 0)

    def test_contract_that_has_begun_is_not_undone(self):
        contract = self._sign()
        with freeze_time("2026-01-01 12:00:00"), self.assert_refused("Choose a day within the contract", UserError):
            contract.action_cancel("2025-12-31")

    def test_amendment_from_the_first_day_is_applied_at_once(self):
        contract = self._sign()
        with freeze_time("2025-11-20 12:00:00"):
            amendment = self.env["kor.contract.amendment"].browse(contract.amend("2026-01-01", [{"kind": "cancel"}]))
            self.assertEqual(amendment.preview()["after"]["mrr"], 0)
            amendment.action_agree("Ada")
        self.assertEqual((amendment.state, contract.state), ("applied", "cancelled"))
        self.assertEqual(str(contract.date_cancelled), "2025-12-31")

    def test_dialog_proposes_to_end_it_before_it_begins(self):
        contract = self._sign()
        with freeze_time("2025-11-20 12:00:00"):
            wizard = Form(self.env["kor.contract.cancel"].with_context(default_contract_id=contract.id))
            self.assertTrue(wizard.is_before_start)
            self.assertFalse(wizard.fee_note)
            wizard.date = "2026-02-28"
            self.assertFalse(wizard.is_before_start)
            wizard.date = "2025-11-20"
            wizard.save().action_confirm()
        self.assertEqual(contract.state, "cancelled")
