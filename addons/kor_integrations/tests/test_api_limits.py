from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.kor_integration_key_call_mixin import KeyRefused
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestApiLimits(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Key = cls.env["kor.integration.key"]
        cls.integration = cls.env["kor.integration"].browse(cls.contract.create_integration({"kind": "api"}))
        cls.integration.manage_integration("activate")

    def setUp(self):
        super().setUp()
        # Calls are counted in transactions of their own.
        self.enterContext(self.enter_registry_test_mode())

    def _issue(self):
        issued = self.integration.issue_key({})
        return self.Key.browse(issued["id"]), issued["key"]

    def test_tier_gives_the_limit_and_contract_and_integration_change_it(self):
        limits = {
            tier.code: tier.api_rate_limit
            for tier in self.env["kor.tier"].search(
                [("code", "in", ("starter", "professional", "enterprise", "custom"))]
            )
        }
        self.assertEqual(limits, {"starter": 0, "professional": 60, "enterprise": 600, "custom": 1200})
        self.assertEqual(self.contract.api_rate_limit, 600)
        with self.assertRaisesRegex(ValidationError, "0 or more"):
            self.integration.rate_limit = -1
        key, _plain = self._issue()
        for contract, own, expected in ((600, 0, "600"), (5, 0, "5"), (5, 9, "9"), (0, 0, None)):
            with self.subTest(contract=contract, own=own):
                self.contract.api_rate_limit, self.integration.rate_limit = contract, own
                self.env.flush_all()
                self.assertEqual(key.sudo()._admit().get("RateLimit-Limit"), expected)

    def test_one_limit_is_of_all_keys_of_the_contract(self):
        self.contract.api_rate_limit = 3
        other = self.env["kor.integration"].browse(self.contract.create_integration({"kind": "api", "name": "Other"}))
        other.manage_integration("activate")
        own, _plain = self._issue()
        theirs = self.Key.browse(other.issue_key({})["id"])
        self.env.flush_all()
        left = [key.sudo()._admit()["RateLimit-Remaining"] for key in (own, theirs, own)]
        self.assertEqual(left, ["2", "1", "0"])
        for key in (own, theirs):
            with self.assertRaisesRegex(KeyRefused, "more than 3 calls in a minute") as refused:
                key.sudo()._admit()
            self.assertEqual(refused.exception.status, 429)
            self.assertTrue(1 <= int(refused.exception.headers["Retry-After"]) <= 60)
        self.env.cr.execute("UPDATE kor_integration_window SET date_start = date_start - interval '1 minute'")
        self.assertEqual(own.sudo()._admit()["RateLimit-Remaining"], "2")
        self.assertEqual(self.env["kor.integration.window"].search_count([("contract_id", "=", self.contract.id)]), 1)

    def test_last_use_is_written_once_a_minute(self):
        key, _plain = self._issue()
        self.env.flush_all()

        def use():
            key.sudo()._admit()
            key.invalidate_recordset()
            return key.date_last_used

        first = use()
        self.assertTrue(first)
        self.assertEqual(use(), first)
        self.env.cr.execute(
            "UPDATE kor_integration_key SET date_last_used = date_last_used - interval '2 minutes' WHERE id = %s",
            [key.id],
        )
        key.invalidate_recordset()
        before = key.date_last_used
        self.assertGreater(use(), before)
