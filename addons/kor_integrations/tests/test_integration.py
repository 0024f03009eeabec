from datetime import timedelta
from itertools import product
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..models.kor_integration_health_mixin import FAILURES
from ..models.kor_integration_state_mixin import MOVES
from .common import IntegrationCase

STATES = ("draft", "active", "failing", "paused", "retired")


@tagged("post_install", "-at_install")
class TestIntegration(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.professional = cls.env.ref("kor_enterprise_tiers.tier_professional")
        cls.starter = cls.env.ref("kor_enterprise_tiers.tier_starter")
        cls.stranger = cls._create_customer("Fjord")
        cls.stranger_user = new_test_user(
            cls.env, "int_fjord", "base.group_portal", partner_id=cls.stranger.id, email="x@fjord.example"
        )
        cls.employee = new_test_user(cls.env, "int_reader", "base.group_user,kor_contracts.group_kor_contract_user")

    def _make(self, state="draft", **spec):
        integration = self._create_integration(**{"kind": "api", "name": "ERP", "owner": "ada@harbour.example", **spec})
        if state != "draft":
            integration.manage_integration("activate")
            integration.issue_key({"name": "ERP"})
        if state not in ("draft", "active"):
            integration.state = state
        return integration

    def _fail(self, integration, times=1):
        for _time in range(times):
            integration._note(False, "No answer")

    def test_each_action_in_each_state_moves_or_is_refused_with_a_sentence(self):
        for state, action in product(STATES, MOVES):
            allowed, leads_to = MOVES[action]
            with self.subTest(state=state, action=action):
                integration = self._make(state)
                if state in allowed:
                    # A test that succeeds ends the row of failures.
                    expected = "active" if (state, action) == ("failing", "test") else leads_to or state
                    self.assertEqual(integration.manage_integration(action), expected)
                    self.assertEqual(integration.state, expected)
                else:
                    with self.assertRaisesRegex(UserError, f"“{action}” is for integrations in these states"):
                        integration.manage_integration(action)
                    self.assertEqual(integration.state, state)

    def test_unusable_action_says_which_there_are(self):
        integration = self._make()
        for action in ("start", "", None, 7, ["activate"], {"a": 1}, "_manage"):
            with self.subTest(action=action), self.assertRaisesRegex(UserError, "use one of: activate, pause"):
                integration.manage_integration(action)

    def test_who_may_do_what(self):
        integration = self._make("active")
        closed = self._make("active", name="Closed")
        closed.is_self_service = False
        people = {
            "manager": (self.manager, True, True),
            "user": (self.user, True, True),
            "customer": (self.portal_user, True, False),
            "reader": (self.employee, False, False),
            "stranger": (self.stranger_user, False, False),
        }
        for name, (user, may, may_closed) in people.items():
            for record, allowed in ((integration, may), (closed, may_closed)):
                with self.subTest(name, record=record.name):
                    if allowed:
                        self.assertEqual(record.with_user(user).manage_integration("pause"), "paused")
                        self.assertEqual(record.with_user(user).manage_integration("resume"), "active")
                    else:
                        with self.assertRaises(AccessError):
                            record.with_user(user).manage_integration("pause")
                        self.assertEqual(record.state, "active")

    def test_who_may_create(self):
        for user, allowed in (
            (self.manager, True),
            (self.portal_user, True),
            (self.user, False),
            (self.employee, False),
            (self.stranger_user, False),
        ):
            with self.subTest(user.login):
                contract = self.contract.with_user(user)
                if allowed:
                    made = self.env["kor.integration"].browse(contract.create_integration({"kind": "api"}))
                    self.assertEqual((made.state, made.contract_id), ("draft", self.contract))
                else:
                    with self.assertRaises(AccessError):
                        contract.create_integration({"kind": "api"})

    def test_kind_that_the_tier_does_not_include_is_refused_with_a_sentence(self):
        included = {
            self.starter: set(),
            self.professional: {"api", "webhook", "data_sync", "connector"},
            self.tier: {"api", "webhook", "data_sync", "connector", "sso"},
        }
        labels = dict(self.env["kor.integration"]._fields["kind"].selection)
        for tier, kinds in included.items():
            contract = self._create_contract(self.customer, tier)
            for kind in labels:
                with self.subTest(tier=tier.code, kind=kind):
                    self.assertEqual(contract._includes_integration(kind), kind in kinds)
                    if kind not in kinds:
                        with self.assertRaisesRegex(UserError, f"{labels[kind]} needs “.+”, which contract"):
                            contract.create_integration({"kind": kind})
                        with self.assertRaises(UserError):
                            self.env["kor.integration"].create({"contract_id": contract.id, "kind": kind, "name": "x"})

    def test_description_that_cannot_be_says_what_would_be_right(self):
        table = (
            (None, "given by its kind"),
            ("api", "given by its kind"),
            ([], "given by its kind"),
            ({}, "use one of: api, webhook"),
            ({"kind": "fax"}, "use one of: api, webhook"),
            ({"kind": ["api"]}, "use one of: api, webhook"),
            ({"kind": "api", "colour": 1}, "has no “colour”"),
            ({"kind": "api", "state": "active"}, "has no “state”"),
            ({"kind": "api", "name": 7}, "must be text"),
            ({"kind": "api", "name": "x" * 101}, "longer than 100"),
            ({"kind": "api", "owner": "nobody@harbour.example"}, "no contact of the customer"),
            ({"kind": "api", "owner": self.stranger.id}, "no contact of the customer"),
            ({"kind": "api", "owner": True}, "no contact of the customer"),
            ({"kind": "api", "owner": {"id": 1}}, "no contact of the customer"),
            ({"kind": "api", "scopes": "read:usage"}, "must be a list"),
            ({"kind": "api", "scopes": [7]}, "must be a list"),
            ({"kind": "api", "scopes": ["read:everything"]}, "cannot have “read:everything”"),
        )
        before = self.env["kor.integration"].search_count([])
        for spec, sentence in table:
            with self.subTest(spec=spec), self.assertRaisesRegex(UserError, sentence):
                self.contract.create_integration(spec)
        self.assertEqual(self.env["kor.integration"].search_count([]), before)

    def test_contract_that_does_not_run_lets_nothing_start(self):
        integration = self._make("paused")
        self.contract._set_state("paused")
        for action in ("activate", "resume"):
            with self.subTest(action), self.assertRaisesRegex(UserError, "is not active: activate it first"):
                integration.manage_integration(action)

    def test_integration_whose_feature_is_gone_does_not_start_again(self):
        integration = self._make("paused")
        self.env.cr.execute("DELETE FROM kor_contract_feature_rel WHERE contract_id = %s", [self.contract.id])
        self.contract.invalidate_recordset(["feature_ids"])
        with self.assertRaisesRegex(UserError, "does not include"):
            integration.manage_integration("resume")

    def test_health_follows_what_happens(self):
        integration = self._make("active")
        steps = (
            ([], "unknown", "active"),
            ([True], "healthy", "active"),
            ([False], "degraded", "active"),
            ([False] * (FAILURES - 2), "degraded", "active"),
            ([False], "failing", "failing"),
            # One success ends the row, but most of the week failed.
            ([True], "degraded", "active"),
            ([True] * 120, "healthy", "active"),
        )
        for outcomes, health, state in steps:
            with self.subTest(health=health, state=state):
                good = outcomes.count(True)
                if len(outcomes) > 10:
                    integration._count({integration.id: (good, 0)})
                else:
                    for outcome in outcomes:
                        integration._note(outcome, "Yes" if outcome else "No answer")
                self.assertEqual((integration.health, integration.state), (health, state))
        self.assertIn("nothing since the last success", integration.health_reason)

    def test_error_rate_is_of_seven_days(self):
        integration = self._make("active")
        today = fields.Date.today()
        self.env["kor.integration.day"].create(
            [
                {"integration_id": integration.id, "day": today - timedelta(days=days), "successes": 0, "failures": 50}
                for days in (7, 8)
            ]
            + [{"integration_id": integration.id, "day": today - timedelta(days=6), "successes": 2, "failures": 1}]
        )
        integration._count({integration.id: (1, 0)})
        self.assertEqual(integration.error_rate, 25)
        integration.error_rate = 99
        self.env["kor.integration"]._cron_follow_health()
        self.assertEqual(integration.error_rate, 25)

    def test_counting_many_takes_no_more_queries_than_one(self):
        one = self._make("active")
        many = self.env["kor.integration"].union(*(self._make("active", name=str(number)) for number in range(20)))

        def count(integrations):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["kor.integration"]._count({one.id: (3, 0) for one in integrations})
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(one | many)
        # One write for each different number, and tracking for those whose health is new: both are behind us.
        self.assertLessEqual(count(many), count(one) + 2)

    def test_failing_one_is_told_once_to_both_sides(self):
        integration = self._make("active")
        integration.user_id = self.user
        self._fail(integration, FAILURES + 3)
        self.assertEqual(integration.state, "failing")
        self.assertEqual(integration.activity_ids.user_id, self.user)
        mails = self.env["mail.mail"].search([("model", "=", "kor.integration"), ("res_id", "=", integration.id)])
        told = mails.filtered(lambda mail: mail.recipient_ids == self.ada)
        self.assertEqual(told.mapped("subject"), [f"ERP fails ({self.contract.name})"])
        self.assertIn("No answer", told.body_html)
        integration.manage_integration("resume")
        self.assertEqual((integration.state, integration.failure_count), ("active", 0))
        self.assertFalse(integration.activity_ids)

    def test_owner_is_told_of_what_others_switch_off(self):
        def count():
            return self.env["mail.mail"].search_count(
                [("model", "=", "kor.integration"), ("recipient_ids", "in", self.ada.ids)]
            )

        integration = self._make("active")
        for label, act, told in (
            ("staff pauses", lambda: integration.with_user(self.user).manage_integration("pause"), 1),
            ("staff resumes", lambda: integration.with_user(self.user).manage_integration("resume"), 0),
            ("the owner pauses", lambda: integration.with_user(self.portal_user).manage_integration("pause"), 0),
            ("the owner resumes", lambda: integration.with_user(self.portal_user).manage_integration("resume"), 0),
            ("by itself", lambda: integration._switch_off("The address was dead for three days."), 1),
            ("staff retires", lambda: integration.with_user(self.manager).manage_integration("retire"), 1),
        ):
            with self.subTest(label):
                before = count()
                act()
                self.assertEqual(count() - before, told)

    def test_test_says_and_counts_what_came_of_it(self):
        integration = self._make("active")
        for good, level in ((True, "info"), (False, "error")):
            with (
                self.subTest(good=good),
                patch.object(type(integration), "_test_api", lambda _self, good=good: (good, "Because")),
            ):
                self.assertEqual(integration.action_test()["params"]["message"], "Test: Because")
                self.assertEqual(integration._get_last_log().level, level)
        day = integration.day_ids
        self.assertEqual((day.successes, day.failures), (1, 1))
        self.assertEqual((day.company_id, day.kind), (self.contract.company_id, "api"))

    def test_what_the_engine_writes_is_nobody_elses(self):
        integration = self._make("active")
        for name, value in (
            ("state", "retired"),
            ("health", "healthy"),
            ("failure_count", 0),
            ("error_rate", 0),
            ("last_error", ""),
            ("date_last_success", "2026-01-01 00:00:00"),
            ("log_ids", [(5,)]),
            ("key_ids", [(5,)]),
        ):
            with self.subTest(name), self.assertRaisesRegex(AccessError, "follows from what the integration does"):
                integration.with_user(self.manager).write({name: value})
        with self.assertRaises(AccessError):
            self.env["kor.integration"].with_user(self.manager).create(
                {"contract_id": self.contract.id, "name": "x", "state": "active"}
            )
        for model in ("kor.integration.log", "kor.integration.day"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.manager).create({"integration_id": integration.id})

    def test_customer_reads_the_own_one_and_neither_notes_nor_those_of_others(self):
        integration = self._make("active")
        integration.note = "<p>Difficult people</p>"
        own = integration.with_user(self.portal_user)
        self.assertEqual(own.read(["name", "state", "health"])[0]["name"], "ERP")
        self.assertTrue(own.log_ids)
        with self.assertRaises(AccessError):
            own.read(["note"])
        with self.assertRaises(AccessError):
            own.write({"name": "Mine"})
        other = integration.with_user(self.stranger_user)
        self.assertFalse(other.search([("id", "=", integration.id)]))
        with self.assertRaises(AccessError):
            other.read(["name"])
        self.assertFalse(other.env["kor.integration.log"].search([("integration_id", "=", integration.id)]))

    def test_contract_and_kind_stay_once_it_has_run(self):
        integration = self._make("active")
        for values in ({"kind": "webhook"}, {"contract_id": self._create_contract(self.customer).id}):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, "has run already"):
                integration.write(values)

    def test_only_drafts_are_deleted(self):
        for state in STATES:
            with self.subTest(state=state):
                integration = self._make(state)
                if state == "draft":
                    self.assertTrue(integration.unlink())
                else:
                    with self.assertRaisesRegex(ValidationError, "retire it"):
                        integration.unlink()

    def test_owner_is_a_contact_of_the_customer(self):
        integration = self._make()
        self.assertEqual(integration.owner_id, self.ada)
        with self.assertRaisesRegex(ValidationError, "is no contact of Harbour"):
            integration.owner_id = self.stranger

    def test_old_lines_of_the_log_are_forgotten(self):
        integration = self._make("active")
        old = integration._log("info", "Old")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kor_integration_log SET create_date = now() - interval '91 days' WHERE id = %s", [old.id]
        )
        old.invalidate_recordset()
        recent = integration.log_ids - old
        self.env["kor.integration.log"]._gc_old()
        self.assertEqual(integration.log_ids, recent)

    def test_works_is_observed_by_the_onboarding(self):
        self.env.company.kor_onboarding_auto = False
        contract = self._create_contract(self.customer)
        onboarding = self.env["kor.onboarding"].browse(contract.start_onboarding())
        observe = self.env["kor.onboarding"]._observe_integration
        integration = self._make("active", contract=contract, name="Orders")
        self.assertFalse(observe(onboarding), "nothing has happened yet")
        self._fail(integration)
        self.assertFalse(observe(onboarding), "it does not work yet")
        integration._count({integration.id: (50, 0)})
        day, evidence = observe(onboarding)[onboarding]
        self.assertEqual((day, evidence), (fields.Date.today(), "The integration “Orders” works"))
        self._make("active", name="Of another contract")
        self.assertEqual(set(observe(onboarding)), {onboarding})
