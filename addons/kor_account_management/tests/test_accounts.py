from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..hooks import post_init_hook
from .common import AccountCase


@tagged("post_install", "-at_install")
class TestAccounts(AccountCase):
    """Accounts follow from contracts."""

    def _refresh(self):
        accounts = self.env["kor.account"]
        accounts._open_accounts()
        (accounts.search([]) | self.account)._refresh_aggregates()

    def test_a_draft_has_no_account_and_an_agreement_makes_one(self):
        draft = self._make_contract(activate=False, partner_id=self.other_customer.id)
        self._refresh()
        self.assertFalse(self._get_account(self.other_customer))
        draft.action_activate()
        account = self._get_account(self.other_customer)
        self.assertEqual((account.contract_count, account.mrr, account.tier_id), (1, 100, self.tier))

    def test_contacts_of_a_customer_share_its_account(self):
        person = self.env["res.partner"].create({"name": "Ada", "parent_id": self.customer.id})
        self._make_contract({"unit_price": 50}, partner_id=person.id)
        self.assertFalse(self._get_account(person))
        self.assertEqual((self.account.contract_count, self.account.mrr), (2, 150))

    def test_sums_are_in_the_currency_of_the_company(self):
        other = self.env["res.currency"].create(
            {
                "name": "TST",
                "symbol": "T",
                "rounding": 0.01,
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 3, "company_id": self.company.id})],
            }
        )
        self._make_contract({"unit_price": 100}, currency_id=other.id)
        # 100 of our own, and 100 / 3 = 33.33 of the other.
        self.assertEqual(self.account.mrr, 133.33)
        self._invoice(30, due_days=5, currency_id=other.id)
        self._refresh()
        self.assertEqual(self.account.amount_due, 10)

    def test_each_company_has_its_own_account_of_a_customer(self):
        company = self.env["res.company"].create({"name": "Second", "currency_id": self.currency.id})
        self.env.user.company_ids = [Command.link(company.id)]
        self.env["kor.contract"].with_company(company).create(
            {
                "partner_id": self.customer.id,
                "company_id": company.id,
                "tier_id": self.env.ref("kor_enterprise_tiers.tier_starter").id,
                "currency_id": self.currency.id,
                "term": "monthly",
                "date_start": self.first_day,
                "line_ids": [Command.create(self._make_line_values(unit_price=7))],
            }
        ).action_activate()
        second = self._get_account(self.customer, company)
        self.assertEqual((second.mrr, second.contract_count, second.tier_id.code), (7, 1, "starter"))
        self.assertEqual((self.account.mrr, self.account.contract_count), (100, 1))

    def test_tier_is_the_highest_and_renewal_the_next(self):
        enterprise = self.env.ref("kor_enterprise_tiers.tier_enterprise")
        self._make_contract(tier_id=enterprise.id, term="annual", date_start=self.today)
        self._make_contract(term="annual", date_start=self.today - timedelta(days=100))
        self.assertEqual((self.account.tier_id, self.account.contract_count), (enterprise, 3))
        ends = [one.date_end for one in self.env["kor.contract"].search([("partner_id", "=", self.customer.id)])]
        self.assertEqual(self.account.date_renewal, min(end for end in ends if end))

    def test_what_begins_later_brings_nothing_yet(self):
        self._make_contract({"unit_price": 50}, date_start=self.today + timedelta(days=10))
        self.assertEqual((self.account.mrr, self.account.contract_count), (100, 2))

    def test_customers_who_have_left_are_archived_and_come_back(self):
        self.contract.action_cancel()
        self.assertEqual(self.contract.state, "cancelled")
        self._refresh()
        self.assertFalse(self.account.active)
        self.assertEqual((self.account.mrr, self.account.contract_count), (0, 0))
        self._make_contract()
        self.account.invalidate_recordset()
        self.assertTrue(self.account.active)
        self.assertEqual(self._get_account(self.customer), self.account)

    def test_what_changes_a_contract_changes_its_account_at_once(self):
        price = {"kind": "price", "line": self.contract.line_ids.id, "unit_price": 130}
        for change, mrr in ((price, 130), ({"kind": "pause"}, 0), ({"kind": "resume"}, 130)):
            with self.subTest(change=change["kind"]):
                amendment = self.contract.amend(str(self.today), [change])
                self.env["kor.contract.amendment"].browse(amendment).action_agree("Ada")
                self.assertEqual(self.account.mrr, mrr)
        self.contract.action_cancel()
        self.assertEqual((self.account.mrr, self.account.contract_count), (0, 0))

    def test_overdue_is_less_what_is_paid_but_not_matched(self):
        self._invoice(100, due_days=5)
        self._invoice(70, due_days=-5)
        self._refresh()
        self.assertEqual(self.account.amount_due, 100)
        payment = self.env["account.payment"].create(
            {"partner_id": self.customer.id, "amount": 30, "payment_type": "inbound", "date": self._ago(1).date()}
        )
        payment.action_post()
        self._refresh()
        self.assertEqual(self.account.amount_due, 70 if payment.move_id else 100)

    def test_open_tickets_are_counted(self):
        self._make_ticket()
        self._make_ticket().state = "1_done"
        self._refresh()
        self.assertEqual(self.account.ticket_count, 1)

    def test_contact_is_what_people_wrote_and_said(self):
        person = self.env["res.partner"].create(
            {"name": "Ada", "parent_id": self.customer.id, "email": "ada@a.example"}
        )
        member = new_test_user(self.env, "kor_writer", "base.group_user,kor_contracts.group_kor_contract_officer")
        self._refresh()
        self.assertFalse(self.account.date_contact)
        contract = self.contract.with_user(member)
        contract.message_post(body="A note", subtype_xmlid="mail.mt_note")
        sent = {"partner_ids": person.ids, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.contract.with_user(self.env.ref("base.user_root")).message_post(body="Sent by a job", **sent)
        self._refresh()
        self.assertFalse(self.account.date_contact, "neither a note nor a job")
        table = [
            lambda: contract.message_post(body="How are you?", **sent),
            lambda: self.contract.message_post(body="Well", author_id=person.id, message_type="email"),
            lambda: self.account.activity_schedule("mail.mail_activity_data_call").action_feedback(),
        ]
        for act in table:
            act()
            self._refresh()
            self.assertEqual(self.account.date_contact.date(), self.today)
            self.env.cr.execute("UPDATE mail_message SET date = date - interval '900 days'")
            self._refresh()
            self.assertLess(self.account.date_contact.date(), self.today - timedelta(days=800))
        meeting = {"name": "Review", "start": self._ago(3, 9), "stop": self._ago(3, 10)}
        self.env["calendar.event"].create({**meeting, "partner_ids": [Command.set(person.ids)]})
        self._refresh()
        self.assertEqual(self.account.date_contact, self._ago(3, 9))

    def test_customers_of_contracts_that_run_already_get_their_account_at_the_installation(self):
        manager = new_test_user(self.env, "kor_am_before", "base.group_user")
        self.contract.account_manager_id = manager
        draft = self._make_contract(activate=False, partner_id=self.other_customer.id)
        # As before the module was there.
        self.account.sudo().unlink()
        post_init_hook(self.env(su=True))
        account = self._get_account(self.customer)
        self.assertRecordValues(account, [{"user_id": manager.id, "mrr": 100, "contract_count": 1, "active": True}])
        self.assertFalse(self._get_account(draft.partner_id), "nothing of it runs")
        post_init_hook(self.env(su=True))
        self.assertEqual(self._get_account(self.customer), account)

    def test_account_and_contracts_have_one_manager(self):
        ada, bob = (new_test_user(self.env, f"kor_{name}", "base.group_user") for name in ("ada", "bob"))
        second = self._make_contract()
        self.account.user_id = ada
        self.assertEqual((self.contract | second).account_manager_id, ada)
        second.account_manager_id = bob
        self.assertEqual((self.account.user_id, self.contract.account_manager_id), (bob, bob))
        third = self._make_contract()
        self.assertEqual(third.account_manager_id, bob, "of the account, which there is already")
        made = self._make_contract(partner_id=self.other_customer.id, account_manager_id=ada.id)
        self.assertEqual(self._get_account(self.other_customer).user_id, ada)
        made.account_manager_id = False
        self.assertFalse(self._get_account(self.other_customer).user_id)
