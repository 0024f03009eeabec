from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, UsageCase

HEADERS = ["contract_id", "metric_id", "hour", "quantity", "revision"]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReadingScreens(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reporter = new_test_user(cls.env, "reporter", "kor_usage.group_kor_usage_reporter")
        cls.readings = cls.Reading.with_user(cls.reporter)

    def _load(self, *rows):
        return self.readings.load(HEADERS, [list(map(str, row)) for row in rows])

    def test_file_is_imported_and_counted_once(self):
        rows = [
            (self.contract.name, self.calls.name, "2026-03-10 13:00:00", 4.5, 1),
            (self.contract.name, self.calls.name, "2026-03-10 12:00:00", 3, 0),
        ]
        for turn in ("first", "again"):
            with self.subTest(turn):
                result = self._load(*rows)
                self.assertFalse(result["messages"])
                self.assertEqual(self.readings.browse(result["ids"]).mapped("quantity"), [4.5, 3])
                self.assertEqual(self._get_total(), 7.5)
        self._load((self.contract.name, self.calls.name, "2026-03-10 12:00:00", 2, 1))
        self.assertEqual(self._get_total(), 6.5)

    def test_refused_row_is_told_and_nothing_imported(self):
        result = self._load(
            (self.contract.name, self.calls.name, "2026-03-10 12:00:00", 3, 0),
            (self.contract.name, self.calls.name, "2026-03-10 12:30:00", 3, 0),
        )
        self.assertFalse(result["ids"])
        self.assertIn("no full hour", result["messages"][0]["message"])
        self.assertEqual(self._get_total(), 0)

    def test_reading_is_entered_by_hand(self):
        with Form(self.readings) as form:
            form.contract_id, form.metric_id, form.quantity = self.contract, self.calls, 12
        self.assertEqual(self._get_total(), 12)
        self.assertEqual(str(form.record.hour), "2026-06-15 12:00:00")

    def test_import_needs_the_right_to_report(self):
        manager = new_test_user(self.env, "manager", "kor_contracts.group_kor_contract_manager")
        with self.assertRaises(AccessError):
            self.Reading.with_user(manager).create({"contract_id": self.contract.id, "metric_id": self.calls.id})

    def test_bad_values_by_rpc_are_refused_with_a_sentence(self):
        good = {"contract_id": self.contract.id, "metric_id": self.calls.id, "quantity": 1}
        for values in (
            {"contract_id": "abc"},
            {"metric_id": 10**8},
            {"metric_id": False},
            {"hour": "soon"},
            {"hour": "2026-03-10 12:30:00"},
            {"quantity": "x"},
            {"quantity": None},
            {"revision": -1},
            {"events": 0},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.readings.create({**good, **values})

    def test_retention_is_set_on_the_settings(self):
        settings = self.env["res.config.settings"].create({"kor_usage_retention_days": 400})
        settings.execute()
        self.assertEqual(self.env.company.kor_usage_retention_days, 400)
