from datetime import UTC, datetime, timedelta
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import new_test_user

AGGREGATIONS = ("sum", "max", "latest", "unique_count", "time_weighted")
START = "2026-01-01"
NOW = "2026-06-15 12:00:00"


class UsageCase:
    """Give a test class metrics of all aggregations, two customers with contracts, and ways to report and recount."""

    @classmethod
    def _set_up_usage(cls, tz="Europe/Madrid"):
        cls.metrics = cls.env["kor.metric"].create(
            [
                {"name": f"Test {name}", "code": f"test_{name}", "unit": "unit", "aggregation": name}
                for name in AGGREGATIONS
            ]
        )
        cls.calls = cls.metrics[0]
        cls.tier = cls.env["kor.tier"].create({"name": "Usage", "code": "test_usage"})
        cls.product = cls.env["product.product"].create({"name": "Use", "type": "service"})
        cls.customer = cls._make_customer("Aurora", tz)
        cls.other_customer = cls._make_customer("Borealis", tz)
        cls.contract = cls._make_contract(cls.customer)
        cls.other_contract = cls._make_contract(cls.other_customer)
        cls.Event = cls.env["kor.usage.event"]
        cls.Reading = cls.env["kor.usage.reading"]
        cls.Rollup = cls.env["kor.usage.rollup"]

    @classmethod
    def _make_customer(cls, name, tz="Europe/Madrid"):
        return cls.env["res.partner"].create({"name": name, "is_company": True, "tz": tz})

    @classmethod
    def _make_contract(cls, customer, activate=True, **values):
        contract = cls.env["kor.contract"].create(
            {
                "partner_id": customer.id,
                "tier_id": cls.tier.id,
                "term": "monthly",
                "date_start": START,
                "line_ids": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "name": metric.name,
                            "charge_type": "usage",
                            "metric_id": metric.id,
                            "unit_price": 1,
                        }
                    )
                    for metric in cls.metrics
                ],
                **values,
            }
        )
        if activate:
            contract.action_activate()
        return contract

    @classmethod
    def _make_portal_user(cls, customer, login):
        user = new_test_user(cls.env, login, groups="base.group_portal", password=f"{login}-{login}")
        user.partner_id.parent_id = customer
        return user

    def _event(self, key, quantity=1, time="2026-03-10T12:00:00Z", metric="test_sum", **values):
        event = {"id": key, "contract": self.contract.name, "metric": metric, "time": time, "quantity": quantity}
        return {**event, **values}

    def _reading(self, quantity=1, hour="2026-03-10T12:00:00Z", metric="test_sum", revision=0, **values):
        reading = {"contract": self.contract.name, "metric": metric, "hour": hour, "quantity": quantity}
        return {**reading, "revision": revision, **values}

    def _reversal(self, key, reverses, **values):
        return {"id": key, "contract": self.contract.name, "reverses": reverses, **values}

    def _ingest(self, *events):
        return self.Event.ingest(list(events))

    def _ingest_readings(self, *readings):
        return self.Reading.ingest(list(readings))

    def _assert_counts(self, answer, accepted, duplicate=0, rejected=0):
        counts = (answer["accepted"], answer["duplicate"], len(answer["rejected"]))
        self.assertEqual(counts, (accepted, duplicate, rejected), answer["rejected"])

    def _get_total(self, contract=None, metric=None):
        contract, metric = contract or self.contract, metric or self.calls
        self.Rollup.invalidate_model()
        domain = [("contract_id", "=", contract.id), ("metric_id", "=", metric.id), ("dimension", "=", "")]
        return sum(self.Rollup.search(domain).mapped("total"))

    def _read_rollups(self, contract, metric):
        """Return the rollups as {(day, dimension): numbers}, exact."""
        self.env.cr.execute(
            """SELECT r.day, r.dimension, r.total::text, r.events, r.highest::text, r.latest::text,
                      r.first_second::text, r.latest_second::text, r.area::text,
                      (SELECT array_agg(value ORDER BY value) FROM kor_usage_value WHERE rollup_id = r.id)
                 FROM kor_usage_rollup r WHERE contract_id = %s AND metric_id = %s AND events != 0""",
            [contract.id, metric.id],
        )
        return {
            (day, dimension): (Decimal(total), events, *map(Decimal, shape), tuple(values or ()))
            for day, dimension, total, events, *shape, values in self.env.cr.fetchall()
        }

    def _recount(self, contract, metric):
        """Return what `_read_rollups` must, counted from the raw events one by one."""
        self.env.cr.execute(
            """SELECT event_key, day, second::text, quantity::text, value, dimension, reverses
                 FROM kor_usage_event WHERE contract_id = %s AND metric_id = %s""",
            [contract.id, metric.id],
        )
        rows = self.env.cr.fetchall()
        reversed_keys = {row[6] for row in rows if row[6]}
        live = [row for row in rows if not row[6] and row[0] not in reversed_keys]
        series = {}
        for _key, day, second, quantity, value, dimension, _reverses in live:
            for kept in {"", dimension}:
                series.setdefault((day, kept), []).append((Decimal(second), Decimal(quantity), value))
        return {place: self._recount_day(metric.aggregation, points) for place, points in series.items()}

    def _recount_day(self, aggregation, points):
        points = sorted(points, key=lambda point: point[:2])
        total, area = sum(quantity for _second, quantity, _value in points), Decimal(0)
        values = tuple(sorted({value for _second, _quantity, value in points if value is not None}))
        if aggregation in ("sum", "unique_count"):
            return (total, len(points), *[Decimal(0)] * 5, values)
        if aggregation == "time_weighted":
            for (second, quantity, _), (until, _quantity, _) in zip(points, points[1:], strict=False):
                area += quantity * (until - second)
        highest = max(quantity for _second, quantity, _value in points)
        return (total, len(points), highest, points[-1][1], points[0][0], points[-1][0], area, values)


def moment(minutes):
    """Return a time so many minutes after the first of March as text."""
    return (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()
