import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command, Datetime
from odoo.tests import new_test_user, tagged

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestFollowing(AccountCase):
    """The daily job takes as many queries for many accounts as for few; each manager sees their own accounts only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.deputy, cls.stranger = (
            new_test_user(
                cls.env,
                login,
                f"base.group_user,{KOR}.group_kor_account_user",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for login in ("kor_am", "kor_deputy", "kor_stranger")
        )
        cls.account.write({"user_id": cls.manager.id, "deputy_ids": [Command.set(cls.deputy.ids)]})

    def _make_accounts(self, number):
        accounts = self.env["kor.account"]
        for index in range(number):
            partner = self._make_customer(f"Customer {index}")
            self._make_contract(partner_id=partner.id, term="annual", date_start=self.first_day)
            accounts += self._get_account(partner)
        return accounts

    def _follow(self, accounts):
        self.env.flush_all()
        self.env.invalidate_all()
        accounts._follow()
        self.env.flush_all()

    def _count_queries(self, accounts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._follow(accounts)
        return self.env.cr.sql_log_count - before

    def test_many_accounts_take_as_many_queries_as_few(self):
        accounts = self._make_accounts(12)
        self._follow(accounts)
        few, many = self._count_queries(accounts[:2]), self._count_queries(accounts)
        self.assertEqual(many, few)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            accounts._follow()

    def _run(self, job):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_values: 1.0):
            job()

    def test_day_that_is_followed_is_not_followed_again(self):
        self._run(self.env["kor.account"].sudo()._cron_follow)
        self.assertEqual(self.account.date_followed, self.today)
        self.assertNotIn(self.account.id, self.env["kor.account"]._find_unfollowed("date_followed", 1))

    def test_manager_and_deputy_see_the_account_and_a_stranger_does_not(self):
        self._make_contract(term="custom", date_start=self.first_day, date_end=self.today + timedelta(days=50))
        self._follow(self.account)
        self.env["kor.playbook"]._start(self.account)
        for user, sees in ((self.manager, True), (self.deputy, True), (self.stranger, False)):
            for model in ("kor.signal", "kor.renewal", "kor.playbook.run"):
                with self.subTest(user=user.login, model=model):
                    found = self.env[model].with_user(user).search([("account_id", "=", self.account.id)])
                    self.assertEqual(bool(found), sees)
        with self.assertRaises(AccessError):
            self.account.with_user(self.stranger).action_look_for_signals()

    def test_portal_user_sees_nothing(self):
        portal = new_test_user(self.env, "kor_portal", "base.group_portal", partner_id=self.customer.id)
        self._follow(self.account)
        for model in ("kor.account", "kor.signal", "kor.renewal", "kor.playbook", "kor.playbook.run"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(portal).search([])
        with self.assertRaises(AccessError):
            self.account.with_user(portal).action_send_survey()

    def test_manager_reads_the_whole_screen(self):
        self._make_ticket()
        self._use(self.calls, 0, -1, 2000)
        account = self.account.with_user(self.manager)
        view = account.get_view(self.env.ref(f"{KOR}.kor_account_view_form").id, "form")
        names = [name for name in view["models"]["kor.account"] if name in account._fields]
        self.assertIn("limits_html", names)
        values = account.read(names)[0]
        self.assertEqual(values["contract_count"], 1)
        self.assertIn("of 100 users", values["limits_html"])
        text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", values["limits_html"]))
        self.assertIn("API calls 2 % 2,000 of 100,000", text)

    def test_invoices_and_clocks_are_told_in_figures(self):
        self._invoice(300, due_days=-20)
        self._invoice(50, due_days=10, paid_days=2)
        self._make_clocks(self._make_ticket(days=0), (0, False), (0, False), (0, True))
        account = self.account.with_user(self.manager)
        self.assertEqual((account.invoice_due_count, account.invoice_due_amount), (1, 300))
        # Two of three are 67 %.
        self.assertEqual(account.sla_text, "2 of 3 promised times kept (67 %)")

    def test_manager_converts_a_signal_of_their_own(self):
        signal = self.env["kor.signal"].sudo().create(
            {"account_id": self.account.id, "kind": "limit_near", "key": "x", "name": "Near", "amount": 99,
             "contract_id": self.contract.id}
        )  # fmt: skip
        action = signal.with_user(self.manager).action_convert()
        self.assertEqual(self.env["crm.lead"].browse(action["res_id"]).expected_revenue, 99)
        with self.assertRaises(AccessError):
            signal.with_user(self.stranger).dismiss("Not mine.")

    def test_digest_tells_each_manager_of_their_own_accounts_once(self):
        self.env.cr.execute("UPDATE kor_account SET health_band = 'at_risk', health_score = 30 WHERE id = %s",
                            (self.account.id,))  # fmt: skip
        self.account.invalidate_recordset()
        self.account.write({"next_step": "Call Ada", "next_step_date": self.today - timedelta(days=3)})
        self.env["kor.signal"].sudo().create(
            {"account_id": self.account.id, "kind": "usage_falls", "key": "usage", "name": "Usage falls so far",
             "date": Datetime.now()}
        )  # fmt: skip
        self.manager.email = "am@kor.example"
        mails = self.env["mail.mail"].sudo()
        users = self.env["res.users"]
        self._run(users._kor_cron_account_digest)
        mail = mails.search([("recipient_ids", "in", self.manager.partner_id.ids)])
        self.assertEqual(len(mail), 1)
        for text in ("Aurora", "30 of 100", "Usage falls so far", "Call Ada"):
            self.assertIn(text, mail.body_html)
        self._run(users._kor_cron_account_digest)
        self.assertEqual(mails.search([("recipient_ids", "in", self.manager.partner_id.ids)]), mail)
        self.assertFalse(mails.search([("recipient_ids", "in", self.stranger.partner_id.ids)]))
