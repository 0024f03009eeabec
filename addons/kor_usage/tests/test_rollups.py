from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, freeze_time, tagged

from .common import AGGREGATIONS, NOW, UsageCase, moment

# Few ids, few moments on three days: repetitions, ties and late events come by themselves.
EVENT = st.fixed_dictionaries(
    {
        "key": st.integers(0, 30),
        "minute": st.integers(0, 40).map(lambda number: number * 97),
        "quantity": st.decimals(0, 50, places=2).map(str),
        "value": st.sampled_from(("ann", "bob", "eve")),
        "region": st.sampled_from(("eu", "us")),
        "reverses": st.none() | st.none() | st.integers(0, 30),
    }
)
BATCHES = st.lists(st.lists(EVENT, max_size=12), min_size=1, max_size=5)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRollups(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.metrics.dimension_keys = "region"
        # The number of the reversed event is written as text.
        cls.serial = 0

    def _report(self, contract, prefix, drawn, aggregation):
        key = f"{prefix}-{drawn['key']}"
        if drawn["reverses"] is not None:
            return {"id": f"{key}-r", "contract": contract.id, "reverses": f"{prefix}-{drawn['reverses']}"}
        return {
            "id": key,
            "contract": contract.id,
            "metric": f"test_{aggregation}",
            "time": moment(drawn["minute"]),
            "quantity": drawn["quantity"],
            "value": drawn["value"],
            "properties": {"region": drawn["region"]},
        }

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BATCHES)
    def test_rollups_equal_a_recount_after_any_mix(self, batches):
        TestRollups.serial += 1
        contract = self._make_contract(self.customer)
        for metric, aggregation in zip(self.metrics, AGGREGATIONS, strict=True):
            prefix = f"{self.serial}-{aggregation}"
            for batch in batches:
                self.Event.ingest([self._report(contract, prefix, drawn, aggregation) for drawn in batch])
            self.assertEqual(self._read_rollups(contract, metric), self._recount(contract, metric), aggregation)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(EVENT, max_size=20, unique_by=lambda drawn: drawn["key"]), st.data())
    def test_rollups_do_not_depend_on_batches_order_or_repetition(self, drawn, data):
        TestRollups.serial += 1
        events = [{**one, "reverses": None} for one in drawn]
        mixed = data.draw(st.permutations(events + events[: len(events) // 2]))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
        batches = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
        first, second = self._make_contract(self.customer), self._make_contract(self.customer)
        for metric, aggregation in zip(self.metrics, AGGREGATIONS, strict=True):
            for contract, parts in ((first, [events]), (second, batches)):
                prefix = f"{self.serial}-{aggregation}-{contract.id}"
                for batch in parts:
                    self.Event.ingest([self._report(contract, prefix, one, aggregation) for one in batch])
            self.assertEqual(self._read_rollups(first, metric), self._read_rollups(second, metric), aggregation)
