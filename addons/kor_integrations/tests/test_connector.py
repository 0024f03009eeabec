import tempfile
from datetime import UTC, timedelta
from unittest import skipUnless

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..connectors import CONNECTORS, Connector
from .prometheus_server import RealPrometheus, SmallPrometheus
from .sync_common import WorkCase

QUERY = "max_over_time(app_users[1h])"


class ConnectorCase(WorkCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hour = fields.Datetime.now().replace(minute=0, second=0)

    def _create_connector(self, url, **config):
        spec = {"url": url, "expressions": {"users": QUERY}, **config}
        connector = self._create_integration(kind="connector", connector="prometheus", config=spec)
        connector.manage_integration("activate")
        return connector

    def _run(self, connector):
        connector.sudo().connector_date_next = "2026-01-01 00:00:00"
        with self._work() as env:
            env["kor.integration"]._cron_connect()
        return connector

    def _get_samples(self, values, labels=""):
        """Return samples in the middle of hours: {how many hours ago it began: value}."""
        return [
            (
                labels,
                int((self.hour - timedelta(hours=ago) + timedelta(minutes=30)).replace(tzinfo=UTC).timestamp()),
                value,
            )
            for ago, value in sorted(values.items(), reverse=True)
        ]

    def _read_hours(self):
        readings = self.env["kor.usage.reading"].sudo().search([("contract_id", "=", self.contract.id)])
        return {
            int((self.hour - one.hour) / timedelta(hours=1)): (one.quantity, one.revision)
            for one in readings
        }  # fmt: skip

    def _check_story(self, server):
        """Read, read again, and read what has arrived late."""
        server.set_samples(self._get_samples({1: 12, 2: 7.5, 3: 9}))
        connector = self._create_connector(server.url)
        connector.manage_integration("test")
        self.assertEqual(connector._get_last_log().level, "info", connector._get_last_log().name)
        self._run(connector)
        self.assertEqual(self._read_hours(), {1: (12, 0), 2: (7.5, 0), 3: (9, 0)})
        self._run(connector)
        self.assertEqual(self._read_hours(), {1: (12, 0), 2: (7.5, 0), 3: (9, 0)})
        server.set_samples(self._get_samples({1: 12, 2: 8.5, 3: 9, 5: 4}))
        connector.sudo().configure_connector({"url": server.url, "expressions": {"users": QUERY}})
        self._run(connector)
        self.assertEqual(self._read_hours(), {1: (12, 0), 2: (8.5, 1), 3: (9, 0), 5: (4, 0)})
        self.assertEqual((connector.health, connector.last_error), ("healthy", False))
        return connector


@tagged("post_install", "-at_install")
class TestPrometheus(ConnectorCase):
    def setUp(self):
        super().setUp()
        self.server = SmallPrometheus().start()
        self.addCleanup(self.server.stop)

    def test_hours_are_read_once_and_late_data_correct_them(self):
        self._check_story(self.server)

    @skipUnless(RealPrometheus.is_there(), "Prometheus is not installed here")
    def test_hours_are_read_once_and_late_data_correct_them_with_the_real_one(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = RealPrometheus(folder.name)
        self.addCleanup(server.stop)
        connector = self._check_story(server)
        connector.sudo().configure_connector({"url": server.url, "expressions": {"users": "sum("}})
        self._run(connector)
        self.assertIn("answered 400", connector.last_error)
        self.assertIn("parse error", connector.last_error)

    def test_secrets_go_where_they_were_given_for_and_nowhere_else(self):
        connector = self._create_connector(self.server.url, token="t0ken", tenant="harbour")
        self._run(connector)
        _method, _path, headers, _body = self.server.requests[-1]
        self.assertEqual((headers["Authorization"], headers["X-Scope-OrgID"]), ("Bearer t0ken", "harbour"))
        self.assertNotIn("t0ken", str(connector.connector_config) + str(connector.connector_html))
        with self.assertRaises(AccessError):
            connector.with_user(self.manager).read(["connector_secrets"])
        same = {"url": self.server.url, "expressions": {"users": QUERY}}
        self.assertIn("token", connector.with_user(self.manager).configure_connector(same))
        other = {**same, "url": "https://other.example.com"}
        self.assertNotIn("token", connector.with_user(self.manager).configure_connector(other))

    def test_answers_that_are_of_no_use_are_said_and_count_nothing(self):
        connector = self._create_connector(self.server.url)
        series = {"metric": {}, "values": [[1, "1"]]}
        at = int((self.hour - timedelta(hours=1)).replace(tzinfo=UTC).timestamp())
        for status, body, words in (
            (200, b"<html>", "no JSON object"),
            (200, b"[" * 100_000, "no JSON object"),
            (401, {"status": "error", "error": "who are you"}, "answered 401: who are you"),
            (200, {"status": "success"}, "answered 200"),
            (200, {"status": "success", "data": {"resultType": "matrix"}}, "no result"),
            (200, {"status": "success", "data": {"resultType": "vector", "result": []}}, "no series"),
            (200, {"status": "success", "data": {"resultType": "matrix", "result": [series, series]}}, "sum them up"),
            (200, {"status": "success", "data": {"resultType": "matrix", "result": [{"values": 5}]}}, "not as"),
            (200, {"status": "success", "data": {"resultType": "matrix", "result": [
                {"metric": {}, "values": [[at, "-5"]]}]}}, "negative"),
        ):  # fmt: skip
            with self.subTest(words):
                self.server.forced = (status, body)
                self._run(connector)
                self.assertIn(words, connector.last_error)
        self.assertFalse(self._read_hours())
        self.assertEqual(connector.state, "failing")
        self.server.forced = None
        self.server.set_samples(self._get_samples({1: 5}))
        self._run(connector)
        self.assertEqual((connector.state, self._read_hours()), ("active", {1: (5, 0)}))

    def test_values_that_are_no_numbers_are_left_out(self):
        self.server.set_samples(self._get_samples({2: 3}))
        at = int((self.hour - timedelta(hours=1)).replace(tzinfo=UTC).timestamp())
        values = [[at, "NaN"], [at - 3600, "+Inf"], [at - 7200, "1e3"]]
        data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        self.server.forced = (200, {"status": "success", "data": data})
        connector = self._run(self._create_connector(self.server.url))
        self.assertEqual(self._read_hours(), {4: (1000, 0)})
        self.assertIn("2 without a number", connector._get_last_log().name)

    def test_dimensions_of_a_metric_are_its_labels(self):
        metric = {
            "code": "region_calls",
            "name": "Calls",
            "unit": "call",
            "aggregation": "sum",
            "dimension_keys": "region",
        }
        self.env["kor.metric"].create(metric)
        samples = self._get_samples({1: 5}, '{region="eu"}') + self._get_samples({1: 7}, '{region="us"}')
        self.server.set_samples(samples)
        self._run(self._create_connector(self.server.url, expressions={"region_calls": "sum by (region) (x)"}))
        readings = self.env["kor.usage.reading"].sudo().search([("contract_id", "=", self.contract.id)])
        self.assertEqual(
            {one.dimension: one.quantity for one in readings}, {'{"region":"eu"}': 5, '{"region":"us"}': 7}
        )

    def test_contract_that_has_just_begun_has_no_hour_yet(self):
        connector = self._create_connector(self.server.url)
        context = connector._get_connector_context()
        context.since = context.now + timedelta(hours=5)
        self.assertEqual(CONNECTORS["prometheus"]().run(context), "")
        self.assertFalse(self.server.requests)


@tagged("post_install", "-at_install")
class TestConnectorSetup(ConnectorCase):
    def test_two_connectors_never_report_the_same_metric(self):
        self._create_connector("https://a.example.com")
        with self.assertRaisesRegex(UserError, "users"):
            self._create_connector("https://b.example.com")
        self._create_connector("https://b.example.com", expressions={"components": "x"})

    def test_configurations_are_refused_with_what_would_be_right(self):
        for spec, words in (
            ({"connector": "teapot"}, "prometheus"),
            ({"config": {"url": "https://a.example.com"}}, "“Expressions” is missing"),
            ({"config": {"url": "https://a.example.com", "expressions": {"chairs": "x"}}}, "no metric “chairs”"),
            ({"config": []}, "object"),
            ({"config": "x"}, "object"),
            ({"interval": 7}, "1440"),
            ({"config": {"url": 5, "expressions": {"users": "x"}}}, "text"),
        ):
            with self.subTest(spec), self.assertRaisesRegex(UserError, words):
                self._create_integration(kind="connector", **spec)
        bare = self._create_integration(kind="connector")
        with self.assertRaisesRegex(UserError, "not set up"):
            bare.manage_integration("activate")

    def test_settings_are_entered_in_a_form(self):
        connector = self._create_integration(kind="connector")
        action = connector.with_user(self.user).action_set_up_connector()
        setup = self.env[action["res_model"]].with_user(self.user).browse(action["res_id"])
        lines = {line.name: line for line in setup.line_ids}
        self.assertEqual(lines["lookback_hours"].value, "48")
        lines["url"].value = "https://a.example.com"
        lines["expressions"].value = "users = a == 1\ncomponents = b"
        lines["token"].new_secret = "t0ken"
        setup.action_apply()
        self.assertEqual(connector.connector_config["expressions"], {"users": "a == 1", "components": "b"})
        self.assertEqual(connector.sudo().connector_secrets, {"token": "t0ken"})
        self.assertFalse(any(setup.line_ids.mapped("new_secret")))
        self.assertIn("a == 1", connector.connector_html)
        lines["lookback_hours"].value = "many"
        with self.assertRaisesRegex(UserError, "whole number"):
            setup.action_apply()
        with self.assertRaises(AccessError):
            setup.with_user(self.manager).read(["line_ids"])

    def test_private_addresses_are_refused(self):
        self.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "")
        connector = self._create_connector("http://169.254.169.254/latest")
        self._run(connector)
        self.assertIn("private", connector.last_error)

    def test_portal_users_never_see_or_set_those_of_others(self):
        connector = self._create_connector("https://a.example.com")
        stranger = self._create_contract(self._create_customer("Stranger"))
        other = self._create_integration(stranger, kind="connector")
        with self.assertRaises(AccessError):
            other.with_user(self.portal_user).configure_connector({})
        config = {"url": "https://a.example.com", "expressions": {"users": "y"}}
        self.assertEqual(
            connector.with_user(self.portal_user).configure_connector(config), ["expressions", "lookback_hours", "url"]
        )
        with self.assertRaises(UserError):
            connector.with_user(self.manager).write({"connector_config": config})

    def test_classes_need_a_code_of_their_own(self):
        with self.assertRaises(TypeError):
            type("Twice", (Connector,), {"code": "prometheus", "schema": {}})
        self.assertEqual(set(self.env["kor.integration"].describe_connectors()), set(CONNECTORS))
