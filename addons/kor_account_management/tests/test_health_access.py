from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import KOR, AccountCase


@tagged("post_install", "-at_install")
class TestHealthAccess(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.deputy, cls.stranger = (
            new_test_user(
                cls.env,
                f"kor_{name}",
                f"base.group_user,{KOR}.group_kor_account_user",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for name in ("manager", "deputy", "stranger")
        )
        cls.portal = new_test_user(cls.env, "kor_portal_health", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.customer
        cls.account.write({"user_id": cls.manager.id, "deputy_ids": [Command.set(cls.deputy.ids)]})
        cls.account._take_snapshots(cls.today)

    def _see(self, user, model):
        return self.env[model].with_user(user).search([("company_id", "=", self.company.id)])

    def test_managers_and_deputies_see_their_accounts(self):
        for user, is_seen in ((self.manager, True), (self.deputy, True), (self.stranger, False)):
            with self.subTest(user=user.login):
                self.assertEqual(self.account in self._see(user, "kor.account"), is_seen)
                self.assertEqual(self.account.snapshot_ids in self._see(user, "kor.health.snapshot"), is_seen)
                if is_seen:
                    self.assertEqual(self.contract.with_user(user).health()["account"], "Aurora")
                    self.account.with_user(user).action_measure_health()
                    self.assertTrue(self.account.with_user(user).health_html)
                    continue
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                    self.contract.with_user(user).health()
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                    self.account.with_user(user).action_measure_health()

    def test_nobody_writes_snapshots_and_only_administrators_set_up(self):
        with self.assertRaises(AccessError):
            self.account.snapshot_ids.with_user(self.manager).write({"score": 99})
        model = self.env.ref(f"{KOR}.kor_health_model_starter").with_user(self.manager)
        self.assertTrue(model.name)
        with self.assertRaises(AccessError):
            model.write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.env["kor.health.backtest"].with_user(self.manager).create({"name": "Mine"})

    def test_portal_reads_nothing_of_it(self):
        models = ("kor.account", "kor.health.snapshot", "kor.health.model", "kor.health.weight", "kor.health.backtest",
                  "kor.health.backtest.line")  # fmt: skip
        for model in models:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.portal).search([])
        contract = self.contract.with_user(self.portal)
        self.assertEqual(contract.name, self.contract.name, "the contract is the customer's own")
        with self.assertRaisesRegex(AccessError, "for account managers only"):
            contract.health()
        with self.assertRaises(AccessError):
            self.account.with_user(self.portal).action_measure_health()

    def test_another_company_is_another_world(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        admin = new_test_user(
            self.env,
            "kor_elsewhere",
            f"base.group_user,{KOR}.group_kor_account_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self._see(admin, "kor.account"))
        self.assertFalse(self._see(admin, "kor.health.snapshot"))

    def test_a_contract_without_account_says_so(self):
        draft = self._make_contract(activate=False, partner_id=self.other_customer.id)
        with self.assertRaisesRegex(UserError, "Borealis has no account"):
            draft.health()

    def test_whoever_agrees_to_contracts_needs_no_right_to_accounts(self):
        officer = new_test_user(
            self.env,
            "kor_officer_only",
            "base.group_user,kor_contracts.group_kor_contract_officer",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        draft = self._make_contract(activate=False, partner_id=self.other_customer.id)
        draft.with_user(officer).action_activate()
        self.assertEqual(self._get_account(self.other_customer).contract_count, 1)
