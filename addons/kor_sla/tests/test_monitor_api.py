import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import HttpCase, tagged

from .payloads import KUMA_TEST, alert, alertmanager, uptime_kuma
from .uptime_common import UptimeCase, at

PATHS = {"alertmanager": "alertmanager", "uptime_kuma": "uptime-kuma", "api": "outages"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
TIMES = st.sampled_from(("2026-03-01T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00")) | JSON
BODIES = {
    "alertmanager": st.fixed_dictionaries(
        {
            "alerts": JSON
            | st.lists(
                JSON
                | st.fixed_dictionaries(
                    {"status": st.sampled_from(("firing", "resolved")) | JSON, "startsAt": TIMES},
                    optional={"endsAt": TIMES, "labels": JSON, "annotations": JSON, "fingerprint": JSON},
                ),
                max_size=3,
            )
        }
    ),
    "uptime_kuma": st.fixed_dictionaries(
        {
            "heartbeat": JSON
            | st.fixed_dictionaries(
                {"status": st.integers(0, 3) | JSON, "time": TIMES},
                optional={"monitorID": st.integers(1, 3) | JSON, "msg": JSON},
            )
        },
        optional={"monitor": JSON | st.fixed_dictionaries({"id": JSON, "name": JSON, "tags": JSON}), "msg": JSON},
    ),
    "api": st.fixed_dictionaries(
        {"key": st.text(max_size=4) | JSON, "start": TIMES},
        optional={
            "state": st.sampled_from(("down", "degraded", "maintenance", "none")) | JSON,
            "end": TIMES,
            "weight": st.floats(-1, 2) | JSON,
            "title": JSON,
            "service": JSON,
            "revision": JSON,
        },
    ),
}


@tagged("post_install", "-at_install")
class TestMonitorApi(UptimeCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.monitors, cls.keys = {}, {}
        for kind in PATHS:
            cls.monitors[kind], cls.keys[kind] = cls._make_monitor(kind)

    def _post(self, kind, body, key=None, query="", **headers):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key or self.keys[kind]}", **headers}
        return self.url_open(f"/kor/api/v1/monitor/{PATHS[kind]}{query}", data=body, headers=headers, timeout=60)

    def _get_outages(self, kind):
        self.env.invalidate_all()
        return self.Outage.search([("monitor_id", "=", self.monitors[kind].id)])

    def test_alertmanager_twice_and_out_of_order_makes_one_outage(self):
        start, end = "2026-03-01T10:00:00.828Z", "2026-03-01T10:50:00.828Z"
        firing, resolved = alertmanager(alert(start)), alertmanager(alert(start, end), status="resolved")
        for message, counts in (
            (resolved, (1, 0)),
            (firing, (1, 0)),
            (firing, (0, 1)),
            (resolved, (0, 1)),
        ):
            response = self._post("alertmanager", message)
            self.assertEqual(response.status_code, 200, response.text)
            answer = response.json()
            self.assertEqual((answer["accepted"], answer["duplicate"], answer["rejected"]), (*counts, []))
            outage = self._get_outages("alertmanager")
            self.assertEqual(
                (outage.state, outage.date_start, outage.date_end, outage.service_id),
                ("down", at("2026-03-01 10:00"), at("2026-03-01 10:50"), self.service),
            )

    def test_uptime_kuma_twice_and_out_of_order_makes_one_outage(self):
        down, up = uptime_kuma(0, "2026-03-01 10:00:00.527"), uptime_kuma(1, "2026-03-01 10:50:00.527")
        key = self.keys["uptime_kuma"]
        for message in (KUMA_TEST, up, down, up, down):
            # Uptime Kuma has the key in the address.
            response = self._post("uptime_kuma", message, query=f"?key={key}", Authorization="")
            self.assertEqual(response.status_code, 200, response.text)
        outage = self._get_outages("uptime_kuma")
        self.assertEqual((outage.date_start, outage.date_end), (at("2026-03-01 10:00"), at("2026-03-01 10:50")))

    def test_uptime_kuma_posts_a_form_too(self):
        response = self.url_open(
            f"/kor/api/v1/monitor/uptime-kuma?key={self.keys['uptime_kuma']}",
            files={"data": (None, json.dumps(uptime_kuma(0, "2026-03-01 10:00:00")))},
        )
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(len(self._get_outages("uptime_kuma")), 1)
        response = self.url_open(
            f"/kor/api/v1/monitor/uptime-kuma?key={self.keys['uptime_kuma']}", files={"other": (None, "1")}
        )
        self.assertEqual(response.status_code, 400)

    def test_outages_come_alone_as_a_list_or_named(self):
        outage = {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T10:50:00Z", "title": "API away"}
        for body in ({**outage, "key": "a"}, [{**outage, "key": "b"}], {"outages": [{**outage, "key": "c"}]}):
            response = self._post("api", body)
            self.assertEqual((response.status_code, response.json()["accepted"]), (200, 1), response.text)
        self.assertEqual(set(self._get_outages("api").mapped("key")), {"2026-03-01T10:00:00"})
        self.assertEqual(len(self._get_outages("api")), 3)

    def test_key_of_this_monitor_is_needed(self):
        message = alertmanager(alert("2026-03-01T10:00:00Z"))
        self._make_portal_user(self.customer, "outage_portal")
        for label, headers, query in (
            ("none", {"Authorization": ""}, ""),
            ("empty", {"Authorization": "Bearer "}, "?key="),
            ("wrong", {"Authorization": "Bearer korm_0123456789abcdef"}, ""),
            ("wrong in the address", {"Authorization": ""}, "?key=korm_0123456789abcdef"),
            ("of another kind", {"Authorization": f"Bearer {self.keys['api']}"}, ""),
            ("the hash", {"Authorization": f"Bearer {self.monitors['alertmanager'].sudo().key_hash}"}, ""),
            ("basic", {"Authorization": "Basic YTpi"}, ""),
            ("odd letters", {"Authorization": "Bearer \xe4\xff"}, ""),
        ):
            with self.subTest(label):
                response = self._post("alertmanager", message, query=query, **headers)
                self.assertEqual(response.status_code, 401)
                self.assertIn("error", response.json())
        self.authenticate("outage_portal", "outage_portal-outage_portal")
        self.assertEqual(self._post("alertmanager", message, Authorization="").status_code, 401)
        self.monitors["alertmanager"].active = False
        self.env.flush_all()
        self.assertEqual(self._post("alertmanager", message).status_code, 401)
        self.assertFalse(self._get_outages("alertmanager"))

    def test_unusable_bodies_are_refused_with_their_status(self):
        for label, kind, body, status, part in (
            ("empty", "alertmanager", b" ", 400, "no JSON"),
            ("half", "alertmanager", b'{"alerts": ', 400, "no JSON"),
            ("no text", "api", b"\xff\xfe\x00", 400, "no JSON"),
            ("deep", "api", "[" * 100_000, 400, "nested too deeply"),
            ("a little deep", "api", "[" * 50 + "]" * 50, 400, "nested too deeply"),
            ("no number", "api", b"NaN", 400, "no JSON"),
            ("too large a number", "api", b'{"key": 1e999}', 400, "no JSON"),
            ("another kind", "alertmanager", json.dumps(KUMA_TEST), 400, "no message of Alertmanager"),
            ("another kind", "uptime_kuma", b"[]", 400, "no message of Uptime Kuma"),
            ("nothing of use", "api", b"[{}]", 400, "key is missing"),
            ("future", "api", b'{"key": "a", "start": "2099-01-01T00:00:00Z"}', 400, "ahead of our clock"),
            ("too many", "api", json.dumps([{}] * 1001), 400, "at most 1,000"),
            ("too large", "api", b'"' + b"x" * (1024 * 1024) + b'"', 413, "1 MB"),
        ):
            with self.subTest(label, kind=kind):
                response = self._post(kind, body)
                self.assertEqual(response.status_code, status, response.text[:200])
                self.assertIn(part, response.text)
                response.json()
        self.assertEqual(self.url_open("/kor/api/v1/monitor/outages").status_code, 405)

    def test_texts_that_no_database_takes_are_taken_without_them(self):
        body = '{"key": "k\\u0000", "title": "a\\u0000b\\ud800", "start": "2026-03-01T10:00:00Z"}'
        response = self._post("api", body)
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(self._get_outages("api").monitor_text, "ab?")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(PATHS)), st.data())
    def test_any_json_is_answered_with_a_reason(self, kind, data):
        body = data.draw(JSON | BODIES[kind])
        response = self._post(kind, body)
        self.assertIn(response.status_code, (200, 400), response.text)
        answer = response.json()
        if response.status_code == 400 and "error" not in answer:
            self.assertTrue(answer["rejected"])
        self.assertTrue(answer.get("error") or all(one["reason"] for one in answer["rejected"]))
