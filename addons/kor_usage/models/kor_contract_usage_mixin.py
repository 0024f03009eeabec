from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_contracts.models.kor_contract_document_mixin import PERCENT_NEARLY_USED
from odoo.addons.kor_contracts.models.kor_contract_limit import get_used_percent
from odoo.addons.kor_enterprise_tiers.engine.money import as_number
from odoo.addons.kor_enterprise_tiers.tools import format_measured

from ..engine import chart

DAY = timedelta(days=1)
# How many earlier months the customer's page offers.
MONTHS_SHOWN = 24


class KorContractUsageMixin(models.AbstractModel):
    """Show what was used under a contract beside what is allowed, for staff and for the customer's page."""

    _name = "kor.contract.usage.mixin"
    _description = "Use of a Contract on Screen"

    # In sudo: who may read a contract need not be allowed to read the catalogue that its metrics come from.
    usage_html = fields.Html(string="Use", compute="_compute_usage_html", compute_sudo=True, sanitize=False)

    @api.depends("limit_ids", "line_ids")
    @api.depends_context("lang")
    def _compute_usage_html(self):
        for contract in self:
            month = contract._get_usage_month() if contract.date_start else None
            rows = contract._get_usage_rows(month) if month and contract.id else []
            until = month and contract._get_usage_until(month)
            values = {"contract": contract, "rows": rows, "month": month, "until": until}
            contract.usage_html = self.env["ir.qweb"]._render("kor_usage.kor_usage_card", values)

    def _get_usage_month(self, day=None):
        """Return the month of the contract around a day, today unless one is given, that limits are counted in."""
        self.ensure_one()
        anchor = periods.anchor_of(self.date_start, self.anchor_day)
        return periods.period_at(anchor, self.anchor_day, 1, day or self._get_reference_day())

    def _get_usage_metrics(self):
        """Return what is limited, charged by use, or reported."""
        usage_lines = self.line_ids.filtered(lambda line: line.charge_type == "usage")
        return (self.limit_ids.metric_id | usage_lines.metric_id | self._get_reported_metrics()).sorted()

    def _get_reported_metrics(self):
        """Return the metrics of which something was ever reported."""
        groups = self.env["kor.usage.rollup"]._read_group([("contract_id", "=", self.id)], [], ["metric_id:recordset"])
        return groups[0][0].sorted()

    def _get_usage_until(self, month):
        """Return the first day of a month of which nothing can have been reported yet."""
        return max(month.start + DAY, min(month.end, self._get_reference_day() + DAY))

    def _read_usage_meters(self, metrics, month):
        """Return {metric: Meter} over a month, without the metrics of which nothing was ever reported."""
        series = [(self, metric, "") for metric in metrics]
        meters = self.env["kor.usage.rollup"]._read_meters(series, month.start, self._get_usage_until(month))
        return {metric: meter for (_contract, metric, _dimension), meter in meters.items()}

    def _get_usage_rows(self, month, meters=None):
        """Return a row for each metric: what was used in a month, what is allowed, and what is left.

        :param month: a period of one month
        :param meters: {metric: Meter} over that month, where they are known already
        """
        self.ensure_one()
        metrics = self._get_usage_metrics()
        meters = self._read_usage_meters(metrics, month) if meters is None else meters
        until = self._get_usage_until(month)
        readings = {metric: meter.read(month.start, until) for metric, meter in meters.items()}
        # What lines hold is known for today only.
        held = self._get_use(self.limit_ids.metric_id) if month.start <= self._get_today() < month.end else {}
        limits = {limit.metric_id: limit for limit in self.limit_ids}
        return [
            self._prepare_usage_row(metric, limits.get(metric), readings.get(metric), held.get(metric, 0))
            for metric in metrics
        ]

    def _prepare_usage_row(self, metric, limit, reading, held):
        """Return one row; its percent, state and what is left are there only where a limit can be reached."""
        is_reported = bool(reading and reading.reported)
        used = as_number(reading.quantity) if is_reported else held
        row = {
            "metric": metric,
            "name": metric.name,
            "used": used,
            "is_reported": is_reported,
            "is_known": is_reported or bool(held),
            "used_text": self._format_use(metric, used),
            "limit": limit,
            "limit_text": limit.display_value if limit else "",
            "percent": None,
            "state": "",
            "left_text": "",
        }
        # What is not known fills no bar.
        return {**row, **self._prepare_limit_state(metric, limit, used)} if limit and row["is_known"] else row

    def _prepare_limit_state(self, metric, limit, used):
        """Return how far a limit is used: percent, the state that colours it, and what is left."""
        entitlement = limit._as_entitlement(used)
        bound = entitlement.get("limit")
        if limit.kind != "limited" or bound is None:
            return {}
        percent = get_used_percent(used, bound)
        state = "danger" if percent >= 100 else "warning" if percent >= PERCENT_NEARLY_USED else "success"
        if used > bound:
            left = self.env._("%(quantity)s over the limit", quantity=self._format_use(metric, used - bound))
        else:
            left = self.env._("%(quantity)s left", quantity=self._format_use(metric, bound - used))
        # Rounded down: what is shown as full must be full.
        return {
            "percent": int(percent),
            "state": state,
            "left_text": left,
            "bound": bound,
            "enforcement": entitlement.get("enforcement", ""),
        }

    @api.model
    def _format_number(self, value):
        return format_measured(self.env, value)

    @api.model
    def _format_use(self, metric, value):
        return f"{self._format_number(value)} {metric._get_unit_name(value)}".strip()

    def _get_usage_context(self):
        """Return the context in which the graph of the contract opens: one metric, as units do not mix."""
        is_running = self._get_reference_day() == self._get_today()
        return {
            "searchpanel_default_metric_id": self._get_reported_metrics()[:1].id,
            "search_default_recent": int(is_running),
        }

    def _get_usage_url(self, access_token=None, **arguments):
        """Return the address of the page of use, with the visitor's own token."""
        return self._get_portal_page_url(access_token, "/usage", **arguments)

    def _has_usage_page(self):
        """Tell whether the page of use has something to show."""
        return bool(self._get_usage_metrics())

    def _get_usage_page_values(self, day=None):
        """Return what the page of use shows of the month around a day; of the running one without a day."""
        self.ensure_one()
        running = self._get_usage_month()
        month = self._get_usage_month(min(max(day, self.date_start), running.end - DAY)) if day else running
        metrics = self._get_usage_metrics()
        meters = self._read_usage_meters(metrics, month)
        rows = self._get_usage_rows(month, meters)
        if month != running:
            # What lines held then is not kept.
            charged = self.line_ids.filtered(lambda line: line.charge_type == "usage").metric_id
            rows = [row for row in rows if row["is_reported"] or row["metric"] in charged]
        return {
            "contract": self,
            "month": month,
            "month_text": self._describe_usage_month(month),
            "is_running": month == running,
            "months": [(one.start.isoformat(), self._describe_usage_month(one)) for one in self._list_months(running)],
            "series": [{**row, **self._prepare_usage_series(row, meters.get(row["metric"]), month)} for row in rows],
            "format_number": self._format_number,
        }

    def _list_months(self, running):
        """Return the months that can be chosen, the running one first."""
        months = [running]
        while months[-1].start > self.date_start and len(months) < MONTHS_SHOWN:
            months.append(self._get_usage_month(months[-1].start - DAY))
        return months

    def _describe_usage_month(self, month):
        first = max(month.start, self.date_start)
        return self.env._(
            "%(start)s to %(end)s", start=format_date(self.env, first), end=format_date(self.env, month.end - DAY)
        )

    def _prepare_usage_series(self, row, meter, month):
        """Return the days of a metric and their chart; a level is drawn with its limit."""
        first, last = max(month.start, self.date_start), self._get_usage_until(month)
        days = [first + DAY * number for number in range((month.end - first).days)]
        readings = {day: meter.read(day, day + DAY) for day in days if meter and day < last}
        values = [(day, readings[day].quantity if day in readings and readings[day].reported else None) for day in days]
        is_level = row["metric"].aggregation != "sum"
        bound = Decimal(str(row["bound"])) if is_level and row.get("bound") else None
        return {
            "chart": chart.lay_out(values, bound) if any(value is not None for _day, value in values) else None,
            "days": [
                {"day": day, "text": self._format_use(row["metric"], reading.quantity), "events": int(reading.events)}
                for day, reading in readings.items()
                if reading.reported
            ],
        }
