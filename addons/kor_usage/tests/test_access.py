from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageAccess(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reporter = new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter")
        cls.manager = new_test_user(cls.env, "manager", "kor_contracts.group_kor_contract_manager")
        cls.employee = new_test_user(cls.env, "employee", "base.group_user")
        cls.portal = cls._make_portal_user(cls.customer, "own")

    def _ingest_as(self, user, *events):
        return self.Event.with_user(user).ingest(list(events))

    def test_only_reporters_and_customers_report(self):
        for user in (self.manager, self.employee, self.env.ref("base.public_user")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._ingest_as(user, self._event("1"))
        self._assert_counts(self._ingest_as(self.reporter, self._event("1")), 1)
        self._assert_counts(self._ingest_as(self.portal, self._event("2")), 1)

    def test_customer_reports_for_own_contracts_only(self):
        for contract in (self.other_contract.name, self.other_contract.id):
            answer = self._ingest_as(self.portal, self._event("1", contract=contract), self._event("2"))
            self.assertIn("unknown", answer["rejected"][0]["reason"])
        self.assertEqual(self._get_total(self.other_contract), 0)
        # Nothing tells whether an id of somebody else is known.
        self._ingest_as(self.reporter, self._event("3", contract=self.other_contract.id))
        self._assert_counts(self._ingest_as(self.portal, self._event("3")), 1)
        answer = self._ingest_as(self.portal, self._reversal("4", "3", contract=self.other_contract.id))
        self._assert_counts(answer, 0, rejected=1)

    def test_reporter_reports_for_own_companies_only(self):
        company = self.env["res.company"].create({"name": "Second"})
        contract = self._make_contract(self.customer, activate=False)
        contract.company_id = company
        contract.action_activate()
        answer = self._ingest_as(self.reporter, self._event("1", contract=contract.id))
        self.assertIn("unknown", answer["rejected"][0]["reason"])

    def test_nobody_writes_by_hand(self):
        self._ingest(self._event("1", metric="test_unique_count", value="ann"))
        self.env.company.kor_usage_retention_days = 1
        self.Event._gc_events()
        self._ingest(self._event("2"))
        admin = self.env.ref("base.user_admin")
        for model in ("kor.usage.event", "kor.usage.rollup", "kor.usage.value", "kor.usage.dropped.key"):
            record = self.env[model].search([], limit=1)
            self.assertTrue(record, model)
            for user in (self.reporter, self.manager, self.portal, admin):
                own = record.with_user(user)
                with self.subTest(model=model, user=user.login):
                    with self.assertRaises(AccessError):
                        own.write({"contract_id": self.other_contract.id})
                    with self.assertRaises(AccessError):
                        own.unlink()
                    if model != "kor.usage.event":
                        with self.assertRaises(AccessError):
                            own.create({})

    def test_customer_reads_own_use_only(self):
        self._ingest(self._event("1"), self._event("2", contract=self.other_contract.id))
        for model in ("kor.usage.event", "kor.usage.rollup"):
            with self.subTest(model):
                self.assertEqual(self.env[model].with_user(self.portal).search([]).contract_id, self.contract)
        for model in ("kor.usage.value", "kor.usage.dropped.key"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.portal).search([])
