from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestSupportLevel(PolicyCase):
    def _create_step(self, **values):
        return self.env["kor.escalation.step"].create({"support_level_id": self.night.id, "percent": 75, **values})

    def test_every_level_warns_before_the_time_is_over_and_at_its_end(self):
        for code in ("basic", "priority", "dedicated", "premium"):
            with self.subTest(code):
                level = self.env.ref(f"kor_enterprise_tiers.support_level_{code}")
                self.assertLessEqual({75, 100}, set(level.escalation_step_ids.mapped("percent")))

    def test_steps_without_a_receiver_or_at_no_time_are_refused(self):
        for values, sentence in [
            ({"percent": 0}, "1 to 1000"),
            ({"percent": 2000}, "1 to 1000"),
            ({"receiver": "users"}, "Name the users"),
            ({"receiver": "group"}, "Choose the group"),
        ]:
            with self.subTest(values), self.assert_refused(sentence, ValidationError), self.env.cr.savepoint():
                self._create_step(**values)

    def test_receivers_go_up_the_ladder_until_somebody_is_there(self):
        agent, team, manager, sales = (
            self._create_user(f"sla_{name}", "kor_sla.group_kor_support_user") for name in "abcd"
        )
        nobody = self.env["res.users"]
        contract = self._create_contract()
        contract.write({"user_id": sales.id, "account_manager_id": manager.id, "support_user_ids": team.ids})
        bare = self._create_contract()
        bare.write({"user_id": sales.id})
        for receiver, assignees, one, expected in [
            ("assignees", agent, contract, agent),
            ("assignees", nobody, contract, team),
            ("team", agent, contract, team),
            ("account_manager", agent, contract, manager),
            ("team", agent, bare, sales),
            ("account_manager", agent, bare, sales),
        ]:
            with self.subTest(receiver, contract=one.name):
                self.assertEqual(self._create_step(receiver=receiver)._get_receivers(assignees, one), expected)
        named = self._create_step(receiver="users", user_ids=[Command.set((agent | sales).ids)])
        self.assertEqual(named._get_receivers(nobody, bare), agent | sales)
        group = self._create_step(receiver="group", group_id=self.env.ref("kor_sla.group_kor_support_user").id)
        self.assertLessEqual(agent | team | manager | sales, group._get_receivers(nobody, bare))

    def test_users_of_another_company_or_archived_are_told_nothing(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        agents = "kor_sla.group_kor_support_user"
        foreign = self._create_user("sla_far", agents, company_id=elsewhere.id, company_ids=elsewhere.ids)
        gone = self._create_user("sla_gone", agents)
        gone.active = False
        contract = self._create_contract(user_id=self.env.user.id)
        step = self._create_step(receiver="users", user_ids=[Command.set((foreign | gone).ids)])
        self.assertFalse(step._get_receivers(self.env["res.users"], contract) & (foreign | gone))

    def test_named_contacts_are_people_of_the_customer_and_change_without_an_amendment(self):
        contract = self._create_contract(activate=True)
        person = self.env["res.partner"].create({"name": "Ida", "parent_id": self.customer.id})
        contract.write({"support_contact_ids": person.ids, "named_contacts_only": True})
        contract.support_user_ids = self.env.user
        self.assertEqual(contract.support_contact_ids, person)
        stranger = self._create_customer("Stranger")
        with self.assert_refused("no contact of Harbour & Sons", ValidationError), self.env.cr.savepoint():
            contract.support_contact_ids = stranger

    def test_policies_of_the_tiers_are_whole(self):
        for code, uptime, levels in [
            ("starter", 99, 4),
            ("professional", 99.5, 4),
            ("enterprise", 99.9, 4),
            ("custom", 0, 4),
        ]:
            with self.subTest(code):
                tier = self.env.ref(f"kor_enterprise_tiers.tier_{code}")
                policy = self.env.ref(f"kor_sla.sla_policy_{code}")
                self.assertEqual((policy.tier_id, policy.uptime_target), (tier, tier.uptime_target))
                self.assertEqual((uptime, len(policy.target_ids)), (policy.uptime_target, levels))
                self.assertEqual(min(policy.band_ids.mapped("starts_at")), 0)

    def test_code_of_a_pause_reason_is_its_own(self):
        reason = self.env.ref("kor_sla.pause_reason_customer")
        self.assertTrue(reason.resumes_on_reply)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["kor.sla.pause.reason"].create({"name": "Mine", "code": "customer"})
