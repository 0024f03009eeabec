from datetime import datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .infrastructure_common import InfrastructureCase

NOON = datetime(2026, 3, 2, 12)


def _reading(used, time="2026-03-02T11:00:00Z", resource="storage"):
    return {"resource": resource, "used": used, "time": time}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 12:00:00")
class TestInfrastructureReadings(InfrastructureCase):
    def _push(self, *readings):
        answer = self.infrastructure.push_readings(list(readings))
        return answer["accepted"], answer["duplicate"], [one["index"] for one in answer["rejected"]]

    def test_the_same_reading_is_taken_once_whatever_comes_between(self):
        first, second = _reading(100), _reading(200, "2026-03-02T11:30:00Z")
        for label, readings, expected in (
            ("new", [first], (1, 0, [])),
            ("again", [first], (0, 1, [])),
            ("again, by its id", [{**first, "resource": self.storage.id}], (0, 1, [])),
            ("again, in another zone", [{**first, "time": "2026-03-02T12:00:00+01:00"}], (0, 1, [])),
            ("one new, one known, one twice", [second, first, second], (1, 2, [])),
            ("says something else", [_reading(101)], (0, 0, [0])),
            ("two that contradict", [_reading(5, "2026-03-02T10:00:00Z"), _reading(6, "2026-03-02T10:00:00Z")],
             (1, 0, [1])),
            ("some are none", [None, _reading(1, resource="gpu"), _reading("x"), _reading(7, "2026-03-02T09:00:00Z")],
             (1, 0, [0, 1, 2])),
            ("none", [], (0, 0, [])),
        ):  # fmt: skip
            with self.subTest(label):
                self.assertEqual(self._push(*readings), expected)
        # The latest counts, whatever came last.
        self.assertEqual((self.storage.used, self.storage.utilisation), (200, 20))
        self.assertEqual(self.storage.date_used, datetime(2026, 3, 2, 11, 30))
        self.assertEqual(self.infrastructure.utilisation, 20)
        self.assertEqual(
            self.env["kor.infrastructure.reading"].search_count([("resource_id", "=", self.storage.id)]), 4
        )

    def test_refusals_say_what_would_be_right(self):
        self._push(_reading(100))
        answer = self.infrastructure.push_readings([_reading(1, resource="gpu"), _reading(2)])
        self.assertIn("there are: storage, memory", answer["rejected"][0]["reason"])
        self.assertIn("says 100 already", answer["rejected"][1]["reason"])
        for value in ("storage", 5, None, True):
            with self.subTest(value), self.assertRaisesRegex(UserError, "as a list"):
                self.infrastructure.push_readings(value)
        with self.assertRaisesRegex(UserError, "at most 10000"):
            self.infrastructure.push_readings([{}] * 10_001)

    def test_a_thousand_readings_take_a_bounded_number_of_queries(self):
        readings = [
            _reading(index % 700, f"{(NOON - timedelta(minutes=index + 1)).isoformat()}Z", resource)
            for index in range(500)
            for resource in ("storage", "memory")
        ]
        self.memory.allocated = self.memory.contracted = 1000
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(11):
            self.assertEqual(self._push(*readings), (1000, 0, []))
            self.env.flush_all()
        with self.assertQueryCount(9):
            self.assertEqual(self._push(*readings), (0, 1000, []))
            self.env.flush_all()

    def _create_metric(self, aggregation):
        return self.env["kor.metric"].create(
            {"name": aggregation, "code": f"infra_{aggregation}", "unit": "GB", "aggregation": aggregation}
        )

    def _get_usage(self, metric):
        usage = self.env["kor.usage.reading"].search([("metric_id", "=", metric.id)])
        return [(one.contract_id, one.hour.hour, one.quantity, one.events) for one in usage.sorted("hour")]

    def test_readings_are_usage_of_the_contract_by_aggregation(self):
        readings = [
            _reading(40, "2026-03-02T10:45:00Z"),
            _reading(20, "2026-03-02T10:15:00Z"),
            _reading(10, "2026-03-02T10:30:00Z"),
            _reading(30, "2026-03-02T11:00:00Z"),
        ]
        for aggregation, expected in (("sum", 70), ("max", 40), ("latest", 40), ("time_weighted", 22.5)):
            with self.subTest(aggregation):
                metric = self._create_metric(aggregation)
                infrastructure = self._create_infrastructure(
                    resource_ids=[Command.create({"kind": "storage", "metric_id": metric.id})]
                )
                self.assertEqual(infrastructure.push_readings(readings)["usage"]["accepted"], 2)
                wanted = [(self.contract, 10, expected, 3), (self.contract, 11, 30, 1)]
                self.assertEqual(self._get_usage(metric), wanted)
                # Safe to repeat, and a late reading corrects its hour.
                answer = infrastructure.push_readings(readings)
                self.assertEqual(answer["usage"], {"accepted": 0, "duplicate": 2, "rejected": []})
                self.assertEqual(self._get_usage(metric), wanted)
                answer = infrastructure.push_readings([_reading(90, "2026-03-02T10:50:00Z")])
                self.assertEqual(answer["usage"]["accepted"], 1)
                self.assertEqual(self._get_usage(metric)[0][3], 4)
                if aggregation == "sum":
                    self.assertEqual(self._get_usage(metric)[0][2], 160)

    def test_readings_before_the_contract_are_kept_but_are_no_usage(self):
        metric = self._create_metric("max")
        self.storage.metric_id = metric
        answer = self.infrastructure.push_readings([_reading(5, "2025-12-30T10:00:00Z")])
        self.assertEqual((answer["accepted"], answer["usage"]["accepted"]), (1, 0))
        self.assertIn("before contract", answer["usage"]["rejected"][0]["reason"])

    def test_levels_of_two_resources_cannot_be_one_metric(self):
        level, total, values = (self._create_metric(one) for one in ("latest", "sum", "unique_count"))
        self.storage.metric_id = level
        with self.assertRaisesRegex(ValidationError, "let one resource tell it"):
            self.memory.metric_id = level
        with self.assertRaisesRegex(ValidationError, "counts different values"):
            self.memory.metric_id = values
        (self.storage | self.memory).metric_id = total
        self.assertEqual(self.memory.metric_id, total)

    def test_old_readings_are_forgotten_and_do_not_come_again(self):
        self._push(_reading(1, "2025-02-01T00:00:00Z"), _reading(2))
        reading = self.env["kor.infrastructure.reading"]
        with freeze_time("2026-03-20 12:00:00"):
            reading._gc_old()
            left = reading.search([("resource_id", "=", self.storage.id)])
            self.assertEqual(left.mapped("used"), [2])
            self.assertEqual(self._push(_reading(1, "2025-02-01T00:00:00Z")), (0, 0, [0]))
