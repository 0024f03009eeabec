from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..hooks import post_init_hook
from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestAgreement(PolicyCase):
    def test_contract_takes_a_copy_of_the_policy_of_its_tier(self):
        contract = self._create_contract(uptime_target=99.5)
        agreement = contract.sla_agreement_ids
        self.assertEqual((agreement.policy_id, agreement.tier_id), (self.policy, self.tier))
        self.assertEqual((str(agreement.date_start), agreement.date_end), ("2026-01-01", False))
        self.assertEqual((agreement.uptime_target, agreement.support_level_id), (99.5, self.night))
        self.assertEqual(agreement.penalty_cap, 60)
        self.assertEqual(self._get_bands(agreement), [(95, 99.5, 10), (0, 95, 50)])
        self.assertEqual(agreement.target_ids.mapped("summary"), self.policy.target_ids.mapped("summary"))
        self.policy.write({"penalty_cap": 5, "target_ids": [Command.clear()]})
        self.assertEqual((agreement.penalty_cap, len(agreement.target_ids)), (60, 2), "it is a copy")

    def test_own_companys_policy_goes_before_the_one_for_all(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        own = self._create_policy(name="Own", company_id=self.env.company.id, sequence=99)
        self._create_policy(name="Foreign", company_id=other.id, sequence=1)
        self.assertEqual(self._create_contract().sla_agreement_ids.policy_id, own)

    def test_negotiated_uptime_and_support_win_and_bands_follow(self):
        for uptime, bands in [
            (99.95, [(95, 99.95, 10), (0, 95, 50)]),
            (97.0, [(95, 97, 10), (0, 95, 50)]),
            # Half of the lower band is left, the upper one falls away.
            (90.0, [(0, 90, 50)]),
            (95.0, [(0, 95, 50)]),
        ]:
            with self.subTest(uptime):
                contract = self._create_contract(uptime_target=uptime, support_level_id=self.office.id)
                agreement = contract.sla_agreement_ids
                self.assertEqual((agreement.uptime_target, agreement.support_level_id), (uptime, self.office))
                self.assertEqual(agreement.support_calendar_id, self.office.calendar_id)
                self.assertEqual(self._get_bands(agreement), bands)

    def test_contract_without_a_target_takes_that_of_the_policy(self):
        self.tier.uptime_target = 0
        contract = self._create_contract()
        self.assertEqual((contract.uptime_target, contract.sla_agreement_ids.uptime_target), (99.5, 99.5))

    def test_without_a_policy_the_support_level_is_what_is_promised(self):
        self.policy.active = False
        self.night.response_minutes = 45
        agreement = self._create_contract().sla_agreement_ids
        self.assertEqual(
            (agreement.policy_id.id, agreement.penalty_mode, agreement.uptime_target), (False, "none", 99.5)
        )
        self.assertEqual(agreement.target_ids.mapped("response_minutes"), [45] * 4)

    def test_draft_is_followed_and_its_own_terms_stay(self):
        contract = self._create_contract()
        agreement = contract.sla_agreement_ids
        agreement.penalty_cap = 33
        contract.write({"date_start": "2026-02-01", "uptime_target": 99.9, "support_level_id": self.office.id})
        self.assertEqual(contract.sla_agreement_ids, agreement)
        self.assertEqual(self._get_versions(contract), [("2026-02-01", "", 99.9, "basic")])
        self.assertEqual((agreement.penalty_cap, self._get_bands(agreement)[0]), (33, (95, 99.9, 10)))

    def test_target_of_a_drafts_agreement_is_that_of_the_contract(self):
        contract = self._create_contract()
        contract.sla_agreement_ids.write({"uptime_target": 99.99, "support_level_id": self.office.id})
        self.assertEqual((contract.uptime_target, contract.support_level_id), (99.99, self.office))
        self.assertEqual(self._get_bands(contract.sla_agreement_ids), [(95, 99.99, 10), (0, 95, 50)])

    def test_another_tier_of_a_draft_makes_its_agreement_anew(self):
        contract = self._create_contract({})
        enterprise = self.env.ref("kor_enterprise_tiers.tier_enterprise")
        contract.tier_id = enterprise
        agreement = contract.sla_agreement_ids
        self.assertEqual(agreement.policy_id, self.env.ref("kor_sla.sla_policy_enterprise"))
        self.assertEqual((agreement.tier_id, agreement.uptime_target), (enterprise, 99.9))

    def test_plan_applied_anew_brings_the_policy_back(self):
        contract = self._create_contract()
        contract.sla_agreement_ids.target_ids = [Command.clear()]
        contract.action_apply_plan()
        self.assertEqual(len(contract.sla_agreement_ids.target_ids), 2)

    def test_another_policy_of_a_draft_replaces_its_terms(self):
        other = self._create_policy(((0, 98, 7),), name="Other", tier_id=False, uptime_target=98, penalty_cap=8)
        contract = self._create_contract()
        contract.sla_agreement_ids.policy_id = other
        agreement = contract.sla_agreement_ids
        self.assertEqual((agreement.uptime_target, agreement.penalty_cap, contract.uptime_target), (98, 8, 98))
        self.assertEqual(self._get_bands(agreement), [(0, 98, 7)])
        self.assertEqual(len(agreement.target_ids), 2)

    def test_what_is_agreed_is_frozen_with_all_its_parts(self):
        agreement = self._create_contract(activate=True).sla_agreement_ids
        for record, values in (
            (agreement, {"penalty_cap": 1}),
            (agreement, {"uptime_target": 1}),
            (agreement, {"policy_id": self.policy.id}),
            (agreement, {"date_end": "2026-03-31"}),
            (agreement, {"target_ids": [Command.clear()]}),
            (agreement, {"pause_reason_ids": [Command.clear()]}),
            (agreement.target_ids[0], {"response_minutes": 1}),
            (agreement.band_ids[0], {"credit": 1}),
        ):
            for forged in (False, True, "AMENDING"):
                with self.subTest(record._name, **values), self.assert_refused("Amend it as of a day"):
                    record.with_context(kor_amending=forged).write(values)
        for record in (agreement, agreement.target_ids[0], agreement.band_ids[0]):
            with self.subTest(record._name), self.assert_refused("Amend it as of a day"), self.env.cr.savepoint():
                record.unlink()
        with self.assert_refused("Amend it as of a day"), self.env.cr.savepoint():
            self.env["kor.sla.target"].create({"agreement_id": agreement.id, "priority": "0"})

    def test_no_part_is_moved_into_a_frozen_agreement(self):
        frozen, draft = (self._create_contract(activate=one).sla_agreement_ids for one in (True, False))
        draft.target_ids = [self._target("0", 600, 0)]
        with self.assert_refused("Amend it as of a day"), self.env.cr.savepoint():
            draft.target_ids[-1].agreement_id = frozen

    def test_draft_has_one_version_only(self):
        contract = self._create_contract()
        with self.assert_refused("made by an amendment"), self.env.cr.savepoint():
            self.env["kor.sla.agreement"].create({"contract_id": contract.id, "date_start": "2026-05-01"})

    def test_activation_makes_the_agreement_that_a_draft_has_lost(self):
        contract = self._create_contract()
        contract.sla_agreement_ids.unlink()
        contract.action_activate()
        self.assertEqual(contract.sla_agreement_ids.policy_id, self.policy)

    def test_agreement_of_a_day_binds_from_activation_to_the_last_day(self):
        contract = self._create_contract()
        self.assertFalse(self._get_bound(contract, "2026-03-01"), "nobody has agreed yet")
        contract.action_activate()
        contract._write_agreed({"date_cancelled": "2026-06-30"})
        for text, binds in [
            ("2025-12-31", False),
            ("2026-01-01", True),
            ("2026-06-30", True),
            ("2026-07-01", False),
        ]:
            with self.subTest(text):
                self.assertEqual(bool(self._get_bound(contract, text)), binds)

    def test_agreements_of_a_period_are_clipped_to_the_contract(self):
        contract = self._create_contract({}, activate=True, date_start="2026-01-15")
        day = contract._parse_date
        spans = contract._get_sla_agreements(day("2026-01-01", ""), day("2026-01-31", ""))[contract]
        self.assertEqual([(str(first), str(last)) for _one, first, last in spans], [("2026-01-15", "2026-01-31")])

    def test_engine_reads_promises_and_bands(self):
        agreement = self._create_contract(support_level_id=self.office.id).sla_agreement_ids
        promises = agreement._get_promises()
        urgent = promises["3"]
        self.assertEqual(
            (urgent.response, urgent.next_response, urgent.resolution, urgent.hours), (1800, 3600, 14400, "always")
        )
        self.assertEqual((promises["1"].response, promises["1"].resolution), (7200, None))
        self.assertNotIn("2", promises)
        self.assertEqual([(str(one.start), str(one.percent)) for one in agreement._get_engine_bands()][0][0], "0.0")
        self.assertEqual(agreement._get_worktime_calendar("support"), self.office.calendar_id)
        self.assertFalse(agreement._get_worktime_calendar("always"))
        self.assertEqual(agreement._get_tz(), "UTC")

    def test_hours_of_the_level_that_change_later_are_not_what_was_agreed(self):
        agreement = self._create_contract(support_level_id=self.office.id, activate=True).sla_agreement_ids
        before = self.office.calendar_id
        self.office.calendar_id = self.env.ref("kor_enterprise_tiers.calendar_extended_hours")
        self.assertEqual(agreement._get_worktime_calendar("support"), before)

    def test_copy_of_a_contract_promises_what_was_agreed(self):
        contract = self._create_contract(uptime_target=99.95)
        contract.sla_agreement_ids.penalty_cap = 7
        copy = contract.copy()
        self.assertEqual((copy.sla_agreement_ids.penalty_cap, copy.sla_agreement_ids.uptime_target), (7, 99.95))
        self.assertEqual(contract.copy({"plan_id": self.plan.id}).sla_agreement_ids.penalty_cap, 60)

    def test_contracts_from_before_get_an_agreement(self):
        old = self._create_contract(activate=True)
        new = self._create_contract()
        old.sudo()._as_amended().sla_agreement_ids.unlink()
        post_init_hook(self.env)
        self.assertEqual((len(old.sla_agreement_ids), len(new.sla_agreement_ids)), (1, 1))
        self.assertEqual(old.sla_agreement_ids.policy_id, self.policy)

    def test_fifty_agreements_take_no_more_queries_than_five(self):
        contracts = self.env["kor.contract"].create(
            [{"partner_id": self.customer.id, "plan_id": self.plan.id, "date_start": "2026-01-01"} for _no in range(50)]
        )
        counts = []
        for some in (contracts[:5], contracts):
            contracts.sla_agreement_ids.unlink()
            self.env.flush_all()
            self.env.invalidate_all()
            some.mapped("sla_agreement_ids")
            before = self.env.cr.sql_log_count
            some._make_sla_agreements()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 10, counts)

    def test_who_may_see_and_change_agreements(self):
        contract = self._create_contract()
        agreement = contract.sla_agreement_ids
        agent = self._create_user("sla_agent", "kor_sla.group_kor_support_user")
        officer = self._create_user("sla_officer", "officer")
        portal = self._create_user("sla_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        with self.assertRaises(AccessError):
            agreement.with_user(agent).penalty_cap = 1
        agreement.with_user(officer).write({"penalty_cap": 1, "target_ids": [Command.clear()]})
        self.assertEqual((agreement.with_user(agent).penalty_cap, len(agreement.target_ids)), (1, 0))
        contract.action_activate()
        self.assertFalse(agreement.with_user(portal).has_access("read"))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_user("sla_foreign", "officer", company_id=elsewhere.id, company_ids=elsewhere.ids)
        self.assertFalse(self.env["kor.sla.agreement"].with_user(foreign).search([("id", "=", agreement.id)]))

    def test_officer_makes_a_contract_with_its_agreement(self):
        officer = self._create_user("sla_officer", "officer")
        contract = (
            self.env["kor.contract"]
            .with_user(officer)
            .create({"partner_id": self.customer.id, "plan_id": self.plan.id})
        )
        contract.uptime_target = 99.9
        contract.action_activate()
        self.assertEqual(contract.sla_agreement_ids.uptime_target, 99.9)

    def test_customer_reads_the_terms_in_words(self):
        portal = self._create_user("sla_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        contract = self._create_contract(activate=True)
        facts = dict(contract.with_user(portal)._get_support_facts())
        self.assertEqual(facts["First response"], "Urgent: 30 minutes, Medium: 2 hours")
        self.assertEqual(facts["Resolution"], "Urgent: 4 hours")
        self.assertIn("10 % below 99.5 %", facts["Credits"])

    def test_customer_reads_no_other_customers_terms(self):
        portal = self._create_user("sla_portal", "base.group_portal")
        portal.partner_id.parent_id = self._create_customer("Someone else")
        contract = self._create_contract(activate=True).with_user(portal)
        with self.assertRaises(AccessError):
            contract.as_of("2026-03-01")
        self.assertFalse(self.env["kor.sla.agreement"].with_user(portal).has_access("read"))

    def test_bad_plain_input_is_refused_with_a_sentence(self):
        agreement = self._create_contract().sla_agreement_ids
        for values, sentence in [
            ({"uptime_target": "high"}, "must be a number"),
            ({"policy_id": 999999999}, "no record with the id"),
            ({"support_level_id": "premium"}, "must be the id of a record"),
            ({"penalty_cap": 300}, "percentage from 0 to 100"),
        ]:
            with self.subTest(values), self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                agreement.write(values)
            self.assertIn(sentence, str(refusal.exception))
