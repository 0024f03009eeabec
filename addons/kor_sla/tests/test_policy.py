from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestPolicy(PolicyCase):
    def test_bands_that_are_not_whole_are_refused_with_a_sentence(self):
        for name, bands, sentence in [
            ("gap inside", ((99, 99.5, 10), (0, 95, 50)), "from 95 up to 99 % have no credit"),
            ("overlap", ((94, 99.5, 10), (0, 95, 50)), "from 94 up to 95 % have more than one credit"),
            ("not from 0", ((95, 99.5, 10),), "from 0 up to 95 % have no credit"),
            ("below the target", ((0, 99, 10),), "from 99 up to the target of 99.5 % have no credit"),
            ("above the target", ((0, 100, 10),), "beyond the target of 99.5 %"),
            ("backwards", ((0, 95, 10), (99.5, 95, 10)), "ends above that"),
            ("credit above the fee", ((0, 99.5, 101),), "A credit is a percentage from 0 to 100, not 101"),
        ]:
            with self.subTest(name), self.assert_refused(sentence, ValidationError), self.env.cr.savepoint():
                self._create_policy(bands)

    def test_whole_bands_are_taken_in_any_order_and_changed_together(self):
        policy = self._create_policy(((0, 95, 50), (95, 99.5, 10)))
        top, low = policy.band_ids.sorted("below", reverse=True)
        policy.write(
            {
                "uptime_target": 99.9,
                "band_ids": [
                    Command.update(top.id, {"starts_at": 97, "below": 99.9}),
                    Command.update(low.id, {"below": 90}),
                    Command.create({"starts_at": 90, "below": 97, "credit": 20}),
                ],
            }
        )
        self.assertEqual(self._get_bands(policy), [(97, 99.9, 10), (90, 97, 20), (0, 90, 50)])

    def test_a_single_band_that_is_written_or_deleted_is_checked_at_once(self):
        low = self.policy.band_ids[-1]
        with self.assert_refused("from 90 up to 95 % have no credit", ValidationError), self.env.cr.savepoint():
            low.below = 90
        with self.assert_refused("from 0 up to 95 % have no credit", ValidationError), self.env.cr.savepoint():
            low.unlink()
        with self.assert_refused("more than one credit", ValidationError), self.env.cr.savepoint():
            low.copy()
        self.assertEqual(self._get_bands(self.policy), [(95, 99.5, 10), (0, 95, 50)])

    def test_no_caller_can_leave_out_the_check(self):
        low = self.policy.band_ids[-1]
        for forged in (True, "WHOLE", {}):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                low.with_context(kor_sla_whole=forged).below = 90

    def test_bands_without_a_target_have_to_be_whole_up_to_their_own_top(self):
        policy = self._create_policy(((99, 99.9, 10), (0, 99, 20)), uptime_target=0)
        self.assertEqual(len(policy.band_ids), 2)
        with self.assert_refused("have no credit", ValidationError), self.env.cr.savepoint():
            policy.band_ids[-1].unlink()

    def test_credits_are_told_in_the_language_of_each_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        band = self.policy.band_ids[0]
        names = [band.with_context(lang=lang).display_name for lang in ("en_US", "fr_FR", "en_US")]
        self.assertEqual(
            names,
            ["10 % below 99.5 %", "10\N{NO-BREAK SPACE}% en dessous de 99,5\N{NO-BREAK SPACE}%", "10 % below 99.5 %"],
        )

    def test_figures_out_of_bounds_are_refused(self):
        for values, sentence in [
            ({"uptime_target": 100.5}, "Uptime .* is a percentage from 0 to 100, not 100.5"),
            ({"uptime_target": -1}, "Uptime"),
            ({"penalty_cap": 101}, "Credits at Most"),
            ({"response_credit": -0.5}, "Late Response"),
            ({"resolution_credit": 200}, "Late Resolution"),
            ({"maintenance_minutes": -1}, "Maintenance .* is 0 or more, not -1"),
            ({"maintenance_notice_hours": -1}, "Notice"),
            ({"reopening_days": -1}, "Reopening"),
            ({"penalty_minimum": -0.01}, "Not Issued"),
            ({"dispute_days": -1}, "Dispute"),
        ]:
            with self.subTest(values), self.assert_refused(sentence, ValidationError), self.env.cr.savepoint():
                self._create_policy((), **values)

    def test_targets_that_contradict_themselves_are_refused(self):
        for name, target, sentence in [
            ("negative", self._target("2", -1, 0), "0 minutes or more"),
            ("response after resolution", self._target("2", 61, 60), "later than the resolution after 60"),
            ("a second one for urgent", self._target("3", 1, 1), "2 targets for the priority Urgent"),
        ]:
            with self.subTest(name), self.assert_refused(sentence, ValidationError), self.env.cr.savepoint():
                self.policy.target_ids = [target]
        self.policy.target_ids = [self._target("2", 60, 60), self._target("0", 60, 0)]
        self.assertEqual(len(self.policy.target_ids), 4)

    def test_a_part_belongs_to_a_policy_or_an_agreement_and_not_to_both(self):
        agreement = self._create_contract().sla_agreement_ids
        target = self.env["kor.sla.target"]
        for owners in ({}, {"policy_id": self.policy.id, "agreement_id": agreement.id}):
            with self.subTest(owners), self.assert_refused("Give one of both"), self.env.cr.savepoint():
                target.create({"priority": "0", **owners})
        with self.assert_refused("Give one of both"), self.env.cr.savepoint():
            agreement.target_ids[0].policy_id = self.policy

    def test_plain_input_is_checked_as_other_systems_send_it(self):
        for values, sentence in [
            ({"uptime_target": "many"}, "must be a number"),
            ({"penalty_mode": "never"}, "use one of: none, approval, automatic"),
            ({"tier_id": "enterprise"}, "must be the id of a record"),
            ({"uptime": 99}, "has no field “uptime”"),
            ({"target_ids": [[0, 0, {"priority": "high"}]]}, "use one of: 0, 1, 2, 3"),
            ({"band_ids": [[0, 0, {"below": "all"}]]}, "must be a number"),
            ({"tz": "Mars"}, "cannot be “Mars”"),
        ]:
            with self.subTest(values), self.assert_refused(sentence), self.env.cr.savepoint():
                self.env["kor.sla.policy"].create({"name": "Sent", **values})

    def test_copy_has_the_terms_a_name_of_its_own_and_no_tier(self):
        copy = self.policy.copy()
        self.assertEqual((copy.name, copy.tier_id.id), ("Summit (copy)", False))
        self.assertEqual(self._get_bands(copy), self._get_bands(self.policy))
        self.assertEqual(copy.target_ids.mapped("summary"), self.policy.target_ids.mapped("summary"))
        copy.band_ids = [Command.clear()]
        self.assertTrue(self.policy.band_ids, "a copy has bands of its own")

    def test_changed_targets_are_noted_in_the_chatter(self):
        self.policy.target_ids[0].policy_id.write(
            {"target_ids": [Command.update(self.policy.target_ids[0].id, {"response_minutes": 15})]}
        )
        body = self.policy.message_ids[0].body
        self.assertIn("Urgent: answered in 30 minutes", body)
        self.assertIn("→ Urgent: answered in 15 minutes", body)

    def test_tracked_figures_are_noted_in_the_chatter(self):
        tracked = self.policy.with_context(tracking_disable=False)
        self.env.cr.precommit.clear()
        tracked.penalty_cap = 40
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = tracked.message_ids.sudo().tracking_value_ids
        self.assertIn((60, 40), [(one.old_value_float, one.new_value_float) for one in values])

    def test_words_name_times_and_credits(self):
        self.assertEqual(
            self.policy.target_ids.mapped("summary"),
            ["answered in 30 minutes, each reply in 1 hour, resolved in 4 hours", "answered in 2 hours"],
        )
        self.assertEqual(
            self.policy._describe_credits(),
            "10 % below 99.5 %, 50 % below 95 %; of recurring fees of the month, at most 60 %",
        )

    def test_who_may_edit_policies(self):
        agent = self._create_user("sla_agent", "kor_sla.group_kor_support_user")
        manager = self._create_user("sla_manager", "kor_sla.group_kor_support_manager")
        officer = self._create_user("sla_officer", "officer")
        portal = self._create_user("sla_portal", "base.group_portal")
        policy, target, band = self.policy, self.policy.target_ids[0], self.policy.band_ids[0]
        for user in (agent, officer, portal):
            for record, values in (
                (policy, {"uptime_target": 1}),
                (target, {"response_minutes": 1}),
                (band, {"credit": 1}),
            ):
                with self.subTest(user.login, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).write(values)
        self.assertEqual(policy.with_user(agent).target_ids[0].response_minutes, 30)
        self.assertFalse(policy.with_user(portal).has_access("read"))
        band.with_user(manager).credit = 12
        policy.with_user(manager).write({"target_ids": [[1, target.id, {"response_minutes": 20}]]})
        self.assertEqual((band.credit, target.response_minutes), (12, 20))

    def test_officer_moves_no_part_into_a_policy(self):
        officer = self._create_user("sla_officer", "officer")
        target = self._create_contract().sla_agreement_ids.target_ids[0].with_user(officer)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            target.write({"agreement_id": False, "policy_id": self.policy.id})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            target.copy({"agreement_id": False, "policy_id": self.policy.id})
