from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, UsageCase

HEADERS = ["event_key", "contract_id", "metric_id", "time", "quantity"]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageScreens(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reporter = new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter")
        cls.events = cls.Event.with_user(cls.reporter)

    def _load(self, *rows):
        return self.events.load(HEADERS, [list(map(str, row)) for row in rows])

    def test_file_is_imported_and_counted_once(self):
        rows = [
            ("a", self.contract.name, self.calls.name, "2026-03-10 12:00:00", 3),
            ("b", self.contract.name, self.calls.name, "2026-03-11 12:00:00", 4.5),
        ]
        for turn in ("first", "again"):
            with self.subTest(turn):
                result = self._load(*rows)
                self.assertFalse(result["messages"])
                found = self.events.browse(result["ids"])
                self.assertEqual(found.mapped("event_key"), ["a", "b"])
                self.assertEqual(self._get_total(), 7.5)

    def test_refused_row_is_told_and_nothing_imported(self):
        result = self._load(
            ("a", self.contract.name, self.calls.name, "2026-03-10 12:00:00", 3),
            ("b", self.contract.name, self.calls.name, "2025-03-10 12:00:00", 4),
        )
        self.assertFalse(result["ids"])
        self.assertIn("before contract", result["messages"][0]["message"])
        self.assertEqual(self._get_total(), 0)

    def test_import_needs_the_right_to_report(self):
        manager = new_test_user(self.env, "manager", "kor_contracts.group_kor_contract_manager")
        with self.assertRaises(AccessError):
            self.Event.with_user(manager).create({"event_key": "a", "contract_id": self.contract.id})

    def test_event_is_entered_and_reversed_by_hand(self):
        with Form(self.events) as form:
            form.event_key = "by hand"
            form.contract_id, form.metric_id, form.quantity = self.contract, self.calls, 12
        self.assertEqual(self._get_total(), 12)
        values = {"event_key": "undo", "contract_id": self.contract.id, "metric_id": self.calls.id, "quantity": 12}
        event = self.events.create({**values, "reverses": "by hand"})
        self.assertEqual((event.quantity, event.reverses), (-12, "by hand"))
        self.assertEqual(self._get_total(), 0)

    def test_bad_values_by_rpc_are_refused_with_a_sentence(self):
        good = {"event_key": "a", "contract_id": self.contract.id, "metric_id": self.calls.id}
        for values in (
            {"contract_id": "abc"},
            {"metric_id": 10**8},
            {"time": "soon"},
            {"quantity": "x"},
            {"event_key": ""},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.events.create({**good, **values})

    def test_button_leads_from_the_contract_to_its_use(self):
        self._ingest(
            self._event("1"), self._event("2", metric="test_max"), self._event("3", contract=self.other_contract.id)
        )
        contract = self.contract.with_user(self.reporter)
        self.assertEqual(contract.usage_metric_count, 2)
        action = contract.action_open_usage()
        found = self.env[action["res_model"]].with_user(self.reporter).search(action["domain"])
        self.assertEqual((found.contract_id, len(found)), (contract, 2))

    def test_use_is_grouped_by_contract_metric_day_and_tier(self):
        self._ingest(self._event("1", 2), self._event("2", 3, "2026-04-01T12:00:00Z"))
        rollups = self.Rollup.with_user(self.reporter)
        domain = [("contract_id", "=", self.contract.id), ("dimension", "=", "")]
        groups = rollups._read_group(domain, ["tier_id", "metric_id", "day:month"], ["total:sum", "events:sum"])
        self.assertEqual([group[-2:] for group in groups], [(2, 1), (3, 1)])
        self.assertEqual(groups[0][0], self.tier)
