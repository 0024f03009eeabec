from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..engine.infrastructure_checks import Outcome
from ..tools import infrastructure_probe
from .infrastructure_common import EndPoint, InfrastructureCase, get_closed_port

TEN = datetime(2026, 3, 2, 10)


@tagged("post_install", "-at_install")
class TestInfrastructureChecks(InfrastructureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.point = EndPoint().start()
        cls.addClassCleanup(cls.point.stop)
        cls.check = cls._create_check(kind="http", url=cls.point.url, expected_text="healthy")

    def setUp(self):
        super().setUp()
        self.point.status, self.point.body = 200, b"healthy"

    def _run_at(self, minute, checks=None):
        with freeze_time(TEN + timedelta(minutes=minute)):
            (checks or self.check)._run()

    def _get_outages(self, infrastructure=None):
        return (infrastructure or self.infrastructure).monitor_id.outage_ids.sorted("date_start")

    def test_an_end_point_goes_down_and_up_and_the_outage_with_it(self):
        self._run_at(0)
        self.assertEqual((self.check.status, self.infrastructure.state), ("up", "running"))
        self.point.status = 503
        self._run_at(5)
        self.assertEqual((self.check.status, self._get_outages()), ("shaky", self.env["kor.sla.outage"]))
        self._run_at(10)
        outage = self._get_outages()
        # It began with the first failure of the two.
        self.assertEqual(
            (outage.state, outage.date_start, outage.date_end, outage.is_excluded, outage.is_manual),
            ("down", TEN + timedelta(minutes=5), False, False, False),
        )
        self.assertEqual(outage.service_id.contract_ids, self.contract)
        self.assertIn("status 503", outage.monitor_text)
        self.assertEqual((self.infrastructure.state, self.infrastructure.is_state_checked), ("down", True))
        self.assertIn("Answers: The answer has status 503", self.infrastructure.state_reason)
        self.assertEqual(outage.activity_ids.user_id, self.user)
        self._run_at(15)
        self.assertEqual(len(self._get_outages()), 1)
        self.point.status = 200
        self._run_at(20)
        self.assertEqual((outage.date_end, self.check.status), (TEN + timedelta(minutes=20), "up"))
        self.assertEqual((self.infrastructure.state, self.infrastructure.is_state_checked), ("running", False))
        day = self.check.day_ids
        self.assertEqual((day.day.isoformat(), day.successes, day.failures), ("2026-03-02", 2, 3))
        # The uptime of the contract knows of it: 15 minutes.
        with freeze_time(TEN + timedelta(hours=14)):
            tracked = self.contract.track_uptime("2026-03-02", "2026-03-02")
        self.assertEqual(tracked["down_seconds"], 900)

    def test_on_premises_is_recorded_but_counts_for_nothing(self):
        for label, values, reason in (
            ("on-premises", {"deployment": "on_premises"}, "runs on your own premises"),
            ("staging", {"environment": "staging"}, "No uptime is promised for “Production” \\(staging\\)"),
        ):
            with self.subTest(label):
                infrastructure = self._create_infrastructure(**values)
                infrastructure.set_state("running")
                check = self._create_check(infrastructure, kind="tcp", host="127.0.0.1", port=get_closed_port())
                self.assertTrue(infrastructure.sla_excluded)
                self._run_at(0, check)
                self._run_at(5, check)
                outage = self._get_outages(infrastructure)
                self.assertEqual((outage.state, outage.is_excluded, outage.is_manual), ("down", True, False))
                self.assertRegex(outage.exclusion_reason, reason)
                self.assertEqual(infrastructure.state, "down")
                with freeze_time(TEN + timedelta(minutes=30)):
                    check.active = False
                self.assertEqual(outage.date_end, TEN + timedelta(minutes=30))
        with freeze_time(TEN + timedelta(hours=14)):
            self.assertEqual(self.contract.track_uptime("2026-03-02", "2026-03-02")["down_seconds"], 0)

    def test_agreed_otherwise_it_counts(self):
        infrastructure = self._create_infrastructure(deployment="on_premises", sla_excluded=False)
        infrastructure.set_state("running")
        check = self._create_check(infrastructure, kind="tcp", host="127.0.0.1", port=get_closed_port(), failures=1)
        self._run_at(0, check)
        self.assertFalse(self._get_outages(infrastructure).is_excluded)

    def test_a_port_that_listens_is_up(self):
        check = self._create_check(kind="tcp", host="127.0.0.1", port=self.point.server_port)
        self._run_at(0, check)
        self.assertEqual((check.status, check.last_message), ("up", False))

    def test_answers_other_than_expected_are_failures(self):
        for label, values, part in (
            ("text is missing", {"expected_text": "well"}, "does not contain"),
            ("status", {"expected_status": 204}, "has status 200, not 204"),
            ("nobody listens", {"url": f"http://127.0.0.1:{get_closed_port()}/"}, "did not answer"),
            ("no such host", {"url": "https://nowhere.invalid/"}, "was not found"),
        ):
            with self.subTest(label):
                check = self._create_check(**{"kind": "http", "url": self.point.url, **values})
                self._run_at(0, check)
                self.assertEqual(check.status, "shaky")
                self.assertIn(part, check.last_message)

    def test_addresses_of_our_own_network_are_refused_as_they_are_entered(self):
        secret = f"http://127.0.0.2:{self.point.server_port}/health"
        for label, values in (
            ("loopback", {"url": secret}),
            ("metadata", {"url": "http://169.254.169.254/latest/meta-data/"}),
            ("private", {"url": "https://10.0.0.1/"}),
            ("mapped", {"url": f"http://[::ffff:127.0.0.2]:{self.point.server_port}/"}),
            ("file", {"url": "file:///etc/passwd"}),
            ("credentials", {"url": "https://user:secret@example.com/"}),
            ("mail", {"url": "https://example.com:25/"}),
            ("host of TCP", {"kind": "tcp", "host": "10.0.0.1", "port": 5432}),
            ("own host of TCP", {"kind": "tcp", "host": "127.0.0.2", "port": self.point.server_port}),
            ("name in the host", {"kind": "tcp", "host": "a@127.0.0.2", "port": 5432}),
            ("path in the host", {"kind": "tcp", "host": "example.com/x", "port": 5432}),
            ("no port", {"kind": "tcp", "host": "example.com", "port": 0}),
        ):
            with self.subTest(label), self.assertRaises(ValidationError):
                self._create_check(**values)

    def test_names_in_our_own_network_are_not_called(self):
        """What is refused when it is looked at is no outage of the customer's."""
        # Names are resolved when they are looked at, and nothing is listed now.
        self.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "127.0.0.9")
        asked = len(self.point.requests)
        for values in (
            {"kind": "http", "url": f"http://localhost:{self.point.server_port}/health"},
            {"kind": "tcp", "host": "localhost", "port": self.point.server_port},
        ):
            check = self._create_check(**values)
            for minute in (0, 5, 10):
                self._run_at(minute, check)
            self.assertEqual((check.status, check.is_down), ("unusable", False))
            self.assertIn("private or reserved network", check.last_message)
            self.assertFalse(check.day_ids)
        self.assertEqual(len(self.point.requests), asked)
        self.assertFalse(self._get_outages())

    def test_a_state_that_people_set_stays(self):
        self.infrastructure.set_state("degraded", "A disk is being replaced")
        self._run_at(0)
        self.assertEqual(self.infrastructure.state, "degraded")
        self.point.status = 500
        self._run_at(5)
        self._run_at(10)
        self.assertEqual((self.infrastructure.state, len(self._get_outages())), ("degraded", 1))

    def test_the_impact_of_a_check_is_that_of_its_outage(self):
        self.point.status = 500
        checks = self.env["kor.infrastructure.check"]
        for impact, state, outages in (("none", "running", 0), ("degraded", "degraded", 1), ("down", "down", 2)):
            with self.subTest(impact):
                check = self._create_check(
                    kind="http", url=self.point.url, impact=impact, weight=0.5, failures=1, name=impact
                )
                self._run_at(0, check)
                self.assertEqual((self.infrastructure.state, len(self._get_outages())), (state, outages))
                checks |= check
        degraded = self._get_outages().filtered(lambda one: one.state == "degraded")
        self.assertEqual(degraded.weight, 0.5)
        self.assertIn("Check “none” fails", self._get_activities().mapped("summary"))
        self.point.status = 200
        self._run_at(5, checks)
        self.assertEqual(self.infrastructure.state, "running")
        self.assertTrue(all(self._get_outages().mapped("date_end")))
        self.assertFalse(self._get_activities())

    def test_an_outage_of_a_shared_service_touches_this_contract_only(self):
        other = self._create_contract(self._create_customer("Neighbour"))
        shared = self.env["kor.sla.service"].create(
            {"name": "Shared", "code": "test_shared", "contract_ids": [Command.set((self.contract | other).ids)]}
        )
        self.infrastructure.service_id = shared
        self.point.status = 500
        self._run_at(0)
        self._run_at(5)
        outage = self._get_outages()
        self.assertEqual((outage.service_id, outage.contract_ids), (shared, self.contract))
        self.assertFalse(outage._touches(other))

    def test_silence_is_a_failure(self):
        check = self._create_check(kind="heartbeat", silence=10, failures=1)
        with freeze_time(TEN):
            self.infrastructure.push_readings([{"resource": "storage", "used": 1, "time": "2026-03-02T09:59:00Z"}])
        self._run_at(9, check)
        self.assertEqual(check.status, "up")
        self._run_at(11, check)
        self.assertEqual((check.status, check.last_message), ("down", "No reading came for 10 minutes."))
        with freeze_time(TEN + timedelta(minutes=12)):
            self.infrastructure.push_readings([{"resource": "storage", "used": 1, "time": "2026-03-02T10:12:00Z"}])
        self._run_at(13, check)
        self.assertEqual(check.status, "up")

    def test_the_answer_can_have_readings(self):
        check = self._create_check(kind="http", url=self.point.url, has_readings=True)
        for minute, body, used, said in (
            (0, b'{"readings": [{"resource": "storage", "used": 500}]}', 500, ""),
            (5, b"healthy", 500, "holds no readings"),
            (10, b'{"readings": 5}', 500, "holds no readings"),
            (15, b'[{"resource": "gpu", "used": 1}, {"resource": "storage", "used": 600}]', 600, "no resource “gpu”"),
        ):
            with self.subTest(body):
                self.point.body = body
                self._run_at(minute, check)
                self.assertEqual((self.storage.used, check.status), (used, "up"))
                self.assertIn(said, check.last_message or "")
        self.assertEqual(self.storage.date_used, TEN + timedelta(minutes=15))

    def test_the_job_makes_what_is_due_and_no_more(self):
        asked = len(self.point.requests)
        resting = self._create_infrastructure()
        rests = self._create_check(resting, kind="http", url=self.point.url)
        later = self._create_check(kind="http", url=self.point.url)
        later._as_engine().date_next = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
        cron = self.env.ref("kor_integrations.ir_cron_kor_infrastructure_checks")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.assertEqual(len(self.point.requests), asked + 1)
        self.assertTrue(self.check.date_last)
        self.assertGreater(self.check.date_next, self.check.date_last)
        self.assertFalse(rests.date_last or later.date_last)
        with self.assertRaisesRegex(UserError, "its checks rest"):
            rests.action_run()
        self.assertEqual(self.check.action_run()["params"]["type"], "success")
        self.point.status = 500
        answer = self.infrastructure.action_run_checks()
        self.assertIn("status 500", answer["params"]["message"])

    def test_a_check_that_is_archived_keeps_nothing_down(self):
        self.point.status = 500
        self._run_at(0)
        self._run_at(5)
        self.assertEqual((self.infrastructure.state, self.infrastructure.is_state_checked), ("down", True))
        with freeze_time(TEN + timedelta(minutes=30)):
            self.check.active = False
        self.assertEqual((self.infrastructure.state, self.infrastructure.is_state_checked), ("running", False))
        self.assertEqual(self._get_outages().date_end, TEN + timedelta(minutes=30))
        self.assertEqual((self.check.is_down, self.check.date_down), (False, False))

    def test_retired_infrastructure_ends_its_outages(self):
        self.point.status = 500
        self._run_at(0)
        self._run_at(5)
        outage = self._get_outages()
        with freeze_time(TEN + timedelta(minutes=30)):
            self.infrastructure.set_state("retired", "Moved to the cloud")
        self.assertEqual(outage.date_end, TEN + timedelta(minutes=30))
        self.assertFalse(self.infrastructure.service_id.active)
        self.assertFalse(self.check.is_down)
        self.assertEqual(self.infrastructure.state, "retired")

    def test_impossible_checks_are_refused_with_a_sentence(self):
        for label, values, part in (
            ("too often", {"interval": 0}, "“Every \\(min\\)” of a check is from 1 to 1440, not 0"),
            ("too long", {"timeout": 60}, "“Time-out \\(s\\)” of a check is from 1 to 30, not 60"),
            ("never down", {"failures": 0}, "“Failures until Down” of a check is from 1 to 20, not 0"),
            ("weight", {"impact": "degraded", "weight": 2}, "from 0 to 1"),
            ("status", {"expected_status": 20}, "100 to 599"),
            ("words for minutes", {"interval": "often"}, "must be a number"),
        ):
            with self.subTest(label), self.assertRaisesRegex((UserError, ValidationError), part):
                self._create_check(kind="http", url=self.point.url, **values)
        self._run_at(0)
        with self.assertRaisesRegex(UserError, "archive it"):
            self.check.unlink()

    def test_results_of_two_hundred_checks_take_a_bounded_number_of_queries(self):
        checks = self.env["kor.infrastructure.check"].create(
            [
                {"name": f"Check {index}", "infrastructure_id": self.infrastructure.id, "url": self.point.url}
                for index in range(200)
            ]
        )
        outcomes = [Outcome(TEN, index % 20 > 0, "" if index % 20 else "Away", index) for index in range(200)]
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(infrastructure_probe, "run", return_value=outcomes), self.assertQueryCount(11):
            checks._run()
            self.env.flush_all()
        self.assertEqual(len(checks.filtered("streak")), 10)
        self.assertEqual(sum(checks.day_ids.mapped("failures")), 10)

    def test_end_points_are_looked_at_at_the_same_time(self):
        probes = [infrastructure_probe.Probe("http", self.point.url) for _number in range(40)]
        outcomes = infrastructure_probe.run(probes, "127.0.0.1")
        self.assertEqual({one.is_good for one in outcomes}, {True})
        self.assertEqual(infrastructure_probe.run([]), [])
        with patch.dict(infrastructure_probe.LOOKS, {"http": lambda *_args: 1 / 0}):
            self.assertIsNone(infrastructure_probe.look(probes[0]).is_good)
