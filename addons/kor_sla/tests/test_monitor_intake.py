from datetime import timedelta
from itertools import permutations

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, tagged

from ..engine.signals import SignalError
from .payloads import KUMA_CERTIFICATE, KUMA_TEST, alert, alertmanager, uptime_kuma
from .uptime_common import UptimeCase, at


@tagged("post_install", "-at_install")
@freeze_time("2026-03-01 12:00:00")
class TestMonitorIntake(UptimeCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.monitor, _key = cls._make_monitor()
        cls.kuma, _key = cls._make_monitor("uptime_kuma")
        cls.api, _key = cls._make_monitor("api")

    def _spans(self, monitor):
        outages = self.Outage.search([("monitor_id", "=", monitor.id)], order="date_start")
        return [(f"{one.date_start:%H:%M}", f"{one.date_end:%H:%M}" if one.date_end else "") for one in outages]

    def test_messages_in_any_order_and_twice_make_one_outage(self):
        messages = [
            alertmanager(alert("2026-03-01T10:00:00.512Z")),
            alertmanager(alert("2026-03-01T10:00:00.512Z", "2026-03-01T10:30:00.512Z"), status="resolved"),
            alertmanager(alert("2026-03-01T10:00:00.512Z")),
        ]
        for number, order in enumerate(permutations(messages)):
            with self.subTest(number):
                monitor, _key = self._make_monitor()
                answers = [monitor._take(message) for message in (*order, *order)]
                self.assertEqual(sum(one["accepted"] for one in answers), 2)
                self.assertEqual(sum(one["duplicate"] for one in answers), 4)
                self.assertEqual(self._spans(monitor), [("10:00", "10:30")])

    def test_beats_in_any_order_make_one_outage(self):
        beats = [
            uptime_kuma(0, "2026-03-01 10:00:00.123"),
            uptime_kuma(0, "2026-03-01 10:10:00.456"),
            uptime_kuma(1, "2026-03-01 10:30:00.789"),
        ]
        for number, order in enumerate(permutations(beats)):
            with self.subTest(number):
                monitor, _key = self._make_monitor("uptime_kuma")
                for beat in (*order, *order):
                    monitor._take(beat)
                self.assertEqual(self._spans(monitor), [("10:00", "10:30")])

    def test_outage_keeps_its_record_when_an_earlier_signal_comes_late(self):
        self.kuma._take(uptime_kuma(0, "2026-03-01 10:05:00"))
        outage = self.Outage.search([("monitor_id", "=", self.kuma.id)])
        self.kuma._take(uptime_kuma(0, "2026-03-01 10:00:00"))
        self.assertEqual(self.Outage.search([("monitor_id", "=", self.kuma.id)]), outage)
        self.assertEqual(outage.date_start, at("2026-03-01 10:00"))

    def test_outages_become_one_when_it_turns_out_that_they_were(self):
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z")))
        self.monitor._take(alertmanager(alert("2026-03-01T10:20:00Z", "2026-03-01T10:30:00Z")))
        self.assertEqual(len(self._spans(self.monitor)), 2)
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z", "2026-03-01T10:25:00Z")))
        self.assertEqual(self._spans(self.monitor), [("10:00", "10:30")])

    def test_running_again_changes_nothing(self):
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z"), alert("2026-03-01T09:00:00Z", fingerprint="b")))
        outages = self.Outage.search([("monitor_id", "=", self.monitor.id)])
        before = outages.read()
        self.assertEqual(self.monitor._sync({"1a30ba71cca2921f", "b"}), outages)
        self.env.flush_all()
        self.assertEqual(outages.read(), before)

    def test_zero_end_of_a_resolved_alert_is_its_receipt(self):
        message = alertmanager(alert("2026-03-01T10:00:00Z"))
        message["alerts"][0]["status"] = "resolved"
        self.monitor._take(message)
        self.assertEqual(self._spans(self.monitor), [("10:00", "12:00")])

    def test_clock_ahead_is_cut_within_the_tolerance_and_refused_beyond(self):
        self.monitor._take(alertmanager(alert("2026-03-01T12:04:00Z")))
        self.assertEqual(self._spans(self.monitor), [("12:00", "")])
        signal = self.monitor.signal_ids
        self.assertEqual(
            (signal.claimed_start, signal.date_start), ("2026-03-01T12:04:00+00:00", at("2026-03-01 12:00"))
        )
        answer = self.monitor._take(alertmanager(alert("2026-03-01T12:06:00Z", fingerprint="c")))
        self.assertIn("ahead of our clock", answer["rejected"][0]["reason"])
        self.assertIn("ahead of our clock", self.monitor.last_error)
        self.assertEqual(len(self._spans(self.monitor)), 1)

    def test_bad_alert_leaves_the_good_ones(self):
        message = alertmanager(alert("2026-03-01T10:00:00Z"), {"status": "odd"}, 7, alert("never", fingerprint="d"))
        answer = self.monitor._take(message)
        self.assertEqual((answer["accepted"], [one["index"] for one in answer["rejected"]]), (1, [1, 2, 3]))

    def test_rules_say_what_labels_mean(self):
        self.monitor.rule_ids = [
            Command.create({"label": "severity", "value": "info", "state": "none"}),
            Command.create({"label": "severity", "value": "warning", "state": "degraded", "weight": 0.25}),
            Command.create({"label": "team", "state": "down", "service_id": self.other_service.id}),
        ]
        for fingerprint, labels in (("i", {"severity": "info"}), ("w", {"severity": "warning"}), ("t", {"team": "b"}),
                                    ("n", {})):  # fmt: skip
            self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z", fingerprint=fingerprint, **labels)))
        found = {
            one.fingerprint: (one.state, one.weight, one.service_id)
            for one in self.Outage.search([("monitor_id", "=", self.monitor.id)])
        }
        self.assertEqual(
            found,
            {
                "w": ("degraded", 0.25, self.service),
                "t": ("down", 1, self.other_service),
                "n": ("down", 1, self.service),
            },
        )

    def test_messages_of_uptime_kuma_without_a_beat_change_nothing(self):
        for message in (KUMA_TEST, KUMA_CERTIFICATE):
            self.assertEqual(self.kuma._take(message), {"accepted": 0, "duplicate": 0, "rejected": [], "outages": []})
        self.assertEqual(self.kuma.date_last_signal, at("2026-03-01 12:00"))

    def test_maintenance_of_uptime_kuma_is_maintenance(self):
        self.kuma._take(uptime_kuma(3, "2026-03-01 10:00:00"))
        self.kuma._take(uptime_kuma(1, "2026-03-01 11:00:00"))
        outage = self.Outage.search([("monitor_id", "=", self.kuma.id)])
        self.assertEqual((outage.state, outage.duration), ("maintenance", 1))

    def test_statement_is_corrected_and_taken_back(self):
        stated = {"key": "inc-1", "start": "2026-03-01T10:00:00Z", "title": "API away"}
        self.api._take(stated)
        self.assertEqual(self._spans(self.api), [("10:00", "")])
        self.api._take({**stated, "end": "2026-03-01T10:30:00Z"})
        self.assertEqual(self._spans(self.api), [("10:00", "10:30")])
        # What was said before counts once: going back to it needs a higher revision.
        self.api._take(stated)
        self.assertEqual(self._spans(self.api), [("10:00", "10:30")])
        self.api._take({**stated, "revision": 1})
        self.assertEqual(self._spans(self.api), [("10:00", "")])
        self.api._take({**stated, "state": "none", "revision": 2})
        self.assertEqual(self._spans(self.api), [])

    def test_maintenance_can_be_stated_ahead(self):
        planned = {"key": "m", "state": "maintenance", "start": "2026-03-08T10:00:00Z", "end": "2026-03-08T11:00:00Z"}
        self.assertEqual(self.api._take(planned)["accepted"], 1)
        answer = self.api._take({**planned, "key": "o", "state": "down"})
        self.assertIn("ahead of our clock", answer["rejected"][0]["reason"])

    def test_statement_names_a_service_of_the_same_company(self):
        answer = self.api._take(
            [
                {"key": "a", "start": "2026-03-01T10:00:00Z", "service": "test_portal"},
                {"key": "b", "start": "2026-03-01T10:00:00Z", "service": "nowhere"},
            ]
        )
        self.assertIn("“nowhere” is unknown", answer["rejected"][0]["reason"])
        self.assertEqual(self.Outage.browse(answer["outages"]).service_id, self.other_service)

    def test_correction_by_hand_stays(self):
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z")))
        outage = self.Outage.search([("monitor_id", "=", self.monitor.id)])
        outage.date_end = "2026-03-01 10:10:00"
        self.assertTrue(outage.is_manual)
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z", "2026-03-01T10:30:00Z")))
        self.assertEqual(self._spans(self.monitor), [("10:00", "10:10")])

    def test_text_of_the_monitor_is_for_staff(self):
        self.kuma._take(uptime_kuma(0, "2026-03-01 10:00:00"))
        outage = self.Outage.search([("monitor_id", "=", self.kuma.id)])
        self.assertEqual(outage.name, "Api is not available")
        self.assertIn("192.0.2.10", outage.monitor_text)

    def test_responsible_gets_an_activity_until_it_is_over(self):
        agent = self._make_agent()
        self.service.user_id = agent
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z")))
        outage = self.Outage.search([("monitor_id", "=", self.monitor.id)])
        self.assertEqual(outage.activity_ids.user_id, agent)
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z", "2026-03-01T10:30:00Z")))
        self.assertFalse(outage.activity_ids)

    def test_outage_of_a_monitor_is_not_deleted(self):
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z")))
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            self.Outage.search([("monitor_id", "=", self.monitor.id)]).unlink()
        with self.assertRaises(UserError):
            self.Outage.search([("monitor_id", "=", self.monitor.id)]).with_context(kor_signalling=True).unlink()

    def test_key_is_known_by_its_hash_only(self):
        monitor, key = self._make_monitor()
        self.assertNotIn(key, str(monitor.sudo().read()))
        model = self.env["kor.sla.monitor"]
        self.assertEqual(model._authenticate("alertmanager", key), monitor)
        for kind, wrong in (("api", key), ("alertmanager", key[:-1]), ("alertmanager", ""), ("alertmanager", None),
                            ("alertmanager", monitor.sudo().key_hash)):  # fmt: skip
            self.assertFalse(model._authenticate(kind, wrong))
        monitor.active = False
        self.assertFalse(model._authenticate("alertmanager", key))

    def test_new_key_closes_the_old_one(self):
        monitor, key = self._make_monitor()
        shown = monitor.action_make_key()["context"]["default_key"]
        model = self.env["kor.sla.monitor"]
        self.assertEqual(model._authenticate("alertmanager", shown), monitor)
        self.assertFalse(model._authenticate("alertmanager", key))

    def test_only_administrators_make_keys(self):
        agent = self._make_agent()
        with self.assertRaises(AccessError):
            self.monitor.with_user(agent).action_make_key()
        with self.assertRaises(AccessError):
            self.monitor.with_user(agent).read(["key_hash"])
        with self.assertRaises(AccessError):
            self.env["kor.sla.signal"].with_user(agent).create({"monitor_id": self.monitor.id})

    def test_test_signal_makes_no_outage(self):
        action = self.monitor.action_test()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(self.monitor.date_last_signal, fields.Datetime.now())
        self.assertEqual(len(self.monitor.signal_ids), 1)
        self.assertFalse(self._spans(self.monitor))

    def test_whole_messages_of_another_kind_are_refused_with_a_reason(self):
        for monitor, message in (
            (self.monitor, uptime_kuma(0, "2026-03-01 10:00:00")),
            (self.kuma, alertmanager(alert("2026-03-01T10:00:00Z"))),
            (self.api, []),
            (self.api, 5),
            (self.monitor, {"alerts": [{}] * 1001}),
        ):
            with self.subTest(monitor.kind):
                reason = ""
                try:
                    monitor._take(message)
                except SignalError as error:
                    # Not in assertRaises, which takes back what was written.
                    reason = str(error)
                self.assertTrue(reason)
                self.assertEqual(monitor.last_error, reason)

    def test_tolerance_has_bounds(self):
        for seconds in (-1, 3601):
            with self.subTest(seconds), self.assertRaises(ValidationError):
                self.monitor.tolerance_seconds = seconds

    def test_outage_of_an_alert_starts_once_in_the_database(self):
        self.monitor._take(alertmanager(alert("2026-03-01T10:00:00Z")))
        self.monitor.signal_ids[:1].received -= timedelta(minutes=5)
        self.monitor._sync({"1a30ba71cca2921f"})
        self.assertEqual(len(self._spans(self.monitor)), 1)
