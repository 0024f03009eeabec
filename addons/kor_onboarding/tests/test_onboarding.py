from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestOnboarding(OnboardingCase):
    def test_plan_is_the_one_computed_by_hand(self):
        # As in the tests of the engine: Easter lies between Thursday the 2nd and Tuesday the 7th.
        onboarding = self._onboard()
        self.assertEqual(
            self._get_days(onboarding),
            {
                "account": (1, 1),
                "login": (2, 7),
                "kickoff": (7, 7),
                "workshop": (8, 10),
                "webinar": (8, 8),
                "live": (13, 13),
                "use": (15, 16),
            },
        )
        self.assertRecordValues(
            onboarding,
            [
                {
                    "state": "not_started",
                    "color": "grey",
                    "date_signed": self._april(1),
                    "date_planned": self._april(13),
                    "date_agreed": self._april(13),
                    "date_forecast": self._april(13),
                    "manager_id": self.manager.id,
                    "progress": 0,
                }
            ],
        )

    def test_steps_have_the_days_of_their_tasks(self):
        onboarding = self._onboard(with_integration=True)
        found = [(step.kind, step.date_planned_start.day, step.date_planned_end.day) for step in onboarding.step_ids]
        # The key takes the 8th, the integration is built on the 9th and 10th.
        expected = [("account_setup", 1, 7), ("configuration", 7, 10), ("training", 8, 8), ("integration", 8, 10)]
        self.assertEqual(found, [*expected, ("go_live", 13, 16)])
        self.assertEqual(onboarding.step_ids.mapped("needs_signoff"), [False, True, False, False, False])

    def test_integration_is_there_only_where_it_was_bought(self):
        without, with_it = self._onboard(), self._onboard(with_integration=True)
        self.assertFalse(self._task(without, "key") | self._task(without, "build"))
        self.assertNotIn("integration", without.step_ids.mapped("kind"))
        self.assertTrue(self._task(with_it, "build"))
        self.assertIn(self._task(with_it, "build"), self._task(with_it, "live").depend_on_ids)

    def test_each_condition(self):
        line = {"charge_type": "per_unit", "metric_id": self.seats.id, "unit_price": 5, "quantity": 2}
        contract = self._create_contract({}, line, date_start="2026-04-01")
        other = self.env["product.product"].create({"name": "Not bought", "type": "service"})
        lower = self.tier.parent_id
        contract.feature_ids = self.tea
        task = self.template_tasks["key"]
        cases = (
            ({"kor_condition": "always"}, True),
            ({"kor_condition": "feature", "kor_feature_id": self.tea.id}, True),
            ({"kor_condition": "feature", "kor_feature_id": self.coffee.id}, False),
            ({"kor_condition": "metric", "kor_metric_id": self.seats.id}, True),
            ({"kor_condition": "metric", "kor_metric_id": self.storage.id}, False),
            ({"kor_condition": "product", "kor_product_id": self.product.id}, True),
            ({"kor_condition": "product", "kor_product_id": other.id}, False),
            ({"kor_condition": "tier", "kor_tier_id": self.tier.id}, True),
            ({"kor_condition": "tier", "kor_tier_id": lower.id}, False),
        )
        for values, expected in cases:
            with self.subTest(values):
                task.write(values)
                self.assertEqual(task._fits_kor_contract(contract), expected)
        with self.assert_refused("choose the Tier of its condition", ValidationError):
            task.write({"kor_condition": "tier", "kor_tier_id": False})

    def test_who_waited_for_what_is_left_out_waits_for_what_is_before_it(self):
        # The go-live waits for the workshop only through a test that is not part of this contract.
        check = self.template_tasks["build"]
        check.depend_on_ids = [Command.set(self.template_tasks["workshop"].ids)]
        self.template_tasks["live"].depend_on_ids = [Command.set(check.ids)]
        onboarding = self._onboard()
        self.assertEqual(self._task(onboarding, "live").depend_on_ids, self._task(onboarding, "workshop"))
        self.assertEqual(self._get_days(onboarding)["live"], (13, 13))

    def test_tasks_go_to_people_by_role_and_else_to_the_manager(self):
        onboarding = self._onboard()
        self.assertEqual(self._task(onboarding, "webinar").user_ids, self.trainer)
        self.assertEqual(self._task(onboarding, "account").user_ids, self.manager)
        self.assertFalse(self._task(onboarding, "login").user_ids, "it is the customer's")
        self.assertEqual(self._step(onboarding, "training").owner_id, self.trainer)
        self.assertEqual(onboarding.project_id.privacy_visibility, "employees")
        self.assertEqual(onboarding.project_id.user_id, self.manager)

    def test_native_deadlines_are_those_of_the_plan(self):
        onboarding = self._onboard()
        self.assertEqual(str(self._task(onboarding, "workshop").date_deadline), "2026-04-10 18:00:00")

    def test_starting_again_gives_the_same_one(self):
        contract = self._sign()
        first = contract.start_onboarding()
        self.assertEqual(contract.start_onboarding(), first)
        self.assertEqual(len(contract.onboarding_ids), 1)
        contract.onboarding_id.stop("The customer has merged")
        second = contract.start_onboarding()
        self.assertNotEqual(second, first)
        self.assertEqual(contract.onboarding_ids.mapped("state").count("cancelled"), 1)

    def test_preview_is_what_comes_and_writes_nothing(self):
        contract = self._create_contract({}, date_start="2026-04-01")
        contract.feature_ids = self.tea
        projects, onboardings = (self.env[name].search_count([]) for name in ("project.project", "kor.onboarding"))
        preview = contract.preview_onboarding()
        self.assertEqual((preview["date_go_live"], preview["left_out"]), ("2026-04-13", ["key", "build"]))
        days = {task["name"]: (int(task["start"][-2:]), int(task["end"][-2:])) for task in preview["tasks"]}
        self.assertEqual(self.env["project.project"].search_count([]), projects)
        self.assertEqual(self.env["kor.onboarding"].search_count([]), onboardings)
        contract.action_activate()
        self.assertEqual(self._get_days(self._onboard(contract)), days)

    def test_activation_begins_it_where_the_company_wants_that(self):
        self.assertFalse(self._sign().onboarding_id)
        self.company.kor_onboarding_auto = True
        contract = self._sign()
        self.assertTrue(contract.onboarding_id)
        contract.action_activate()
        self.assertEqual(len(contract.onboarding_ids), 1)

    def test_refusals_say_what_is_right(self):
        draft, running = self._create_contract({}), self._sign()
        with self.assert_refused("is not running: activate it first"):
            draft.start_onboarding()
        with self.assert_refused("date_go_live must be a date"):
            running.start_onboarding("soon")
        with self.assert_refused("there is none with the id 0?9999999"):
            running.start_onboarding("", 9999999)
        self.template.active = False
        self.env["kor.onboarding.template"].search([("tier_ids", "=", False)]).active = False
        with self.assert_refused("no onboarding template for the tier Summit"):
            running.start_onboarding()

    def test_template_of_the_tier_goes_before_one_of_all(self):
        templates = self.env["kor.onboarding.template"]
        general = self.template.copy({"tier_ids": False, "sequence": 0, "name": "All"})
        contract = self._sign()
        self.assertEqual(templates._get_for(contract), self.template)
        own = self.template.copy({"company_id": self.company.id, "sequence": 99})
        self.assertEqual(templates._get_for(contract), own)
        (self.template | own).active = False
        self.assertEqual(templates._get_for(contract), general)
        with self.assert_refused("is no project template", ValidationError):
            general.project_id = self.env["project.project"].create({"name": "Plain"})

    def test_status_is_plain_and_tells_what_is_known(self):
        status = self._onboard().status()
        self.assertEqual(
            {name: status[name] for name in ("state", "date_agreed", "date_go_live", "time_to_value", "is_decided")},
            {
                "state": "not_started",
                "date_agreed": "2026-04-13",
                "date_go_live": "",
                "time_to_value": "",
                "is_decided": False,
            },
        )
        self.assertEqual([step["step"] for step in status["steps"]][0], "account_setup")
        self.assertNotIn("None", str(status))

    def test_delay_is_told_and_not_written(self):
        onboarding = self._onboard()
        task = self._task(onboarding, "webinar")
        # It has a slack of two days: the 8th may become the 10th.
        self.assertEqual(onboarding.preview_delay(task.id, 2)["go_live"], ["2026-04-13", "2026-04-13"])
        told = onboarding.preview_delay(task.id, 3)
        self.assertEqual(told["go_live"], ["2026-04-13", "2026-04-14"])
        self.assertEqual(told["tasks"][str(task.id)], ["2026-04-08", "2026-04-13"])
        self.assertEqual(task.kor_date_end, self._april(8))
        for key, days, sentence in (
            (0, 1, "still open"),
            (task.id, "1", "whole number"),
            (task.id, -1, "0 working days"),
        ):
            with self.subTest(sentence), self.assert_refused(sentence):
                onboarding.preview_delay(key, days)

    def test_facts_are_not_written_by_hand(self):
        onboarding = self._onboard()
        for values in ({"state": "done"}, {"date_go_live": "2026-04-01"}, {"date_forecast": False}):
            with self.subTest(values), self.assert_refused("follows from what happens"):
                onboarding.write(values)
        with self.assert_refused("follow from what happens"):
            onboarding.step_ids[0].write({"signed_by": "Me"})
        with self.assert_refused(r"call start_onboarding\(\)"):
            self.env["kor.onboarding"].with_user(self.manager).create({"contract_id": onboarding.contract_id.id})

    def test_decided_state_holds_until_its_day(self):
        onboarding = self._onboard()
        with self.assert_refused("Say why the state is decided", ValidationError):
            onboarding.override_state = "at_risk"
        onboarding.write(
            {"override_state": "at_risk", "override_reason": "Their sponsor has left", "override_until": "2026-04-08"}
        )
        self.assertEqual(
            (onboarding.state, onboarding.state_computed, onboarding.color), ("at_risk", "not_started", "amber")
        )
        self.assertEqual(onboarding.status()["reason"], "Their sponsor has left")
        with freeze_time("2026-04-09 12:00:00"):
            self.env["kor.onboarding"]._cron_follow()
        self.assertEqual(onboarding.state, onboarding.state_computed)

    def test_only_who_may_starts_one(self):
        contract = self._sign()
        reader = new_test_user(self.env, "onb_reader", "kor_contracts.group_kor_contract_user")
        officer = new_test_user(self.env, "onb_officer", "kor_contracts.group_kor_contract_officer")
        with self.assertRaises(AccessError):
            contract.with_user(reader).start_onboarding()
        self.assertTrue(contract.with_user(officer).start_onboarding())
        with self.assertRaises(AccessError):
            contract.onboarding_id.with_user(reader).complete_step("training")
        self.assertTrue(contract.onboarding_id.with_user(reader).status()["id"])
        with self.assertRaises(UserError):
            contract.onboarding_id.with_user(self.manager).complete_step("dancing")
