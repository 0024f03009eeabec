import json

from odoo.tests import HttpCase, tagged

from .infrastructure_common import InfrastructureCase


@tagged("post_install", "-at_install")
class TestInfrastructureHttp(InfrastructureCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.infrastructure._make_key()
        cls.portal_user.password = "ada_harbour-ada_harbour"

    def _post(self, body, key=None, **headers):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key or self.key}", **headers}
        return self.url_open("/kor/api/v1/infrastructure/readings", data=body, headers=headers, timeout=30)

    def test_readings_are_posted_with_the_key(self):
        reading = {"resource": "storage", "used": 812.5, "time": "2026-03-01T12:00:00Z"}
        for body, expected in (
            (reading, (1, 0)),
            ([reading], (0, 1)),
            ({"readings": [{**reading, "time": "2026-03-01T13:00:00Z"}, reading]}, (1, 1)),
        ):
            response = self._post(body)
            self.assertEqual(response.status_code, 202, response.text)
            answer = response.json()
            self.assertEqual((answer["accepted"], answer["duplicate"], answer["rejected"]), (*expected, []))
        self.env.invalidate_all()
        self.assertEqual(self.storage.used, 812.5)
        self.assertTrue(self.infrastructure.date_reading)

    def test_what_is_no_use_is_refused(self):
        for label, body, headers, status in (
            ("no key", {}, {"Authorization": ""}, 401),
            ("wrong key", {}, {"Authorization": "Bearer kori_wrong"}, 401),
            ("another scheme", {}, {"Authorization": f"Basic {self.key}"}, 401),
            ("no JSON", "{", {}, 400),
            ("too deep", "[" * 100_000, {}, 400),
            ("a text", '"storage"', {}, 400),
            ("no readings", [], {}, 400),
            ("readings are none", {"readings": 5}, {}, 400),
            ("all refused", [{"resource": "gpu"}, 7, None], {}, 400),
            ("too many", [1] * 10_001, {}, 413),
            ("too large", b" " * (2 * 1024 * 1024 + 1), {}, 413),
        ):
            with self.subTest(label):
                response = self._post(body, **headers)
                self.assertEqual(response.status_code, status, response.text)
                self.assertTrue(response.json())

    def test_a_key_opens_its_own_infrastructure_only(self):
        other = self._create_infrastructure(contract_id=self._create_contract(self._create_customer("Other")).id)
        foreign = self.env["kor.infrastructure.resource"].create({"infrastructure_id": other.id, "kind": "storage"})
        response = self._post({"resource": foreign.id, "used": 1, "time": "2026-03-01T12:00:00Z"})
        self.assertEqual(response.status_code, 400)
        self.assertIn("There is no resource", response.text)

    def test_customers_see_their_own_and_no_cost_and_no_reason(self):
        other = self._create_contract(self._create_customer("Other"))
        self._create_infrastructure(name="Secret of others", contract_id=other.id)
        self.storage.unit_cost = 0.123
        self.infrastructure.note = "Internal remark"
        self.infrastructure.set_state("degraded", "Disk of host 7")
        self._create_check(kind="heartbeat", name="Internal check")
        self.authenticate("ada_harbour", "ada_harbour-ada_harbour")
        page = self.url_open("/my/infrastructure").text
        for text in ("Production", "Degraded", "Storage", "1,000 GB", "Dedicated servers", self.contract.name):
            self.assertIn(text, page)
        for text in ("Secret of others", "0.123", "Internal remark", "Disk of host 7", "Internal check"):
            self.assertNotIn(text, page)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_infrastructure_count"]})
        self.assertEqual(counters["kor_infrastructure_count"], 1)
        self.infrastructure.set_state("retired", "Gone")
        self.assertIn("Nothing runs for you alone", self.url_open("/my/infrastructure").text)
