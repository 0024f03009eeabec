from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.metering import Day, Meter

DAYS = """
    SELECT s.place - 1, r.day,
           CASE WHEN s.is_unique THEN (
               SELECT array_agg(v.value) FROM kor_usage_value v WHERE v.rollup_id = r.id) END,
           r.events, coalesce(r.readings, 0), r.total::text, r.highest::text, r.latest::text,
           r.first_second::text, r.latest_second::text, r.area::text
      FROM unnest(%(contracts)s::int[], %(metrics)s::int[], %(dimensions)s::text[], %(unique)s::bool[])
           WITH ORDINALITY AS s(contract_id, metric_id, dimension, is_unique, place)
      LEFT JOIN LATERAL (
               (SELECT d.* FROM kor_usage_rollup d
                 WHERE (d.contract_id, d.metric_id, d.dimension) = (s.contract_id, s.metric_id, s.dimension)
                   AND d.day >= %(since)s AND d.day < %(until)s)
               UNION ALL
               (SELECT d.* FROM kor_usage_rollup d
                 WHERE (d.contract_id, d.metric_id, d.dimension) = (s.contract_id, s.metric_id, s.dimension)
                   AND d.day < %(since)s AND d.events > 0
                 ORDER BY d.day DESC LIMIT 1)
           ) r ON true
     WHERE EXISTS (SELECT FROM kor_usage_rollup d
                    WHERE d.contract_id = s.contract_id AND d.metric_id = s.metric_id)
     ORDER BY s.place, r.day
"""
# What engine/dimensions.py makes of a dimension.
LABEL = """
    COALESCE((SELECT string_agg(name || ': ' || value, ', ' ORDER BY place)
                FROM json_each_text(NULLIF(%(dimension)s, '')::json) WITH ORDINALITY AS named(name, value, place)),
             CASE WHEN %(dimension)s = '' THEN '' ELSE %(none)s END)
"""


class KorUsageRollup(models.Model):
    """Sum up a day of one metric of one contract: rating, limits and screens read this, not the events.

    A metric with dimensions has one rollup for the whole day (without dimension) and one for each dimension.
    """

    _name = "kor.usage.rollup"
    _inherit = ["kor.usage.measure.mixin", "kor.usage.dimension.mixin"]
    _description = "Daily Usage"
    _log_access = False
    _order = "day desc, id desc"
    _rec_name = "metric_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    tier_id = fields.Many2one("kor.tier", readonly=True, help="The tier of the contract when the day was first used.")
    metric_id = fields.Many2one("kor.metric", required=True, readonly=True, ondelete="restrict", index=True)
    day = fields.Date(required=True, readonly=True, help="In the contract's time zone.")
    dimension = fields.Char(
        string="Dimension (JSON)",
        required=True,
        readonly=True,
        default="",
        help="The properties it is kept apart by; empty: all together.",
    )
    dimension_label = fields.Char(search="_search_dimension_label")
    # Numeric without a fixed number of decimals: quantities are never rounded.
    total = fields.Float(digits=0, readonly=True, help="Sum of the quantities.")
    events = fields.Integer(readonly=True, help="Events that count: those reversed are taken out.")
    readings = fields.Integer(readonly=True, help="Hours reported as readings, those of several systems apart.")
    highest = fields.Float(digits=0, readonly=True, aggregator="max")
    latest = fields.Float(digits=0, readonly=True, aggregator="max")
    first_second = fields.Float(digits=0, readonly=True, aggregator="min", help="Seconds from midnight to the first.")
    latest_second = fields.Float(digits=0, readonly=True, aggregator="max", help="Seconds from midnight to the last.")
    area = fields.Float(
        digits=0, readonly=True, aggregator=False, help="Value times seconds between the first and the last event."
    )
    has_events = fields.Boolean(readonly=True, help="Single events of the day are kept.")
    is_condensed = fields.Boolean(readonly=True, help="Single events of the day have been dropped.")

    _series_unique = models.UniqueIndex("(contract_id, metric_id, day, dimension)")
    _newest_idx = models.Index("(day DESC, id DESC)")
    _kept_idx = models.Index("(company_id, day) WHERE has_events")

    @api.model
    def _search_dimension_label(self, operator, value):
        if operator not in ("in", "ilike"):
            return NotImplemented
        wanted = [one for one in value if one] if operator == "in" else f"%{value}%"

        def to_sql(_model, alias, _query):
            dimension = SQL.identifier(alias, "dimension")
            label = SQL(LABEL, dimension=dimension, none=self._get_no_properties())
            if operator == "ilike":
                return SQL("%s ILIKE %s", label, wanted)
            together = SQL("%s = ''", dimension) if len(wanted) < len(value) else SQL("FALSE")
            return SQL("(%s OR (%s != '' AND %s = ANY(%s)))", together, dimension, label, wanted)

        return Domain.custom(to_sql=to_sql)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Group and sort by what is stored: to put a million rows into words takes seconds."""
        if field_expr == "dimension_label":
            field_expr = "dimension"
        return super()._field_to_sql(alias, field_expr, query)

    def _read_group_postprocess_groupby(self, groupby_spec, raw_values):
        values = super()._read_group_postprocess_groupby(groupby_spec, raw_values)
        return map(self._describe_dimension, values) if groupby_spec == "dimension_label" else values

    @api.model
    def _read_meters(self, series, since, until):
        """Return the meters of series of use over since <= day < until, in one query.

        :param series: (contract, metric, dimension) each; the dimension is canonical JSON, empty for all together.
            The caller has checked that this use may be read.
        :return: {(contract, metric, dimension): Meter}, without the series of which nothing was ever reported
        """
        series = list(dict.fromkeys(series))
        if not series:
            return {}
        # The rows come back by their place in the list; quantities as text, to lose no digit to a float.
        days, openings = {}, {}
        rows = self.env.execute_query(self._select_days(series, since, until))
        for place, day, values, events, readings, *numbers in rows:
            days.setdefault(place, [])
            if day is not None:
                total, highest, latest, first_second, latest_second, area = map(Decimal, numbers)
                if day < since:
                    openings[place] = latest
                    continue
                shape = (highest, latest, first_second, latest_second, area)
                days[place].append(Day(day, total, events, *shape, frozenset(values or ()), readings))
        return {
            series[place]: Meter(series[place][1].aggregation, tuple(found), openings.get(place))
            for place, found in days.items()
        }

    @api.model
    def _select_days(self, series, since, until):
        """Return the query of the days in a span, in order, and of the last day with events before it."""
        return SQL(
            DAYS,
            contracts=[contract.id for contract, _metric, _dimension in series],
            metrics=[metric.id for _contract, metric, _dimension in series],
            dimensions=[dimension for _contract, _metric, dimension in series],
            unique=[metric.aggregation == "unique_count" for _contract, metric, _dimension in series],
            since=since,
            until=until,
        )
