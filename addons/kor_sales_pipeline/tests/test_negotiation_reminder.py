from odoo.fields import Datetime
from odoo.tests import TransactionCase, freeze_time, tagged

from odoo.addons.mail.tests.common import MailCase

from .negotiation_common import NegotiationMixin


@tagged("post_install", "-at_install")
class TestNegotiationReminder(NegotiationMixin, MailCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.env["kor.negotiation"].search([]).date_reminded = Datetime.now()
        self.env.company.write({"kor_negotiation_days_us": 2, "kor_negotiation_days_them": 5})
        with freeze_time("2026-03-01 09:00:00"):
            self.order.validity_date = "2026-03-31"
            self.negotiation = self._start()

    def _run(self, moment):
        cron = self.env.ref("kor_sales_pipeline.ir_cron_kor_negotiation_remind")
        with freeze_time(moment), self.mock_mail_gateway(), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        # An activity tells its user by a mail of its own.
        return self._new_mails.filtered(lambda mail: "waits for you" in (mail.subject or "")).recipient_ids.mapped(
            "email"
        )

    def test_silent_customer_gets_one_mail(self):
        self.assertFalse(self._run("2026-03-06 08:00:00"))
        self.assertEqual(self._run("2026-03-06 10:00:00"), ["nego_harbour@test.lan"])
        self.assertFalse(self._run("2026-03-20 10:00:00"))
        self.assertFalse(self.negotiation.activity_ids)

    def test_each_silence_has_its_own_reminder(self):
        self._run("2026-03-06 10:00:00")
        with freeze_time("2026-03-07 09:00:00"):
            offer = self._ask_for_price(self.negotiation)
        self.negotiation.activity_ids.unlink()
        self._run("2026-03-09 08:00:00")
        self.assertFalse(self.negotiation.activity_ids)
        self._run("2026-03-09 10:00:00")
        self.assertEqual(self.negotiation.activity_ids.mapped("user_id"), self.seller)
        self._run("2026-03-12 10:00:00")
        self.assertEqual(len(self.negotiation.activity_ids), 1)
        with freeze_time("2026-03-13 09:00:00"), self.mock_mail_gateway():
            self.negotiation.answer([{"offer": offer.id, "decision": "decline", "note": "No."}])
        self.assertFalse(self.negotiation.activity_ids)
        self.assertTrue(self._run("2026-03-18 10:00:00"))

    def test_nobody_is_reminded_of_what_cannot_be_answered(self):
        self.assertFalse(self._run("2026-04-02 10:00:00"))
        self.assertEqual(self.negotiation.activity_ids.summary, "The proposal has expired without an answer")

    def test_customer_without_address_is_left_to_the_seller(self):
        self.company_a.email = False
        self.assertFalse(self._run("2026-03-06 10:00:00"))
        self.assertIn("no e-mail address", self.negotiation.activity_ids.summary)

    def test_nobody_is_reminded_where_it_is_off_lost_or_over(self):
        for name, change in (
            ("off", lambda: self.env.company.write({"kor_negotiation_days_them": 0})),
            ("lost", lambda: self.lead.action_archive()),
            ("over", lambda: self.negotiation.break_off("Over")),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                change()
                self.assertFalse(self.env["kor.negotiation"].search_count(self._get_due()))
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self.assertTrue(self.env["kor.negotiation"].search_count(self._get_due()))

    def _get_due(self):
        with freeze_time("2026-03-06 10:00:00"):
            return self.env["kor.negotiation"]._get_silent_domain()

    def test_answer_and_new_version_are_mailed_with_what_was_answered(self):
        self.order.validity_date = False
        with self.mock_mail_gateway():
            offer = self._ask_for_price(self.negotiation)
            self.negotiation.answer([{"offer": offer.id, "decision": "decline", "note": "Our lowest price."}])
            mail = self._new_mails.filtered(lambda one: "Our answer" in (one.subject or ""))
        self.assertIn("Our lowest price.", mail.body_html)
        self.assertIn("access_token", mail.body_html)
        with self.mock_mail_gateway():
            offer = self._ask_for_price(self.negotiation, 9)
            self.negotiation.answer([{"offer": offer.id, "decision": "accept", "internal_note": "Boss agreed"}])
            self.assertFalse(self._new_mails.filtered(lambda one: "new proposal" in (one.subject or "")))
            self._send(self.order.kor_next_id)
            mail = self._new_mails.filtered(lambda one: "new proposal" in (one.subject or ""))
        self.assertEqual(mail.recipient_ids.email, "nego_harbour@test.lan")
        self.assertIn("version 2", mail.subject)
        self.assertIn("Accepted", mail.body_html)
        for secret in ("Boss agreed", "Whale", "460.00"):
            self.assertNotIn(secret, mail.body_html)
