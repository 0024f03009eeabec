from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, round_money, to_decimal

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
        whole = self._get_booked(book, self._read_recognised)
        return self._divide_booked(book, whole, self._read_recognised_parts(book.request))

    @api.model
    def _get_cost_parts(self, book):
        """Return {contract: {(category, metric): cost}}; the metric is None where no metric has divided the cost."""
        whole = self._get_booked(book, self._read_costs)
        found = defaultdict(dict)
        for (contract, category), own in self._divide_booked(book, whole, self._read_cost_parts(book.request)).items():
            found[contract].update({(category, metric): amount for metric, amount in own.items()})
        return found

    @api.model
    def _divide_booked(self, book, whole, rows):
        """Return {key: {part: amount}} of the period, so that parts make what all reports say of the whole.

        :param whole: {(key, month): amount}, at the rates of the months
        :param rows: [(key, part, month, balance)] in the currency of the company
        """
        request = book.request
        home, cent = request.company.currency_id, to_decimal(request.company.currency_id.rounding)
        parts = defaultdict(lambda: defaultdict(lambda: ZERO))
        for key, part, month, balance in rows:
            parts[key, month][part] += round_money(to_decimal(balance or 0), cent)
        found = defaultdict(lambda: defaultdict(lambda: ZERO))
        for (key, month), amount in whole.items():
            own = parts[key, month]
            if request.currency != home:
                own = divide_value(amount, own, book.rates.rate(home.id, month), to_decimal(request.currency.rounding))
            for part, value in own.items():
                found[key][part] += value
        return found

    @api.model
    def _read_recognised_parts(self, request):
        """Return [(contract, product, month, balance)] of the facts that make recognised revenue."""
        lines = self.env["kor.profit.line"]
        return self.env.execute_query(
            SQL(
                """
                SELECT contract_id, product_id, date_trunc('month', date)::date, sum(revenue)
                FROM (%s UNION ALL %s) fact
                WHERE company_id = %s AND date BETWEEN %s AND %s GROUP BY 1, 2, 3
                """,
                lines._get_recognised_query(),
                lines._get_invoiced_query(),
                request.company.id,
                request.first,
                request.last,
            )
        )

    @api.model
    def _read_cost_parts(self, request):
        """Return [((contract, category), metric, month, amount)] of allocated costs; seats are a metric, too."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT allocation.contract_id, allocation.category, CASE pool.method WHEN 'metric' THEN pool.metric_id
                    WHEN 'seats' THEN (SELECT id FROM kor_metric WHERE code = %s) END,
                    date_trunc('month', allocation.date)::date, sum(allocation.amount)
                FROM kor_cost_allocation allocation JOIN kor_cost_pool pool ON pool.id = allocation.pool_id
                WHERE allocation.company_id = %s AND allocation.date BETWEEN %s AND %s GROUP BY 1, 2, 3, 4
                """,
                SEATS,
                request.company.id,
                request.first,
                request.last,
            )
        )
        return [((contract, category), metric, month, amount) for contract, category, metric, month, amount in rows]

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
