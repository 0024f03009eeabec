from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .collection_common import KorCollectionCommon


@tagged("post_install", "-at_install")
class TestDeclineMail(KorCollectionCommon):
    """Customers are told once of each declined charge, and of what comes next."""

    def _mails(self, move):
        domain = [("model", "=", "kor.contract"), ("res_id", "=", move.kor_contract_id.id)]
        return self.env["mail.message"].search([*domain, ("partner_ids", "in", self.customer.ids)], order="id")

    def _decline(self, *days, outcome="error"):
        self._save_token(outcome)
        move = self._make_due()
        for day in days or ("2026-02-01",):
            self._run_on(day)
        return move

    def test_each_attempt_is_told_once_with_its_next_step(self):
        move = self._decline("2026-02-01", "2026-02-01", "2026-02-02", "2026-02-04", "2026-02-06", "2026-02-08")
        mails = self._mails(move)
        self.assertEqual(move.kor_attempt_ids.mapped("is_mailed"), [True] * 4)
        self.assertEqual(mails.mapped("subject"), [f"The charge for {move.name} did not succeed"] * 4)
        steps = [f"charged on 02/0{day}/2026" for day in (4, 6, 8)] + ["not charged again by itself"]
        for mail, step in zip(mails, steps, strict=True):
            with self.subTest(step):
                self.assertIn(step, mail.body)
        body = str(mails[0].body).replace("\u00a0", "").replace("&nbsp;", "")
        name, page = move.kor_contract_id.name, f"/my/invoices/{move.id}?"
        for part in (name, "$115.00", "02/01/2026", "4242", page, "access_token="):
            with self.subTest(part):
                self.assertIn(part, body)
        sent = self.env["mail.mail"].search([("mail_message_id", "in", mails.ids)])
        self.assertEqual(sent.recipient_ids, self.customer)

    def test_what_the_provider_says_again_is_not_told_again(self):
        move = self._decline()
        attempt = move.kor_attempt_ids
        self.env["kor.payment.attempt"].sudo()._follow(attempt.sudo().transaction_id)
        attempt.sudo()._close("declined", "Bank")
        self.assertEqual(len(self._mails(move)), 1)

    def test_decline_that_the_bank_reports_later_is_told(self):
        move = self._decline(outcome="pending")
        self.assertFalse(self._mails(move))
        with freeze_time("2026-02-03"):
            move.sudo().transaction_ids._set_error(state_message="No funds")
        self.assertIn("No funds", self._mails(move).body)

    def test_who_is_not_told(self):
        def switch_off():
            self.company.kor_decline_mail = False

        def lose_address():
            self.company.kor_decline_mail = True
            self.customer.email = False

        for name, act in (("company", switch_off), ("no address", lose_address)):
            act()
            with self.subTest(name):
                move = self._decline()
                self.assertRecordValues(move.kor_attempt_ids, [{"state": "declined", "is_mailed": False}])
                self.assertFalse(self._mails(move))
        self.customer.email = "office@aurora.example"
        for outcome in ("done", "pending"):
            with self.subTest(outcome):
                self.assertFalse(self._mails(self._decline(outcome=outcome)))

    def test_failure_on_this_side_is_no_decline(self):
        self._save_token()
        move = self._make_due()
        self.provider.maximum_amount = 50
        self._run_on("2026-02-01")
        self.assertEqual(move.kor_attempt_ids.state, "error")
        self.assertFalse(self._mails(move))

    def test_broken_template_keeps_the_attempt(self):
        self.env.ref("kor_billing.mail_template_payment_declined").subject = "{{ 1 // 0 }}"
        with mute_logger(
            "odoo.addons.kor_billing.models.kor_payment_decline_mixin", "odoo.addons.mail.models.mail_render_mixin"
        ):
            move = self._decline()
        self.assertRecordValues(move.kor_attempt_ids, [{"state": "declined", "is_mailed": False}])
        self.assertEqual((move.kor_collection_state, str(move.kor_next_attempt_date)), ("retrying", "2026-02-04"))

    def test_customer_is_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.customer.lang = "es_ES"
        template = self.env.ref("kor_billing.mail_template_payment_declined")
        template.with_context(lang="es_ES").subject = "No se pudo cobrar {{ object.move_id.name }}"
        move = self._decline()
        self.assertEqual(self._mails(move).subject, f"No se pudo cobrar {move.name}")
