from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
@freeze_time("2026-05-10")
class TestTierChangePolicy(ContractCase):
    """The policy of a pair of tiers proposes the day of a change and what is given back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["kor.tier.change.policy"].search([("from_tier_id", "!=", False)]).unlink()
        cls.lower = cls.tier.parent_id
        cls.upper = cls.tier
        cls.plans = {tier: cls._create_plan(name=tier.name, tier_id=tier.id) for tier in (cls.lower, cls.upper)}

    def _sign(self, tier, **values):
        return self._create_contract(activate=True, plan_id=self.plans[tier].id, **values)

    def _change(self, contract, tier, **values):
        change = (0, 0, {"kind": "plan", "plan_id": self.plans[tier].id})
        return self.env["kor.contract.amendment"].create({"contract_id": contract.id, "change_ids": [change], **values})

    def test_upgrade_holds_at_once_and_downgrade_with_the_next_term(self):
        up = self._change(self._sign(self.lower), self.upper)
        down = self._change(self._sign(self.upper), self.lower)
        self.assertEqual((str(up.date_effective), up.credit), ("2026-05-10", "prorated"))
        self.assertEqual((str(down.date_effective), down.credit), ("2027-01-01", "none"))
        self.assertRegex(down.policy_reason, "“Downgrades”: with the next term, from 2027-01-01; given back: nothing")

    def test_policy_that_names_more_counts_before_one_that_names_less(self):
        policy = self.env["kor.tier.change.policy"]
        contract = self._sign(self.upper)
        for values, expected in (
            ({"to_tier_id": self.lower.id, "timing": "period_end", "credit": "full"}, ("2026-06-01", "full")),
            ({"from_tier_id": self.upper.id, "to_tier_id": self.lower.id, "timing": "at_once", "credit": "none"},
             ("2026-05-10", "none")),
        ):  # fmt: skip
            policy.create(values)
            amendment = self._change(contract, self.lower)
            self.assertEqual((str(amendment.date_effective), amendment.credit), expected)

    def test_day_that_was_chosen_stays(self):
        amendment = self._change(self._sign(self.upper), self.lower, date_effective="2026-07-01")
        self.assertEqual((str(amendment.date_effective), amendment.credit), ("2026-07-01", "prorated"))
        self.assertTrue(amendment.policy_reason)
        amendment.action_take_policy()
        self.assertEqual((str(amendment.date_effective), amendment.credit), ("2027-01-01", "none"))

    def test_open_ended_contract_changes_with_the_next_period(self):
        down = self._change(self._sign(self.upper, term="monthly"), self.lower)
        self.assertEqual(str(down.date_effective), "2026-06-01")

    def test_other_changes_have_no_policy(self):
        contract = self._sign(self.upper)
        change = (0, 0, {"kind": "pause"})
        amendment = self.env["kor.contract.amendment"].create({"contract_id": contract.id, "change_ids": [change]})
        self.assertEqual((str(amendment.date_effective), amendment.policy_reason), ("2026-05-10", ""))

    def test_downgrade_with_the_next_term_brings_the_renewal_with_it(self):
        contract = self._sign(self.upper, auto_renew=True)
        down = self._change(contract, self.lower)
        self.assertEqual(down.preview()["after"]["tier"], self.lower.code)
        self.assertEqual(len(contract.term_ids), 1)
        down.action_agree("Ada")
        self.assertEqual(down.state, "agreed")
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual((down.state, contract.tier_id, len(contract.term_ids)), ("applied", self.lower, 2))
        self.assertEqual(str(contract.date_end), "2027-12-31")

    def test_amendment_that_cannot_be_applied_keeps_nobody_waiting(self):
        stuck, other = self._sign(self.upper, auto_renew=False), self._sign(self.upper, auto_renew=True)
        amendments = [self._change(one, self.lower) for one in (stuck, other)]
        for amendment in amendments:
            amendment.action_agree("Ada")
        with freeze_time("2027-01-01 12:00:00"):
            self.env["kor.contract"]._cron_update_states()
        self.assertEqual([one.state for one in amendments], ["agreed", "applied"])
        self.assertEqual((stuck.state, len(amendments[0].activity_ids)), ("ended", 1))

    def test_proposal_for_other_systems(self):
        contract = self._sign(self.upper)
        proposed = contract.propose_plan_change(self.plans[self.lower].id)
        self.assertEqual((proposed["date_effective"], proposed["credit"]), ("2027-01-01", "none"))
        with self.assertRaises(AccessError):
            contract.propose_plan_change(0)

    def test_only_administrators_change_policies(self):
        officer = self._create_user("kor_policy_officer", "officer")
        with self.assertRaises(AccessError):
            self.env["kor.tier.change.policy"].with_user(officer).create({"timing": "at_once"})
