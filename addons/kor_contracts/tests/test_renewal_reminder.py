from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestRenewalReminder(ContractCase):
    """Nothing lapses in silence: customer and account manager are told in time, and once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("kor_manager", "officer", email="manager@example.com")
        cls.customer.email = "harbour@example.com"

    def _sign(self, **values):
        return self._create_contract(
            {}, activate=True, **{"term": "annual", "account_manager_id": self.manager.id, **values}
        )

    def _remind(self, day):
        with freeze_time(f"{day} 12:00:00"):
            self.env["kor.contract"]._cron_remind_renewals()
            self.env.flush_all()

    def _mails(self, contract):
        return self.env["mail.mail"].search([("model", "=", "kor.contract"), ("res_id", "=", contract.id)])

    def test_both_are_told_once_ahead_of_the_notice_deadline(self):
        contract = self._sign(auto_renew=True)
        sent = []
        # Notice until 1 December: 30 days before it is 1 November, 7 days before it 24 November.
        for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-23", "2026-11-24", "2026-12-01", "2026-12-20"):
            self._remind(day)
            sent.append(len(self._mails(contract)))
        self.assertEqual(sent, [0, 2, 2, 2, 4, 4, 4])
        receivers = self._mails(contract).recipient_ids
        self.assertEqual(receivers, self.customer | self.manager.partner_id)
        activity = contract.activity_ids
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.manager, "2026-12-01"))
        self.assertEqual(contract.reminder_ids.sorted("days").mapped("days"), [7, 30])

    def test_without_renewal_the_end_is_what_counts(self):
        contract = self._sign()
        sent = []
        for day in ("2026-11-30", "2026-12-01", "2026-12-24"):
            self._remind(day)
            sent.append(len(self._mails(contract)))
        self.assertEqual(sent, [0, 2, 4])

    def test_late_start_sends_one_mail_for_both_reminders(self):
        contract = self._sign(auto_renew=True)
        self._remind("2026-11-28")
        self.assertEqual((len(self._mails(contract)), len(contract.reminder_ids)), (2, 2))
        self._remind("2026-11-29")
        self.assertEqual(len(self._mails(contract)), 2)

    def test_next_term_is_reminded_of_anew(self):
        contract = self._sign(auto_renew=True)
        self._remind("2026-11-24")
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self._remind("2027-11-24")
        self.assertEqual((len(self._mails(contract)), len(contract.reminder_ids)), (4, 4))

    def test_who_has_decided_is_left_alone(self):
        renewed, cancelled, open_ended = self._sign(), self._sign(), self._sign(term="monthly")
        with freeze_time("2026-11-01"):
            renewed.renew("2027-12-31")
            cancelled.action_cancel("2026-12-31")
        self._remind("2026-12-10")
        for contract in (renewed, cancelled, open_ended):
            self.assertFalse(self._mails(contract))

    def test_days_are_those_of_the_company_and_0_is_none(self):
        self.env.company.write({"kor_reminder_days_first": 0, "kor_reminder_days_last": 3})
        contract = self._sign(auto_renew=True)
        self._remind("2026-11-27")
        self.assertFalse(self._mails(contract))
        self._remind("2026-11-28")
        self.assertEqual(contract.reminder_ids.mapped("days"), [3])

    def test_customer_is_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("kor_contracts.mail_template_renewal_customer")
        template.with_context(lang="fr_FR").subject = "Votre contrat {{ object.name }}"
        self.customer.lang = "fr_FR"
        contract = self._sign(auto_renew=True)
        self._remind("2026-11-24")
        subjects = self._mails(contract).mapped("subject")
        self.assertIn(f"Votre contrat {contract.name}", subjects)

    def test_window_follows_the_days_and_the_decision(self):
        auto, ending, renewed = self._sign(auto_renew=True), self._sign(), self._sign()
        with freeze_time("2026-06-01"):
            renewed.renew("2027-12-31")
        cases = [
            ("2026-08-01", "later", "later", "later"),
            # 90 days to the notice of 1 December.
            ("2026-09-02", "90", "90", "later"),
            ("2026-10-02", "60", "60", "90"),
            ("2026-11-01", "30", "30", "60"),
            ("2026-12-01", "30", "30", "30"),
            # Who renews by themselves are past their notice; the other one should have been renewed.
            ("2026-12-02", "30", "overdue", "30"),
        ]
        for day, *windows in cases:
            self._remind(day)
            with self.subTest(day):
                self.assertEqual([one.renewal_window for one in (auto, ending, renewed)], windows)
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual((ending.state, ending.renewal_window), ("ended", False))
        self.assertEqual(auto.renewal_window, "later")

    def test_board_groups_by_window_with_revenue_and_next_step(self):
        contract = self._sign(auto_renew=True)
        self._remind("2026-11-10")
        groups = self.env["kor.contract"].formatted_read_group(
            [("id", "=", contract.id)], ["renewal_window"], ["__count", "mrr:sum"]
        )
        found = {group["renewal_window"]: (group["__count"], group["mrr:sum"]) for group in groups}
        self.assertEqual(found["30"], (1, 100))
        with freeze_time("2026-11-10"):
            self.assertEqual(contract.renewal_next, "Give notice by 12/01/2026, or it renews itself")

    def test_scheduled_action_reminds(self):
        contract = self._sign(auto_renew=True, date_start="2020-01-01")
        with freeze_time("2020-11-24 12:00:00"), self.enter_registry_test_mode():
            cron = self.env.ref("kor_contracts.ir_cron_kor_contract_renewals")
            self.assertIs(cron.method_direct_trigger(), True)
        contract.invalidate_recordset()
        self.assertTrue(contract.reminder_ids)
