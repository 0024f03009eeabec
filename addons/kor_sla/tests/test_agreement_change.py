from odoo.fields import Command
from odoo.tests import tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestAgreementChange(PolicyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract(activate=True, auto_renew=True)
        cls.gold = cls._create_policy(
            ((99, 99.9, 20), (0, 99, 40)), name="Gold", tier_id=False, uptime_target=99.9, penalty_cap=80
        )

    def _get_at(self, day):
        return self._get_bound(self.contract, day)

    def test_change_from_outside_makes_a_version_and_ends_the_one_before(self):
        amendment = self._amend(
            self.contract,
            "2026-03-15",
            {"kind": "sla", "uptime_target": 99.95, "support_level": "premium", "policy": self.gold.id},
        )
        self.assertEqual(
            self._get_versions(self.contract),
            [("2026-01-01", "2026-03-14", 99.5, "test_night"), ("2026-03-15", "", 99.95, "premium")],
        )
        new = self._get_at("2026-03-15")
        self.assertEqual((new.policy_id, new.penalty_cap, new.amendment_id), (self.gold, 80, amendment))
        self.assertEqual(self._get_bands(new), [(99, 99.95, 20), (0, 99, 40)])
        self.assertEqual((self.contract.uptime_target, self.contract.support_level_id.code), (99.95, "premium"))
        self.assertEqual(amendment.summary, "Service level: policy “Gold”, uptime 99.95 %, Premium support")

    def test_change_of_one_thing_leaves_the_rest_as_agreed(self):
        for change, uptime, level, cap in [
            ({"uptime_target": 99.9}, 99.9, "test_night", 60),
            ({"support_level": "basic"}, 99.5, "basic", 60),
            ({"policy": self.gold.id}, 99.9, "test_night", 80),
            ({"policy": self.gold.id, "uptime_target": 98}, 98, "test_night", 80),
        ]:
            with self.subTest(change):
                contract = self._create_contract(activate=True)
                self._amend(contract, "2026-03-01", {"kind": "sla", **change})
                last = contract._get_sla_versions()[-1]
                self.assertEqual(
                    (last.uptime_target, last.support_level_id.code, last.penalty_cap), (uptime, level, cap)
                )
                self.assertEqual(len(last.target_ids), 2)

    def test_bad_changes_are_refused_with_a_sentence(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_policy(name="Foreign", company_id=other.id)
        for change, sentence in [
            ({}, "give a policy, an uptime target or a support level"),
            ({"uptime_target": 101}, "percentage from 0 to 100"),
            ({"uptime_target": "much"}, "must be a number"),
            ({"support_level": "gold"}, "no support level “gold”: use one of .*premium"),
            ({"policy": 999999999}, "no record with the id"),
            ({"policy": "Gold"}, "must be the id of a record"),
            ({"policy": foreign.id}, "one of another company"),
            ({"uptime": 99.9}, "does not know uptime"),
        ]:
            with self.subTest(change), self.assert_refused(sentence), self.env.cr.savepoint():
                self.contract.amend("2026-03-01", [{"kind": "sla", **change}])

    def test_other_kinds_are_still_known(self):
        with self.assert_refused("use one of add, billing_day, .*sla.*transfer"):
            self.contract.amend("2026-03-01", [{"kind": "nothing"}])

    def test_change_on_the_first_day_replaces_the_first_version(self):
        self._amend(self.contract, "2026-01-01", {"kind": "sla", "uptime_target": 99.9})
        self.assertEqual(self._get_versions(self.contract), [("2026-01-01", "", 99.9, "test_night")])
        self.assertEqual(len(self.contract.sla_agreement_ids), 2, "what was promised before stays as evidence")

    def test_two_changes_on_a_day_hold_both(self):
        self._amend(self.contract, "2026-04-01", {"kind": "sla", "uptime_target": 99.9})
        self._amend(self.contract, "2026-04-01", {"kind": "sla", "support_level": "basic"})
        self.assertEqual(
            self._get_versions(self.contract),
            [("2026-01-01", "2026-03-31", 99.5, "test_night"), ("2026-04-01", "", 99.9, "basic")],
        )

    def test_back_dated_change_is_carried_into_later_versions(self):
        self._amend(self.contract, "2026-05-01", {"kind": "sla", "support_level": "basic"})
        self._amend(self.contract, "2026-07-01", {"kind": "sla", "uptime_target": 99.99})
        self._amend(self.contract, "2026-03-01", {"kind": "sla", "uptime_target": 99.9, "support_level": "premium"})
        self.assertEqual(
            self._get_versions(self.contract),
            [
                ("2026-01-01", "2026-02-28", 99.5, "test_night"),
                ("2026-03-01", "2026-04-30", 99.9, "premium"),
                # What was agreed for May and July stays; only the rest is carried.
                ("2026-05-01", "2026-06-30", 99.9, "basic"),
                ("2026-07-01", "", 99.99, "basic"),
            ],
        )
        self.assertEqual((self.contract.uptime_target, self.contract.support_level_id.code), (99.99, "basic"))

    def test_back_dated_policy_keeps_a_target_that_was_agreed_later(self):
        self._amend(self.contract, "2026-05-01", {"kind": "sla", "uptime_target": 99.99})
        self._amend(self.contract, "2026-03-01", {"kind": "sla", "policy": self.gold.id})
        self.assertEqual(
            [(one.uptime_target, one.penalty_cap) for one in self.contract._get_sla_versions()],
            [(99.5, 60), (99.9, 80), (99.99, 80)],
        )

    def test_change_of_tier_takes_the_policy_of_the_new_one(self):
        tier = self.env.ref("kor_enterprise_tiers.tier_enterprise")
        plan = self._create_plan(name="Enterprise annual", tier_id=tier.id)
        amendment = self._amend(self.contract, "2026-04-01", {"kind": "plan", "plan": plan.id})
        self.assertEqual(
            self._get_versions(self.contract),
            [("2026-01-01", "2026-03-31", 99.5, "test_night"), ("2026-04-01", "", 99.9, "dedicated")],
        )
        new = self._get_at("2026-04-01")
        self.assertEqual((new.tier_id, new.policy_id), (tier, self.env.ref("kor_sla.sla_policy_enterprise")))
        self.assertEqual(new.amendment_id, amendment)
        self.assertEqual(self._get_at("2026-03-31").policy_id, self.policy)

    def test_negotiated_level_holds_over_the_tiers_in_either_order(self):
        tier = self.env.ref("kor_enterprise_tiers.tier_enterprise")
        plan = self._create_plan(name="Enterprise annual", tier_id=tier.id)
        changes = [{"kind": "plan", "plan": plan.id}, {"kind": "sla", "uptime_target": 99.99}]
        for order in (changes, changes[::-1]):
            contract = self._create_contract(activate=True)
            numbered = [{**change, "sequence": number} for number, change in enumerate(order)]
            self._amend(contract, "2026-04-01", *numbered)
            with self.subTest(order[0]["kind"]):
                self.assertEqual(self._get_versions(contract)[1:], [("2026-04-01", "", 99.99, "dedicated")])
                self.assertEqual(contract.uptime_target, 99.99)

    def test_preview_shows_before_and_after_and_writes_nothing(self):
        amendment = self.env["kor.contract.amendment"].browse(
            self.contract.amend("2026-03-15", [{"kind": "sla", "policy": self.gold.id, "support_level": "premium"}])
        )
        preview = amendment.preview()
        before, after = (dict(map(tuple, preview[side]["terms"])) for side in ("before", "after"))
        self.assertEqual((before["Uptime"], after["Uptime"]), ("99.5 %", "99.9 %"))
        self.assertEqual((before["Support"], after["Support"]), ("Night", "Premium"))
        self.assertIn("50 % below 95 %", before["Credits"])
        self.assertIn("20 % below 99.9 %, 40 % below 99 %", after["Credits"])
        self.assertEqual(
            (preview["before"]["service_level"]["policy"], preview["after"]["service_level"]["policy"]),
            ("Summit", "Gold"),
        )
        self.assertEqual(self._get_versions(self.contract), [("2026-01-01", "", 99.5, "test_night")])
        self.assertEqual(self.contract.uptime_target, 99.5)
        self.assertIn("20 % below 99.9 %", str(amendment.preview_html))

    def test_as_of_tells_the_level_of_the_day(self):
        self._amend(self.contract, "2026-03-15", {"kind": "sla", "uptime_target": 99.95})
        for day, uptime in (("2026-03-14", 99.5), ("2026-03-15", 99.95)):
            self.assertEqual(self.contract.as_of(day)["service_level"]["uptime_target"], uptime)
        self.assertEqual(self.contract.as_of("2025-12-31")["service_level"], {})

    def test_customer_who_takes_over_has_the_levels_of_the_contract(self):
        heir = self._create_customer("Heir")
        self._amend(self.contract, "2026-02-01", {"kind": "sla", "uptime_target": 99.9})
        self._amend(self.contract, "2026-06-01", {"kind": "sla", "support_level": "basic"})
        self._amend(self.contract, "2026-04-01", {"kind": "transfer", "partner": heir.id})
        new = self.contract.transferred_to_ids
        self.assertEqual(
            self._get_versions(new),
            [("2026-04-01", "2026-05-31", 99.9, "test_night"), ("2026-06-01", "", 99.9, "basic")],
        )
        self.assertEqual((new.uptime_target, new.support_level_id.code), (99.9, "basic"))
        self.assertFalse(self._get_at("2026-04-01"), "the old contract is over")
        self.assertEqual(self._get_at("2026-03-31").uptime_target, 99.9)

    def test_back_dated_change_of_the_heir_leaves_what_was_agreed_before_the_transfer(self):
        heir = self._create_customer("Heir")
        self._amend(self.contract, "2026-06-01", {"kind": "sla", "support_level": "basic"})
        self._amend(self.contract, "2026-04-01", {"kind": "transfer", "partner": heir.id})
        new = self.contract.transferred_to_ids
        self._amend(new, "2026-05-01", {"kind": "sla", "support_level": "premium", "uptime_target": 99.9})
        self.assertEqual(
            self._get_versions(new),
            [
                ("2026-04-01", "2026-04-30", 99.5, "test_night"),
                ("2026-05-01", "2026-05-31", 99.9, "premium"),
                ("2026-06-01", "", 99.9, "basic"),
            ],
        )

    def test_nothing_is_promised_after_the_end(self):
        contract = self._create_contract(activate=True)
        contract.action_cancel("2026-03-31")
        self.assertEqual(contract.as_of("2026-04-01")["service_level"], {})
        self.assertEqual(contract.as_of("2026-03-31")["service_level"]["uptime_target"], 99.5)

    def test_renewal_carries_the_agreement_on(self):
        contract = self._create_contract(activate=True, date_start="2026-01-01")
        contract.renew("2027-12-31", agreed_by="Harbour")
        contract.renewal_amendment_id._apply()
        self.assertEqual(len(contract._get_sla_versions()), 1)
        self.assertTrue(self._get_bound(contract, "2027-06-01"))

    def test_spans_of_a_month_with_a_change_in_it(self):
        self._amend(self.contract, "2026-03-15", {"kind": "sla", "uptime_target": 99.95})
        day = self.contract._parse_date
        contracts = self.contract | self._create_contract()
        spans = contracts._get_sla_agreements(day("2026-03-01", ""), day("2026-03-31", ""))
        self.assertEqual(
            [(one.uptime_target, str(first), str(last)) for one, first, last in spans[self.contract]],
            [(99.5, "2026-03-01", "2026-03-14"), (99.95, "2026-03-15", "2026-03-31")],
        )
        self.assertEqual(spans[contracts - self.contract], [], "a draft promises nothing")

    def test_customer_signs_a_change_by_an_officer_who_reads_no_policy_of_others(self):
        officer = self._create_user("sla_officer", "officer")
        contract = self.contract.with_user(officer)
        amendment = contract.env["kor.contract.amendment"].create(
            {
                "contract_id": contract.id,
                "date_effective": "2026-03-01",
                "change_ids": [Command.create({"kind": "sla", "uptime_target": 99.9})],
            }
        )
        amendment.action_agree("Harbour", "document")
        self.assertEqual(self.contract.uptime_target, 99.9)
