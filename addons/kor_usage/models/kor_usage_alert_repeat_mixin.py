from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# What is held at a level, and is not used up from the start of each month.
CARRIED = ("latest", "time_weighted")
LEVELS = (*CARRIED, "max")


class KorUsageAlertRepeatMixin(models.AbstractModel):
    """Know what was said already of a limit that is just full and has not changed since.

    A limit that is exceeded is said in each month: that is a breach in each. One that is full, or nearly, because as
    much is held as was agreed is said once, and again when use or limit have changed.
    """

    _name = "kor.usage.alert.repeat.mixin"
    _description = "Alerts that would be Said Again"

    day = fields.Date(readonly=True, help="When the alert was made, in the contract's time zone.")

    @api.model
    def _get_said(self, uses):
        """Return by contract and metric the highest threshold that was said of what has not changed since.

        :param uses: the use now, by contract and metric
        """
        said = {
            pair: (threshold, used, day)
            for pair, (threshold, used, limit, day) in self._get_last(uses).items()
            if used == uses[pair[0]][pair[1]] and used <= limit and self._get_limit(*pair) == limit
        }
        reported = self._get_reported_since(said)
        return {
            pair: threshold
            for pair, (threshold, used, day) in said.items()
            if self._is_unchanged(*pair, used, day, reported.get(pair))
        }

    @api.model
    def _get_limit(self, contract, metric):
        return contract.limit_ids.filtered(lambda limit: limit.metric_id == metric).quantity

    @api.model
    def _get_last(self, uses):
        """Return by contract and metric the highest alert of the last month that had one."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (contract_id, metric_id)
                       contract_id, metric_id, threshold, used::float, quantity::float, coalesce(day, period_end)
                  FROM kor_usage_alert WHERE contract_id = ANY(%s)
                 ORDER BY contract_id, metric_id, period_start DESC, threshold DESC
                """,
                [contract.id for contract in uses],
            )
        )
        contracts = {contract.id: contract for contract in uses}
        metrics = {metric.id: metric for own in uses.values() for metric in own}
        return {
            (contracts[contract_id], metrics[metric_id]): values
            for contract_id, metric_id, *values in rows
            if metric_id in metrics
        }

    @api.model
    def _get_reported_since(self, said):
        """Return by contract and metric whether what was reported since the last alert differs from it."""
        if not said:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.contract_id, r.metric_id, bool_or(r.latest != t.used OR r.highest != t.used)
                  FROM unnest(%s::int[], %s::int[], %s::date[], %s::numeric[]) AS t(contract_id, metric_id, day, used)
                  JOIN kor_usage_rollup r ON r.contract_id = t.contract_id AND r.metric_id = t.metric_id
                   AND r.dimension = '' AND r.day > t.day AND r.events > 0
                 GROUP BY r.contract_id, r.metric_id
                """,
                [contract.id for contract, _metric in said],
                [metric.id for _contract, metric in said],
                [day for _threshold, _used, day in said.values()],
                [used for _threshold, used, _day in said.values()],
            )
        )
        found = {(contract_id, metric_id): differs for contract_id, metric_id, differs in rows}
        return {(one, metric): found.get((one.id, metric.id)) for one, metric in said}

    @api.model
    def _is_unchanged(self, contract, metric, used, since, differs):
        """Tell whether as much was held on every day since the last alert.

        :param differs: whether something else was reported since; None where nothing was
        """
        if differs is not None:
            return metric.aggregation in LEVELS and not differs
        held = self._get_held(contract, metric, since)
        if held[-1] != used:
            # Reported long ago, and carried on since.
            return metric.aggregation in CARRIED
        return set(held) == {used}

    @api.model
    def _get_held(self, contract, metric, since):
        """Return what the lines held on a day and after each change since, up to today."""
        lines = contract.line_ids.filtered(lambda line: line.charge_type == "per_unit" and line.metric_id == metric)
        today = contract._get_today()
        days = set(lines.mapped("date_start")) | {
            line.date_end + timedelta(days=1) for line in lines.filtered("date_end")
        }
        days = {day for day in days if since < day < today} | {since, today}
        return [sum(line.quantity for line in lines if line._runs_at(day)) for day in sorted(days)]
