from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageAlerts(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Contracts of the demo would be told along.
        cls.env["kor.contract"].search([]).limit_ids._write_agreed({"kind": "unlimited"})
        cls._set_up_usage(tz="UTC")
        cls.env.company.kor_usage_alert_thresholds = "80,100"
        cls.customer.email = "it@aurora.example"
        cls.manager = new_test_user(cls.env, "keeper", "kor_contracts.group_kor_contract_user")
        cls.limited = cls._make_limited()
        cls.cron = cls.env.ref("kor_usage.ir_cron_usage_alert")
        cls.Alert = cls.env["kor.usage.alert"]

    @classmethod
    def _make_limited(cls, *limits, activate=True, **values):
        """Return a contract with 100 units of the summed metric a month, unless limits are given."""
        limit_ids = [Command.create({"metric_id": cls.calls.id, "quantity": 100, **limit}) for limit in limits or ({},)]
        values = {"account_manager_id": cls.manager.id, "limit_ids": limit_ids, **values}
        contract = cls._make_contract(cls.customer, activate=False, **values)
        if activate:
            contract.action_activate()
        return contract

    def _use(self, key, quantity, time="2026-06-10T12:00:00Z", contract=None, metric="test_sum", **values):
        contract = contract or self.limited
        self._assert_counts(
            self._ingest(self._event(key, quantity, time, metric, contract=contract.id, **values)), accepted=1
        )

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def _get_alerts(self, contract=None):
        return self.Alert.search([("contract_id", "=", (contract or self.limited).id)], order="id")

    def _get_thresholds(self, contract=None):
        return self._get_alerts(contract).mapped("threshold")

    def _get_mails(self, contract=None):
        domain = [("model", "=", "kor.contract"), ("res_id", "=", (contract or self.limited).id)]
        return self.env["mail.message"].search([*domain, ("partner_ids", "in", self.customer.ids)], order="id")

    def test_alert_is_said_once_in_a_period_and_again_in_the_next(self):
        self._use("1", 79)
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [])
        self._use("2", 1)
        self._run_cron()
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [80])
        self._use("3", 20)
        self._run_cron()
        self._use("4", 500)
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [80, 100])
        self.assertEqual(self._get_alerts().mapped("used"), [80, 100])
        self.assertEqual(len(self._get_mails()), 2)
        with freeze_time("2026-07-02 12:00:00"):
            self._run_cron()
            self.assertEqual(self._get_thresholds(), [80, 100])
            self._use("5", 85, "2026-07-01T12:00:00Z")
            self._run_cron()
        self.assertEqual(self._get_thresholds(), [80, 100, 80])
        self.assertEqual([str(alert.period_start) for alert in self._get_alerts()], ["2026-06-01"] * 2 + ["2026-07-01"])
        self.assertEqual(str(self._get_alerts()[0].period_end), "2026-06-30")

    def test_both_at_once_are_recorded_and_the_higher_is_told(self):
        self._use("1", 130)
        self._run_cron()
        self.assertRecordValues(
            self._get_alerts(),
            [
                {"threshold": 80, "level": "near", "is_mailed": False, "user_id": False, "used": 130, "percent": 130},
                {"threshold": 100, "level": "reached", "is_mailed": True, "user_id": self.manager.id, "used": 130,
                 "percent": 130},
            ],
        )  # fmt: skip
        self.assertEqual(len(self._get_mails()), 1)
        self.assertEqual(len(self.limited.activity_ids), 1)

    def test_use_that_falls_and_rises_is_said_once(self):
        self._use("1", 85, metric="test_latest", contract=(contract := self._make_level()))
        self._run_cron()
        for key, level, minute in (("2", 10, 10), ("3", 90, 20)):
            self._use(key, level, f"2026-06-10T13:{minute}:00Z", contract, "test_latest")
            self._run_cron()
        self.assertEqual(self._get_thresholds(contract), [80])

    def _make_level(self):
        return self._make_limited({"metric_id": self.metrics[2].id})

    def test_use_of_every_aggregation_is_found(self):
        """The estimate that finds candidates must lie above the use, also where a level is held for months."""
        contract = self._make_limited(*({"metric_id": metric.id, "quantity": 2} for metric in self.metrics))
        for number, metric in enumerate(self.metrics):
            for turn, time in enumerate(("2026-02-10T12:00:00Z", "2026-06-02T12:00:00Z", "2026-06-03T12:00:00Z")):
                held = metric.aggregation in ("latest", "time_weighted")
                if held == (turn == 0):
                    key = f"{number}-{turn}"
                    self._use(key, 3, time, contract, metric.code, **({"value": key} if number == 3 else {}))
        self._run_cron()
        alerts = self._get_alerts(contract)
        self.assertEqual(sorted(alerts.metric_id.mapped("aggregation")), sorted(self.metrics.mapped("aggregation")))
        used = {alert.metric_id.aggregation: alert.used for alert in alerts}
        self.assertEqual(used, {"sum": 6, "max": 3, "latest": 3, "unique_count": 2, "time_weighted": 3})

    def test_use_taken_back_before_the_month_hides_no_alert(self):
        """Late negative days lie in the span of the estimate, not in the month."""
        self.calls.allow_negative = True
        self._use("1", -1000, "2026-05-31T12:00:00Z")
        self._use("2", 90)
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [80])

    def test_held_quantity_counts_too(self):
        contract = self._make_limited({"quantity": 10}, activate=False)
        contract.line_ids = [
            Command.create({"product_id": self.product.id, "name": "Held", "charge_type": "per_unit",
                            "metric_id": self.calls.id, "quantity": 9})
        ]  # fmt: skip
        contract.action_activate()
        self._run_cron()
        self.assertEqual(self._get_thresholds(contract), [80])

    def _hold(self, quantity, limit=10, **values):
        """Return a contract that holds units of the summed metric, of which so many are allowed."""
        contract = self._make_limited({"quantity": limit}, activate=False, **values)
        contract.line_ids = [
            Command.create({"product_id": self.product.id, "name": "Held", "charge_type": "per_unit",
                            "metric_id": self.calls.id, "quantity": quantity})
        ]  # fmt: skip
        contract.action_activate()
        return contract

    def _hold_from(self, contract, day, quantity):
        held = contract.line_ids.filtered(lambda line: line.name == "Held")[:1]
        change = {"kind": "quantity", "line": held.id, "quantity": quantity}
        self.env["kor.contract.amendment"].browse(contract.amend(day, [change])).action_agree("Ada")

    def _run_months(self, *days):
        for day in days:
            with freeze_time(f"{day} 12:00:00"):
                self._run_cron()

    def test_held_quantity_is_told_once_until_it_changes(self):
        cases = [
            # held, limit, what was said until autumn; over the limit is a breach in each month
            (10, 10, [80, 100]),
            (9, 10, [80]),
            (11, 10, [80, 100] * 4),
        ]
        for held, limit, thresholds in cases:
            with self.subTest(held=held):
                contract = self._hold(held, limit)
                self._run_months("2026-06-15", "2026-07-02", "2026-07-20", "2026-08-02", "2026-09-02")
                self.assertEqual(self._get_thresholds(contract), thresholds)
                self.assertEqual(len(self._get_mails(contract)), len(thresholds) // (2 if 100 in thresholds else 1))

    def test_held_quantity_is_told_again_when_use_or_limit_have_changed(self):
        more, fell, other_limit, priced = (self._hold(10) for _contract in range(4))
        self._run_months("2026-06-15")
        with freeze_time("2026-07-05 12:00:00"):
            self._hold_from(more, "2026-07-05", 12)
            # Less for some days in between, and as much again then.
            self._hold_from(fell, "2026-06-20", 5)
            self._hold_from(fell, "2026-07-01", 10)
            other_limit.limit_ids._write_agreed({"quantity": 8})
            # A new line of the same quantity is no change of what is held.
            change = {"kind": "price", "percent": 5}
            self.env["kor.contract.amendment"].browse(priced.amend("2026-07-01", [change])).action_agree("Ada")
        self._run_months("2026-07-06", "2026-07-07")
        for contract in (more, fell, other_limit):
            self.assertEqual(self._get_thresholds(contract), [80, 100] * 2)
        self.assertEqual(self._get_thresholds(priced), [80, 100])
        self._run_months("2026-08-02", "2026-09-02")
        self.assertEqual(self._get_thresholds(fell), [80, 100] * 2)
        self.assertEqual(self._get_thresholds(more), [80, 100] * 4)

    def test_reported_level_is_told_once_until_it_changes(self):
        steady, carried, fell = (self._make_level() for _contract in range(3))
        for contract in (steady, carried, fell):
            self._use(f"l{contract.id}", 100, contract=contract, metric="test_latest")
        self._run_months("2026-06-15")
        with freeze_time("2026-06-25 14:00:00"):
            for contract, level in ((steady, 100), (fell, 60)):
                self._use(f"m{contract.id}", level, "2026-06-25T12:00:00Z", contract, "test_latest")
        with freeze_time("2026-07-05 12:00:00"):
            self._use(f"n{fell.id}", 100, "2026-07-05T10:00:00Z", fell, "test_latest")
            self._run_cron()
        for contract, thresholds in ((steady, [80, 100]), (carried, [80, 100]), (fell, [80, 100] * 2)):
            self.assertEqual(self._get_thresholds(contract), thresholds)

    def test_use_that_comes_to_the_limit_in_each_month_is_told_in_each(self):
        self._use("1", 100)
        self._run_months("2026-06-15")
        with freeze_time("2026-07-10 12:00:00"):
            self._use("2", 100, "2026-07-05T12:00:00Z")
            self._run_cron()
        self.assertEqual(self._get_thresholds(), [80, 100] * 2)

    def test_limits_without_a_bound_never_alert(self):
        for kind in ("unlimited", "minimum", "agreed"):
            contract = self._make_limited({"kind": kind})
            self._use(kind, 1000, contract=contract)
        empty = self._make_limited({"quantity": 0})
        self._use("0", 1000, contract=empty)
        self._run_cron()
        self.assertFalse(self.Alert.search([("contract_id.partner_id", "=", self.customer.id)]))

    def test_contracts_that_do_not_run_get_none(self):
        for state in ("paused", "ended", "cancelled"):
            contract = self._make_limited()
            self._use(state, 90, contract=contract)
            contract._set_state(state)
        later = self._make_limited(date_start="2026-06-16")
        later.line_ids._write_agreed({"charge_type": "per_unit", "quantity": 100})
        self._run_cron()
        self.assertFalse(self.Alert.search([("contract_id.partner_id", "=", self.customer.id)]))

    def test_month_is_counted_from_the_anchor_in_the_contract_s_zone(self):
        contract = self._make_limited(date_start="2026-01-16", tz="Pacific/Auckland")
        self._use("1", 90, "2026-06-14T12:00:00Z", contract)
        # At noon in UTC of the 15th, the 16th has begun in Auckland.
        self._run_cron()
        self.assertEqual(self._get_thresholds(contract), [])
        with freeze_time("2026-06-15 11:59:00"):
            self._run_cron()
        self.assertEqual([str(alert.period_end) for alert in self._get_alerts(contract)], ["2026-06-15"])

    def test_alerts_of_the_last_month_hide_nothing_around_its_end(self):
        with freeze_time("2026-05-31 12:00:00"):
            self._use("1", 100, "2026-05-31T10:00:00Z")
            self._run_cron()
        with freeze_time("2026-06-01 00:30:00"):
            self._use("2", 100, "2026-06-01T00:10:00Z")
            self._run_cron()
        self.assertEqual(self._get_thresholds(), [80, 100, 80, 100])

    def test_company_chooses_its_thresholds(self):
        self.env.company.kor_usage_alert_thresholds = "50"
        self._use("1", 60)
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [50])
        self.env.company.kor_usage_alert_thresholds = "40, 90"
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [50])
        self.env.company.kor_usage_alert_thresholds = ""
        self._use("2", 60)
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [50])
        with self.assertRaisesRegex(ValidationError, "is no threshold"):
            self.env.company.kor_usage_alert_thresholds = "a lot"

    def test_account_manager_gets_an_activity_else_the_salesperson(self):
        self._use("1", 85)
        salesperson = new_test_user(self.env, "seller", "kor_contracts.group_kor_contract_user")
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        choices = [
            ({"user_id": salesperson.id}, self.manager),
            ({"user_id": salesperson.id, "account_manager_id": False}, salesperson),
            # Whoever may not read the contract cannot be given work on it.
            ({"user_id": salesperson.id, "account_manager_id": stranger.id}, salesperson),
            ({"user_id": False, "account_manager_id": False}, self.env["res.users"]),
        ]
        # Each of a customer of its own: contracts of one may share their account manager.
        cases = {
            self._make_limited(partner_id=self.env["res.partner"].create({"name": f"Customer {n}"}).id, **values): user
            for n, (values, user) in enumerate(choices)
        }
        for contract in cases:
            self._use(f"c{contract.id}", 85, contract=contract)
        self._run_cron()
        for contract, user in cases.items():
            with self.subTest(user.login):
                self.assertEqual(self._get_thresholds(contract), [80])
                self.assertEqual(contract.activity_ids.user_id, user)
        activity = self.limited.activity_ids
        self.assertEqual(activity.summary, "Test sum: 85 % of the limit used")
        self.assertIn("85 unit", activity.note)
        self.assertIn("06/01/2026", activity.note)

    def test_mail_says_what_was_used_and_what_happens_next(self):
        hard = self._make_limited({"enforcement": "hard"})
        reached = self._make_limited({"enforcement": "hard"})
        for contract, quantity in ((self.limited, 120.5), (hard, 85), (reached, 100)):
            self._use(f"m{contract.id}", quantity, contract=contract)
        self._run_cron()
        body = self._get_mails().body
        for part in ("Test sum", "120.5 unit", "100 unit", "06/01/2026", "06/30/2026", "Nothing is switched off",
                     f"/my/contracts/{self.limited.id}?access_token="):  # fmt: skip
            with self.subTest(part):
                self.assertIn(part, body)
        self.assertEqual(self._get_mails().subject, f"Test sum: 120.5 % of the limit used ({self.limited.name})")
        self.assertIn("once it is reached", self._get_mails(hard).body)
        self.assertIn("until there is room again", self._get_mails(reached).body)
        mail = self.env["mail.mail"].search([("mail_message_id", "=", self._get_mails().id)])
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(self._get_mails().author_id, self.manager.partner_id)

    def test_mail_is_written_in_the_customer_s_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.customer.lang = "es_ES"
        self.calls.with_context(lang="es_ES").name = "Llamadas"
        template = self.env.ref("kor_usage.mail_template_usage_alert")
        template.with_context(lang="es_ES").body_html = "<p>Ha usado <t t-out='object.metric_id.name'/></p>"
        self._use("1", 85)
        self._run_cron()
        self.assertIn("Ha usado Llamadas", self._get_mails().body)
        self.assertIn("Llamadas", self._get_mails().subject)
        self.assertIn("Test sum", self.limited.activity_ids.summary)

    def test_customer_without_an_address_gets_no_mail_and_the_manager_an_activity(self):
        self.customer.email = False
        self._use("1", 85)
        self._run_cron()
        self.assertRecordValues(self._get_alerts(), [{"threshold": 80, "is_mailed": False}])
        self.assertEqual(self.limited.activity_ids.user_id, self.manager)

    def test_one_contract_that_fails_does_not_stop_the_others(self):
        other = self._make_limited()
        for contract in (self.limited, other):
            self._use(f"f{contract.id}", 85, contract=contract)
        template = self.env.ref("kor_usage.mail_template_usage_alert")
        template.subject = f"{{{{ 1 // (object.contract_id.id - {self.limited.id}) }}}}"
        with mute_logger("odoo.addons.kor_usage.models.kor_usage_alert", "odoo.addons.mail.models.mail_render_mixin"):
            self._run_cron()
        self.assertEqual(self._get_thresholds(), [])
        self.assertFalse(self.limited.activity_ids)
        self.assertEqual(self._get_thresholds(other), [80])
        template.subject = "Again"
        self._run_cron()
        self.assertEqual(self._get_thresholds(), [80])

    def test_same_alert_cannot_be_recorded_twice(self):
        self._use("1", 85)
        self._run_cron()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._get_alerts().copy()

    def test_finding_what_to_say_takes_no_more_queries_for_more_contracts(self):
        contracts = [self._make_limited() for _number in range(12)]
        for contract in contracts:
            self._use(f"q{contract.id}", 85, contract=contract)
        counts = []
        for number in (2, 12):
            self.env.invalidate_all()
            candidates = {contract.id: [self.calls.id] for contract in contracts[:number]}
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.Alert._prepare_alerts(candidates)), number)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)

    def test_only_what_may_have_passed_is_looked_at(self):
        self._use("1", 79)
        self.assertNotIn(self.limited.id, self.Alert._find_candidates())
        self._use("2", 1)
        self.assertEqual(self.Alert._find_candidates()[self.limited.id], [self.calls.id])
        self._use("3", 20)
        self._run_cron()
        self.assertNotIn(self.limited.id, self.Alert._find_candidates())

    def test_colleagues_of_the_company_read_alerts_and_nobody_writes_them(self):
        self._use("1", 85)
        self._run_cron()
        alert = self._get_alerts()
        self.assertEqual(alert.with_user(self.manager).threshold, 80)
        self.assertEqual(self.limited.with_user(self.manager).usage_alert_count, 1)
        action = self.limited.with_user(self.manager).action_open_usage_alerts()
        self.assertEqual(self.Alert.search(action["domain"]), alert)
        portal, employee = self._make_portal_user(self.customer, "own"), new_test_user(self.env, "employee")
        company = self.env["res.company"].create({"name": "Second"})
        stranger = new_test_user(
            self.env, "stranger", "kor_contracts.group_kor_contract_manager",
            company_id=company.id, company_ids=[Command.set(company.ids)],
        )  # fmt: skip
        for user in (portal, employee, stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                alert.with_user(user).read(["threshold"])
        self.assertFalse(self.Alert.with_user(stranger).search([]))
        for user in (self.manager, portal, self.env.ref("base.user_admin")):
            for call in (lambda own: own.write({"threshold": 1}), lambda own: own.unlink(), lambda own: own.copy()):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    call(alert.with_user(user))
        with self.assertRaises(AccessError):
            self.limited.with_user(portal).read(["usage_alert_count"])
