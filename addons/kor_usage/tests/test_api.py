import json
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import UsageCase

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


def make_key(user):
    """Return an API key of a user."""
    keys = user.env["res.users.apikeys"].with_user(user)
    return keys._generate(None, "usage", fields.Datetime.now() + timedelta(hours=12))


@tagged("post_install", "-at_install")
class TestUsageApi(UsageCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reporter = new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter")
        cls.key = make_key(cls.reporter)
        cls.serial = 0

    def _post(self, body, key=None, **headers):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key or self.key}", **headers}
        return self.url_open("/kor/api/v1/usage", data=body, headers=headers, timeout=60)

    def test_every_form_of_the_body_is_counted(self):
        cloud = {"specversion": "1.0", "id": "4", "source": "/m", "type": "test_sum", "subject": self.contract.name,
                 "time": "2026-03-10T12:00:00Z", "data": {"quantity": 1}}  # fmt: skip
        binary = {"Ce-Id": "6", "Ce-Specversion": "1.0", "Ce-Source": "/m", "Ce-Type": "test_sum",
                  "Ce-Time": "2026-03-10T12:00:00Z", "Ce-Subject": self.contract.name}  # fmt: skip
        for label, body, headers in (
            ("one", self._event("1"), {}),
            ("list", [self._event("2")], {}),
            ("named list", {"events": [self._event("3")]}, {}),
            ("structured", cloud, {"Content-Type": "application/cloudevents+json"}),
            ("batch", [{**cloud, "id": "5"}], {"Content-Type": "application/cloudevents-batch+json"}),
            ("binary", {"quantity": 1}, binary),
        ):
            with self.subTest(label):
                for counts in ({"accepted": 1, "duplicate": 0}, {"accepted": 0, "duplicate": 1}):
                    response = self._post(body, **headers)
                    self.assertEqual(response.status_code, 202, response.text)
                    self.assertEqual(response.json(), {**counts, "rejected": []})
        self.assertEqual(self._get_total(), 6)

    def test_good_events_of_a_batch_are_kept_and_the_others_told(self):
        response = self._post([self._event("1"), self._event("2", "many"), 7, self._event("3")])
        self.assertEqual(response.status_code, 202)
        answer = response.json()
        self.assertEqual((answer["accepted"], answer["duplicate"]), (2, 0))
        self.assertEqual([(one["index"], one["id"]) for one in answer["rejected"]], [(1, "2"), (2, "")])

    def test_unusable_requests_are_refused_with_their_status(self):
        deep = "[" * 100_000
        for label, body, status, part in (
            ("empty", b" ", 400, "no JSON"),
            ("half", b'{"id": ', 400, "no JSON"),
            ("no text", b"\xff\xfe\x00", 400, "no JSON"),
            ("deep", deep, 400, "no JSON"),
            ("number", b"7", 400, "no event"),
            ("no events", b"[]", 400, "no event"),
            ("events is no list", b'{"events": 5}', 400, "no event"),
            ("nothing of use", b"[{}]", 400, "id is missing"),
            ("digits without end", b'{"id": ' + b"9" * 5000 + b"}", 400, "no JSON"),
            ("too many", json.dumps([{}] * 10_001), 413, "at most 10,000"),
            ("too large", b'{"id": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413, "10 MB"),
        ):
            with self.subTest(label):
                response = self._post(body)
                self.assertEqual(response.status_code, status, response.text[:200])
                self.assertIn(part, response.text)
                response.json()
        form = self._post(b'{"id": 1}', **{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(form.status_code, 400)

    def test_key_and_right_are_needed(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        for label, headers, status in (
            ("none", {"Authorization": ""}, 401),
            ("wrong", {"Authorization": "Bearer 0123456789abcdef"}, 401),
            ("no right", {"Authorization": f"Bearer {make_key(employee)}"}, 403),
        ):
            with self.subTest(label):
                self.assertEqual(self._post(self._event("1"), **headers).status_code, status)
        self.assertEqual(self._get_total(), 0)

    def test_key_of_a_customer_writes_own_usage_only(self):
        key = make_key(self._make_portal_user(self.customer, "own"))
        response = self._post([self._event("1"), self._event("1", contract=self.other_contract.name)], key)
        self.assertEqual(response.status_code, 202)
        self.assertEqual(response.json()["accepted"], 1)
        self.assertIn("unknown", response.json()["rejected"][0]["reason"])
        self.assertEqual(self._get_total(self.other_contract), 0)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.one_of(
                JSON,
                st.fixed_dictionaries(
                    {"id": st.text(min_size=1, max_size=3) | JSON, "time": st.just("2026-03-10T12:00:00Z") | JSON},
                    optional={
                        "contract": st.just("C") | JSON,
                        "metric": st.sampled_from(("test_sum", "test_max", "test_unique_count")) | JSON,
                        "quantity": st.integers(-5, 5) | JSON,
                        "properties": JSON,
                        "value": JSON,
                        "reverses": JSON,
                        "specversion": st.just("1.0") | JSON,
                        "data": JSON,
                    },
                ),
            ),
            max_size=4,
        ),
        st.integers(0, 4),
        st.booleans(),
    )
    def test_any_json_is_answered_and_no_good_event_lost(self, events, place, alone):
        TestUsageApi.serial += 1
        events = [
            {**event, "contract": self.contract.name}
            if isinstance(event, dict) and event.get("contract") == "C"
            else event
            for event in events
        ]
        if alone:
            response = self._post(events[0] if events else {})
        else:
            good = self._event(f"good-{self.serial}", metric="test_latest")
            response = self._post([*events[:place], good, *events[place:]])
            self.assertEqual(response.status_code, 202, response.text)
            found = self.Event.search_count([("event_key", "=", good["id"]), ("contract_id", "=", self.contract.id)])
            self.assertEqual(found, 1)
        self.assertIn(response.status_code, (202, 400), response.text)
        answer = response.json()
        self.assertTrue("error" in answer or all(refused["reason"] for refused in answer["rejected"]))
