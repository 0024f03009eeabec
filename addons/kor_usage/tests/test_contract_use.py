from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, freeze_time, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestContractUse(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()

    def _get_line(self, code):
        return self.contract.line_ids.filtered(lambda line: line.metric_id.code == code)

    def test_meters_of_all_lines_take_one_query(self):
        for metric in self.metrics:
            self._ingest(self._event(f"{metric.code}-1", 4, "2026-03-31T21:59:00Z", metric.code, value="ann"))
            self._ingest(self._event(f"{metric.code}-2", 6, "2026-04-30T20:00:00Z", metric.code, value="bob"))
        lines = self.contract.line_ids | self.other_contract.line_ids
        lines.mapped("contract_id.name"), lines.mapped("metric_id.aggregation"), lines.mapped("charge_type")
        with self.assertQueryCount(1):
            meters = lines._get_meters(date(2026, 4, 1), date(2026, 5, 1))
        self.assertEqual(set(meters), set(self.contract.line_ids.ids))
        wanted = {"sum": 6, "max": 6, "latest": 6, "unique_count": 1, "time_weighted": 4 + 2 * 2 / (30 * 24)}
        for line in self.contract.line_ids:
            meter = meters[line.id]
            with self.subTest(meter.aggregation):
                reading = meter.read(date(2026, 4, 1), date(2026, 5, 1))
                self.assertAlmostEqual(float(reading.quantity), wanted[meter.aggregation])
                self.assertTrue(reading.reported)
        later = lines._get_meters(date(2026, 7, 1), date(2026, 8, 1))
        reading = later[self._get_line("test_sum").id].read(date(2026, 7, 1), date(2026, 8, 1))
        self.assertEqual((reading.quantity, reading.reported), (0, False))
        reading = later[self._get_line("test_latest").id].read(date(2026, 7, 1), date(2026, 8, 1))
        self.assertEqual((reading.quantity, reading.reported), (6, True))

    def test_meter_keeps_more_digits_than_a_float(self):
        self._ingest(self._event("1", "12345678901234567890.123456789"), self._event("2", "0.000000000000000000001"))
        meters = self._get_line("test_sum")._get_meters(date(2026, 3, 1), date(2026, 4, 1))
        reading = next(iter(meters.values())).read(date(2026, 3, 1), date(2026, 4, 1))
        self.assertEqual(str(reading.quantity), "12345678901234567890.123456789000000000001")

    def test_entitlements_tell_the_use_of_the_running_month(self):
        contract = self._make_contract(self.customer, activate=False, date_start="2026-01-10")
        users = self.metrics[1]
        contract.limit_ids = [
            Command.create({"metric_id": metric.id, "kind": "limited", "quantity": 100})
            for metric in (self.calls, users)
        ]
        contract.line_ids = [
            Command.create({"product_id": self.product.id, "name": "Held", "charge_type": "per_unit",
                            "metric_id": users.id, "quantity": 7})
        ]  # fmt: skip
        contract.action_activate()
        # The month began on the 10th of June in Madrid: two hours before midnight in UTC.
        self._ingest(
            self._event("1", 10, "2026-06-09T21:59:59Z", contract=contract.id),
            self._event("2", 20, "2026-06-09T22:00:00Z", contract=contract.id),
            self._event("3", 30, "2026-06-15T11:00:00Z", contract=contract.id),
        )
        limits = {limit["metric"]: limit for limit in contract.entitlements()["limits"]}
        self.assertEqual(limits["test_sum"]["used"], 50)
        self.assertEqual(limits["test_sum"]["remaining"], 50)
        self.assertEqual((limits["test_sum"]["date_from"], limits["test_sum"]["date_to"]), ("2026-06-10", "2026-07-09"))
        # Nothing measures the users: what is held counts, until something does.
        self.assertEqual(limits["test_max"]["used"], 7)
        self.assertNotIn("date_from", limits["test_max"])
        self._ingest(self._event("4", 9, "2026-06-15T11:00:00Z", "test_max", contract=contract.id))
        limits = {limit["metric"]: limit for limit in contract.entitlements()["limits"]}
        self.assertEqual(limits["test_max"]["used"], 9)

    def test_use_of_many_contracts_is_that_of_each_and_takes_one_query(self):
        later = self._make_contract(self.customer, date_start="2026-01-20")
        contracts = self.contract | self.other_contract | later
        for number, contract in enumerate(contracts, 1):
            for metric in self.metrics:
                key = f"{contract.id}-{metric.code}"
                self._ingest(
                    self._event(
                        f"{key}-1", number, "2026-05-25T12:00:00Z", metric.code, contract=contract.id, value="a"
                    ),
                    self._event(f"{key}-2", 10, "2026-06-05T12:00:00Z", metric.code, contract=contract.id, value="b"),
                )
        singly = {contract: contract._get_use(self.metrics) for contract in contracts}
        with self.assertQueryCount(1):
            self.assertEqual(contracts._get_uses(self.metrics), singly)
        self.assertEqual([singly[contract][self.calls] for contract in contracts], [10, 10, 13])

    def test_hard_limit_refuses_more_and_what_is_reported_counts_nevertheless(self):
        contract = self._make_contract(self.customer, activate=False)
        contract.limit_ids = [
            Command.create({"metric_id": self.calls.id, "quantity": 10, "enforcement": "hard"}),
        ]
        contract.action_activate()
        for key, allowed, used in (("1", True, 9), ("2", False, 18), ("3", False, 27)):
            self._assert_counts(self._ingest(self._event(key, 9, "2026-06-10T12:00:00Z", contract=contract.id)), 1)
            (limit,) = contract.entitlements()["limits"]
            with self.subTest(key):
                self.assertIs(limit["allowed"], allowed)
                self.assertEqual((limit["used"], limit["percent"]), (used, used * 10))

    def test_use_is_told_by_metric_and_day(self):
        self._ingest(self._event("1", 4), self._event("2", 6.5), self._event("3", 2, "2026-03-12T12:00:00Z"))
        told = self.contract.usage("2026-03-01", "2026-03-31")
        (metric,) = told["metrics"]
        self.assertEqual((told["date_from"], told["date_to"]), ("2026-03-01", "2026-03-31"))
        self.assertEqual((metric["metric"], metric["quantity"], metric["events"]), ("test_sum", 12.5, 3))
        self.assertEqual(
            metric["days"],
            [
                {"date": "2026-03-10", "quantity": 10.5, "events": 2},
                {"date": "2026-03-12", "quantity": 2, "events": 1},
            ],
        )

    def test_use_needs_good_dates_and_the_right_to_read(self):
        for first, last in (("2026-03-02", "2026-03-01"), ("March", "2026-03-01"), ("2026-03-01", False)):
            with self.subTest(first=first, last=last), self.assertRaises(UserError):
                self.contract.usage(first, last)
        own, other = self._make_portal_user(self.customer, "own"), self._make_portal_user(self.other_customer, "other")
        self._ingest(self._event("1", 4))
        told = self.contract.with_user(own).usage("2026-03-01", "2026-03-31")
        self.assertEqual(told["metrics"][0]["quantity"], 4)
        with self.assertRaises(AccessError):
            self.contract.with_user(other).usage("2026-03-01", "2026-03-31")
