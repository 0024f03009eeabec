from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from ..engine.component import divide_costs, divide_value
from .kor_cost_driver_mixin import SEATS


class KorReportComponentMixin(models.AbstractModel):
    """Divide revenue and costs of contracts among components: the products that their lines charge for."""

    _name = "kor.report.component.mixin"
    _description = "Figures of Components"

    @api.model
    def _get_by_component(self, book):
        """Return revenue by component, and costs by component and category; None is what is on no component."""
        earned, spent = self._get_revenue_parts(book), self._get_cost_parts(book)
        metrics = self._read_components(book, [*spent])
        revenue, costs = defaultdict(lambda: ZERO), defaultdict(lambda: defaultdict(lambda: ZERO))
        for own in earned.values():
            for component, amount in own.items():
                revenue[component] += amount
        rounding = to_decimal(book.request.currency.rounding)
        for contract, own in spent.items():
            divided = divide_costs(earned.get(contract, {}), metrics.get(contract, {}), own, rounding)
            for component, by_category in divided.items():
                for category, amount in by_category.items():
                    costs[component][category] += amount
        return revenue, costs

    @api.model
    def _get_revenue_parts(self, book):
        """Return {contract: {component: recognised}}."""
        return self._divide_booked(book, self._get_recognised_query, self._read_recognised_parts(book.request))

    @api.model
    def _get_cost_parts(self, book):
        """Return {contract: {(category, metric): cost}}; the metric is None where no metric has divided the cost."""
        parts = self._divide_booked(book, self._get_cost_query, self._read_cost_parts(book.request), by_part=True)
        found = defaultdict(dict)
        for (contract, category), own in parts.items():
            found[contract].update({(category, metric): amount for metric, amount in own.items()})
        return found

    @api.model
    def _divide_booked(self, book, get_query, rows, by_part=False):
        """Return {key: {part: amount}} of the period, so that parts make what all reports say of the whole.

        :param get_query: returns the SQL of the whole, as `_read_amounts` takes it
        :param rows: [(key, part, month, units)] in the currency of the company
        :param by_part: whether a key is a contract with a part of the query, or a contract
        """
        request = book.request
        home, cent = request.company.currency_id, to_decimal(request.company.currency_id.rounding)
        parts = defaultdict(lambda: defaultdict(int))
        for key, part, month, units in rows:
            parts[key, month][part] += units
        found = defaultdict(lambda: defaultdict(lambda: ZERO))
        if request.currency == home:
            # Without rates the parts are what the whole is made of: it need not be read.
            for (key, _month), own in parts.items():
                if (key[0] if isinstance(key, tuple) else key) in book.deals:
                    for part, units in own.items():
                        found[key][part] += units * cent
            return found
        rounding = to_decimal(request.currency.rounding)
        whole, (cells, _keys) = defaultdict(lambda: ZERO), self._get_cells(book)
        for contract, part, month, units in self._read_amounts(book, cells, get_query):
            whole[(contract, part) if by_part else contract, month] += book.rates.value(units * cent, home.id, month)
        for (key, month), amount in whole.items():
            own = {part: units * cent for part, units in parts[key, month].items()}
            for part, value in divide_value(amount, own, book.rates.rate(home.id, month), rounding).items():
                found[key][part] += value
        return found

    @api.model
    def _get_part_month(self, request):
        """Return the SQL of the month whose rate a part is valued at; without rates all days are one."""
        is_home = request.currency == request.company.currency_id
        return SQL("NULL::date") if is_home else SQL("date_trunc('month', date::timestamp)::date")

    @api.model
    def _read_recognised_parts(self, request):
        """Return [(contract, product, month, units)] of the facts that make recognised revenue."""
        lines = self.env["kor.profit.line"]
        return self.env.execute_query(
            SQL(
                """
                SELECT contract_id, product_id, %s, %s
                FROM (%s UNION ALL %s) fact
                WHERE company_id = %s AND date BETWEEN %s AND %s GROUP BY 1, 2, 3
                """,
                self._get_part_month(request),
                self._in_units(SQL("sum(revenue)"), request.company.currency_id.rounding),
                lines._get_recognised_query(),
                lines._get_invoiced_query(),
                request.company.id,
                request.first,
                request.last,
            )
        )

    @api.model
    def _read_cost_parts(self, request):
        """Return [((contract, category), metric, month, units)] of allocated costs; seats are a metric, too."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT allocation.contract_id, allocation.category, CASE pool.method WHEN 'metric' THEN pool.metric_id
                    WHEN 'seats' THEN (SELECT id FROM kor_metric WHERE code = %s) END, %s, %s
                FROM kor_cost_allocation allocation JOIN kor_cost_pool pool ON pool.id = allocation.pool_id
                WHERE allocation.company_id = %s AND allocation.date BETWEEN %s AND %s GROUP BY 1, 2, 3, 4
                """,
                SEATS,
                self._get_part_month(request),
                self._in_units(SQL("sum(allocation.amount)"), request.company.currency_id.rounding),
                request.company.id,
                request.first,
                request.last,
            )
        )
        return [((contract, category), metric, month, units) for contract, category, metric, month, units in rows]

    @api.model
    def _read_components(self, book, contracts):
        """Return {contract: {product: the metrics that price it}} of lines that run in the period.

        A contract that bears a cost when it is over had components once: those count.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contract_id, product_id,
                    array_agg(DISTINCT metric_id) FILTER (WHERE charge_type IN ('per_unit', 'usage')),
                    bool_or(date_start <= %s AND COALESCE(date_end >= %s, TRUE))
                FROM kor_contract_line
                WHERE contract_id = ANY(%s) AND COALESCE(date_end >= date_start, TRUE) GROUP BY 1, 2
                """,
                book.request.last,
                book.request.first,
                contracts,
            )
        )
        running, ever = defaultdict(dict), defaultdict(dict)
        for contract, product, metrics, runs in rows:
            ever[contract][product] = frozenset(metrics or ())
            if runs:
                running[contract][product] = ever[contract][product]
        return {contract: running.get(contract) or own for contract, own in ever.items()}
