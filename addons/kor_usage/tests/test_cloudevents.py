from unittest import skipIf

from odoo.tests import HttpCase, new_test_user, tagged

from .common import UsageCase
from .test_api import make_key

try:
    from cloudevents import conversion, http
except ImportError:
    http = None


@tagged("post_install", "-at_install")
@skipIf(http is None, "the CloudEvents SDK is not installed")
class TestCloudEventsSdk(UsageCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.key = make_key(new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter"))

    def _make(self, quantity):
        attributes = {
            "type": "test_sum",
            "source": "https://meter.example/é",
            "subject": self.contract.name,
            "time": "2026-03-10T12:00:00+01:00",
        }
        return http.CloudEvent(attributes, {"quantity": quantity, "region": "eu"})

    def _post(self, headers, body):
        headers = {**headers, "Authorization": f"Bearer {self.key}"}
        return self.url_open("/kor/api/v1/usage", data=body, headers=headers).json()

    def test_events_of_the_sdk_are_counted_in_both_modes(self):
        for convert in (conversion.to_structured, conversion.to_binary):
            with self.subTest(convert.__name__):
                headers, body = convert(self._make(2))
                headers.setdefault("content-type", "application/json")
                self._assert_counts(self._post(headers, body), 1)
                self._assert_counts(self._post(headers, body), 0, 1)
        self.assertEqual(self._get_total(), 4)
        events = self.Event.search([("contract_id", "=", self.contract.id)])
        self.assertEqual([event.properties for event in events], [{"region": "eu"}] * 2)
