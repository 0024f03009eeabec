from odoo import fields, models
from odoo.tools import SQL


class KorUsageMeasureMixin(models.AbstractModel):
    """Give graphs and pivots of daily usage one measure that is right for every metric."""

    _name = "kor.usage.measure.mixin"
    _description = "Measure of Daily Usage"

    quantity = fields.Float(
        string="Use",
        compute="_compute_quantity",
        digits=0,
        help="What the metric makes of a day: the sum, the highest or latest value, or the number of different values. "
        "Over several days sums are added up; of anything else the average of the days is shown.",
    )

    def _compute_quantity(self):
        groups = self._read_group([("id", "in", self.ids)], ["id"], ["quantity:sum"])
        quantities = {rollup.id: quantity for rollup, quantity in groups}
        for rollup in self:
            rollup.quantity = quantities.get(rollup.id, 0)

    def _read_group_select(self, aggregate_spec, query):
        """Aggregate the use by how its metric counts: levels of several days do not add up."""
        if aggregate_spec not in ("quantity:sum", "quantity:avg"):
            return super()._read_group_select(aggregate_spec, query)
        metric = query.make_alias(self._table, "metric_id__quantity")
        query.add_join(
            "LEFT JOIN",
            metric,
            "kor_metric",
            SQL("%s = %s", SQL.identifier(self._table, "metric_id"), SQL.identifier(metric, "id")),
        )
        aggregation, table = SQL.identifier(metric, "aggregation"), SQL.identifier(self._table)
        level = SQL(
            """CASE %(aggregation)s WHEN 'max' THEN %(table)s.highest
                    WHEN 'unique_count' THEN (SELECT COUNT(*) FROM kor_usage_value v WHERE v.rollup_id = %(table)s.id)
                    ELSE %(table)s.latest END""",
            aggregation=aggregation,
            table=table,
        )
        return SQL(
            """COALESCE(SUM(%(table)s.total) FILTER (WHERE %(aggregation)s = 'sum'), 0)
               + COALESCE(SUM(%(level)s) FILTER (WHERE %(is_level)s)
               / NULLIF(COUNT(DISTINCT %(table)s.day) FILTER (WHERE %(is_level)s), 0), 0)""",
            table=table,
            aggregation=aggregation,
            level=level,
            # A day whose events were all reversed tells nothing.
            is_level=SQL("%s != 'sum' AND %s.events > 0", aggregation, table),
        )
