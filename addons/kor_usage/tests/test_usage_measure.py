from odoo.tests import TransactionCase, freeze_time, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageMeasure(UsageCase, TransactionCase):
    """Two contracts, two days, two events a day: 4 then 6 on the first day, 8 then 2 on the second."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage("UTC")
        events = [
            {
                "id": f"{contract.id}-{metric.code}-{day}-{hour}",
                "contract": contract.id,
                "metric": metric.code,
                "time": f"2026-03-{day}T{hour}:00:00Z",
                "quantity": quantity,
                "value": str(quantity),
            }
            for contract in cls.contract | cls.other_contract
            for metric in cls.metrics
            for day, hour, quantity in ((10, 10, 4), (10, 20, 6), (11, 10, 8), (11, 20, 2))
        ]
        cls.Event.ingest(events)

    def _read(self, groupby, *domain):
        groups = self.Rollup._read_group(
            [("metric_id", "in", self.metrics.ids), *domain], ["metric_id", *groupby], ["quantity:sum"]
        )
        result = {}
        for metric, *_keys, quantity in groups:
            result.setdefault(metric.aggregation, []).append(quantity)
        return result

    def test_days_of_one_contract_are_what_the_metric_makes_of_them(self):
        found = self._read(["day:day"], ("contract_id", "=", self.contract.id))
        wanted = {
            "sum": [10, 10], "max": [6, 8], "latest": [6, 2], "unique_count": [2, 2], "time_weighted": [6, 2]
        }  # fmt: skip
        self.assertEqual(found, wanted)

    def test_months_add_sums_up_and_average_the_rest(self):
        found = self._read(["day:month"], ("contract_id", "=", self.contract.id))
        wanted = {"sum": [20], "max": [7], "latest": [4], "unique_count": [2], "time_weighted": [4]}
        self.assertEqual(found, wanted)

    def test_contracts_add_up_on_each_day(self):
        self.assertEqual(self._read(["day:day"])["latest"], [12, 4])
        self.assertEqual(self._read(["day:month"])["latest"], [8])

    def test_rollup_shows_its_own_day(self):
        rollup = self.Rollup.search(
            [("contract_id", "=", self.contract.id), ("metric_id", "=", self.metrics[1].id)], order="day", limit=1
        )
        self.assertEqual(rollup.quantity, 6)

    def test_screens_offer_it_as_a_measure(self):
        self.assertEqual(self.Rollup.fields_get(["quantity"])["quantity"]["aggregator"], "sum")

    def test_day_that_was_taken_back_is_no_part_of_an_average(self):
        keys = [f"{self.contract.id}-test_max-11-{hour}" for hour in (10, 20)]
        self._ingest(*(self._reversal(f"x{key}", key, metric="test_max") for key in keys))
        found = self._read(["day:month"], ("contract_id", "=", self.contract.id))
        self.assertEqual(found["max"], [6])
