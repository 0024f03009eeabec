from odoo import api, models
from odoo.tools import SQL

from ..engine import dimensions


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    @api.model
    def _get_price_fields(self):
        return [*super()._get_price_fields(), "usage_scope", "usage_filter", "requires_reading"]

    def _get_meters(self, since, until):
        """Return the meters of the usage lines over since <= day < until, in a query or two.

        A line of whose metric nothing was ever reported is left out where a quantity was entered: that is its use.

        :return: {line id: Meter}
        """
        measured = self.filtered(lambda line: line.charge_type == "usage" and line.metric_id)
        series = measured._choose_series()
        meters = self.env["kor.usage.rollup"]._read_meters(
            [key for keys in series.values() for key in keys], since, until
        )
        result = {}
        for line, keys in series.items():
            found = tuple(meters[key] for key in keys if key in meters)
            if line.usage_scope != "all":
                result[line.id] = dimensions.Combined(found)
            elif found:
                result[line.id] = found[0]
            elif not line.quantity and not line.events:
                result[line.id] = dimensions.Combined(())
        return result

    def _choose_series(self):
        """Return by line which series of use it prices: (contract, metric, dimension) each."""
        known = self.filtered(lambda line: line.usage_scope != "all")._find_dimensions()
        result = {}
        for line in self:
            contract, metric = line.contract_id, line.metric_id
            kept = known.get((contract.id, metric.id), ())
            if line.usage_scope == "matching":
                kept = dimensions.choose(kept, line._parse_usage_filter())
            elif line.usage_scope == "rest":
                kept = dimensions.rest(kept, line._get_named_filters())
            else:
                kept = ("",)
            result[line] = [(contract, metric, dimension) for dimension in kept]
        return result

    def _get_named_filters(self):
        """Return what the other lines of the contract ask of the metric's use."""
        siblings = self.contract_id.line_ids.filtered(
            lambda line: line.metric_id == self.metric_id and line.usage_scope == "matching"
        )
        return [line._parse_usage_filter() for line in siblings]

    def _find_dimensions(self):
        """Return the dimensions that were ever reported, by ids of contract and metric."""
        if not self:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contract_id, metric_id, array_agg(DISTINCT dimension ORDER BY dimension)
                  FROM kor_usage_rollup
                 WHERE dimension != '' AND contract_id = ANY(%s) AND metric_id = ANY(%s)
                 GROUP BY contract_id, metric_id
                """,
                self.contract_id.ids,
                self.metric_id.ids,
            )
        )
        return {(contract_id, metric_id): tuple(found) for contract_id, metric_id, found in rows}
