import json

from odoo.tests import HttpCase, new_test_user, tagged

from .common import UsageCase
from .test_api import make_key


@tagged("post_install", "-at_install")
class TestReadingApi(UsageCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.key = make_key(new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter"))

    def _post(self, body, key=None):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key if key is None else key}"}
        return self.url_open("/kor/api/v1/usage/readings", data=body, headers=headers, timeout=60)

    def test_every_form_of_the_body_is_counted(self):
        for hour, (label, wrap) in enumerate(
            (
                ("one", lambda one: one),
                ("list", lambda one: [one]),
                ("named list", lambda one: {"readings": [one]}),
            )
        ):
            body = wrap(self._reading(2, f"2026-03-10T0{hour}:00:00Z", events=3))
            with self.subTest(label):
                for counts in ({"accepted": 1, "duplicate": 0}, {"accepted": 0, "duplicate": 1}):
                    response = self._post(body)
                    self.assertEqual(response.status_code, 202, response.text)
                    self.assertEqual(response.json(), {**counts, "rejected": []})
        self.assertEqual(self._get_total(), 6)

    def test_good_readings_of_a_batch_are_kept_and_the_others_told(self):
        response = self._post([self._reading(), 7, self._reading("many"), self._reading(5, revision=1)])
        self.assertEqual(response.status_code, 202)
        answer = response.json()
        self.assertEqual((answer["accepted"], answer["duplicate"]), (1, 1))
        label = f"{self.contract.name} test_sum 2026-03-10T12:00:00Z"
        self.assertEqual([(one["index"], one["id"]) for one in answer["rejected"]], [(1, ""), (2, label)])

    def test_unusable_requests_are_refused_with_their_status(self):
        for label, body, status, part in (
            ("half", b'{"contract": ', 400, "no JSON"),
            ("number", b"7", 400, "no reading"),
            ("no readings", b"[]", 400, "no reading"),
            ("readings is no list", b'{"readings": 5}', 400, "no reading"),
            ("nothing of use", b"[{}]", 400, "hour is missing"),
            ("too many", json.dumps([{}] * 10_001), 413, "at most 10,000"),
            ("too large", b'{"id": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413, "10 MB"),
        ):
            with self.subTest(label):
                response = self._post(body)
                self.assertEqual(response.status_code, status, response.text[:200])
                self.assertIn(part, response.text)
                response.json()

    def test_key_and_right_are_needed(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        for label, key, status in (("wrong", "0123456789abcdef", 401), ("no right", make_key(employee), 403)):
            with self.subTest(label):
                self.assertEqual(self._post(self._reading(), key).status_code, status)
        self.assertEqual(self._get_total(), 0)

    def test_key_of_a_customer_writes_own_readings_only(self):
        key = make_key(self._make_portal_user(self.customer, "own"))
        self._post(self._reading(1, contract=self.other_contract.name))
        for contract in (self.other_contract.name, self.other_contract.id):
            response = self._post([self._reading(3), self._reading(9, contract=contract, revision=5)], key)
            self.assertEqual(response.status_code, 202)
            self.assertIn("unknown", response.json()["rejected"][0]["reason"])
        self.assertEqual((self._get_total(), self._get_total(self.other_contract)), (3, 1))
