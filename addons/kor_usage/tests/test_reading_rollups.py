from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import TransactionCase, freeze_time, tagged

from .common import NOW, UsageCase, moment

AGGREGATIONS = ("sum", "max", "latest", "time_weighted")
# Few hours on three days, few revisions: repetitions, replacements and outdated readings come by themselves.
READING = st.fixed_dictionaries(
    {
        "hour": st.integers(0, 15).map(lambda number: number * 5),
        "region": st.sampled_from(("eu", "us")),
        "source": st.sampled_from(("", "b")),
        "revision": st.integers(0, 5),
    }
)
EVENT = st.tuples(st.integers(0, 40).map(lambda number: number * 97), st.integers(0, 50), st.sampled_from(("eu", "us")))


def key_of(drawn):
    return drawn["hour"], drawn["region"], drawn["source"], drawn["revision"]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReadingRollups(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.metrics.dimension_keys = "region"
        cls.serial = 0

    def _report(self, contract, aggregation, drawn, numbers):
        quantity, events = numbers[key_of(drawn)]
        return {
            "contract": contract.id,
            "metric": f"test_{aggregation}",
            "hour": moment(drawn["hour"] * 60),
            "quantity": str(quantity),
            "events": events if quantity else 0,
            "revision": drawn["revision"],
            "source": drawn["source"],
            "properties": {"region": drawn["region"]},
        }

    def _recount_readings(self, aggregation, drawn, numbers, events):
        """Return the rollups that the highest revisions and the events come to, counted one by one in UTC."""
        best = {}
        for one in drawn:
            place = (one["hour"], one["region"], one["source"])
            best[place] = max(best.get(place, 0), one["revision"])
        points = []
        for (hour, region, source), revision in best.items():
            quantity, count = numbers[hour, region, source, revision]
            points.append((hour * 60, region, quantity, count if quantity else 0, 1))
        points += [(minute, region, Decimal(quantity), 1, 0) for minute, quantity, region in events]
        series = {}
        for minute, region, *rest in points:
            day = fields.Date.to_date("2026-03-01") + timedelta(days=minute // 1440)
            for dimension in ("", f'{{"region":"{region}"}}'):
                series.setdefault((day, dimension), []).append((Decimal(minute % 1440 * 60), *rest))
        return {place: self._sum_up(aggregation, rows) for place, rows in series.items()}

    def _sum_up(self, aggregation, rows):
        total, readings = sum(row[1] for row in rows), sum(row[3] for row in rows)
        if aggregation == "sum":
            return (total, sum(row[2] for row in rows), readings)
        points = [(second, quantity, None) for second, quantity, _events, _readings in rows]
        shape = self._recount_day(aggregation, points)[2:-1]
        return (total, sum(max(row[2], 1) for row in rows), readings, *shape)

    def _read_numbers(self, contract, aggregation):
        metric = self.metrics.filtered(lambda one: one.aggregation == aggregation)
        self.env.cr.execute(
            """SELECT day, dimension, total::text, events, coalesce(readings, 0), highest::text, latest::text,
                      first_second::text, latest_second::text, area::text
                 FROM kor_usage_rollup WHERE contract_id = %s AND metric_id = %s""",
            [contract.id, metric.id],
        )
        length = 3 if aggregation == "sum" else 8
        return {(row[0], row[1]): tuple(map(Decimal, row[2:]))[:length] for row in self.env.cr.fetchall()}

    def _draw_numbers(self, data, drawn):
        """Return a quantity and a number of events for each revision of each reading."""
        places = sorted({key_of(one) for one in drawn})
        number = st.tuples(st.decimals(0, 50, places=2), st.integers(1, 9))
        return {place: data.draw(number) for place in places}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(READING, max_size=20), st.lists(EVENT, max_size=5), st.data())
    def test_rollups_equal_a_recount_of_the_highest_revisions(self, drawn, events, data):
        TestReadingRollups.serial += 1
        numbers = self._draw_numbers(data, drawn)
        mixed = data.draw(st.permutations(drawn + drawn[: len(drawn) // 2]))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
        turn = data.draw(st.integers(0, len(cuts)))
        contract = self._make_contract(self._make_customer("Corona", "UTC"))
        for aggregation in AGGREGATIONS:
            for number, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(mixed)], strict=True)):
                batch = [self._report(contract, aggregation, one, numbers) for one in mixed[a:b]]
                self.assertFalse(self.Reading.ingest(batch)["rejected"])
                if number == turn:
                    self._report_events(contract, aggregation, events)
            expected = self._recount_readings(aggregation, drawn, numbers, events)
            self.assertEqual(self._read_numbers(contract, aggregation), expected, aggregation)

    def _report_events(self, contract, aggregation, events):
        self._ingest(
            *(
                self._event(f"{self.serial}-{aggregation}-{number}", quantity, moment(minute), f"test_{aggregation}",
                            contract=contract.id, properties={"region": region})
                for number, (minute, quantity, region) in enumerate(events)
            )
        )  # fmt: skip
