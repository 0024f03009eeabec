from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import as_number


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = ["kor.contract", "kor.contract.alert.mixin", "kor.contract.usage.mixin"]

    usage_metric_count = fields.Integer(string="Metrics Reported", compute="_compute_usage_metric_count")

    def _compute_usage_metric_count(self):
        groups = self.env["kor.usage.rollup"]._read_group(
            [("contract_id", "in", self.ids)], ["contract_id"], ["metric_id:count_distinct"]
        )
        counts = dict(groups)
        for contract in self:
            contract.usage_metric_count = counts.get(contract, 0)

    def action_open_usage(self):
        """Open what the customer used under this contract.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_usage.kor_usage_rollup_action")
        domain = [("contract_id", "=", self.id), ("dimension", "=", "")]
        return {
            **action,
            "domain": domain,
            "context": {**self._get_usage_context(), "create": False},
        }

    def usage(self, date_from, date_to):
        """Tell the use from one day to another, both included, by metric and day.

        :param date_from: the first day as YYYY-MM-DD, in the contract's time zone
        :param date_to: the last day as YYYY-MM-DD
        :return: a dict; each metric has the quantity of the whole span and of each day with events
        """
        self.ensure_one()
        self.check_access("read")
        first, last = self._parse_date(date_from, "date_from"), self._parse_date(date_to, "date_to")
        if last < first:
            raise UserError(
                self.env._("date_to %(last)s lies before date_from %(first)s.", last=date_to, first=date_from)
            )
        contract_sudo = self.sudo()  # who may read the contract need not read the catalogue
        return contract_sudo._prepare_usage(first, last + timedelta(days=1))

    def _prepare_usage(self, start, end):
        metrics = self._get_reported_metrics()
        meters = self.env["kor.usage.rollup"]._read_meters([(self, metric, "") for metric in metrics], start, end)
        return {
            "contract": self.name,
            "date_from": fields.Date.to_string(start),
            "date_to": fields.Date.to_string(end - timedelta(days=1)),
            "metrics": [self._prepare_metric_usage(metric, meters[self, metric, ""], start, end) for metric in metrics],
        }

    def _prepare_metric_usage(self, metric, meter, start, end):
        reading = meter.read(start, end)
        days = [(day.day, meter.read(day.day, day.day + timedelta(days=1))) for day in meter.days if day.is_reported]
        return {
            "metric": metric.code,
            "name": metric.name,
            "unit": metric.unit,
            "aggregation": metric.aggregation,
            "quantity": as_number(reading.quantity),
            "events": as_number(reading.events),
            "reported": reading.reported,
            "days": [
                {
                    "date": fields.Date.to_string(day),
                    "quantity": as_number(one.quantity),
                    "events": as_number(one.events),
                }
                for day, one in days
            ],
        }

    def _get_uses(self, metrics):
        """Put what was reported in the running month in the place of what the lines hold."""
        used = super()._get_uses(metrics)
        if not self or not metrics:
            return used
        spans = {contract: (contract._get_running_month().start, contract._get_tomorrow()) for contract in self}
        since, until = min(start for start, _end in spans.values()), max(end for _start, end in spans.values())
        series = [(contract, metric, "") for contract in self for metric in metrics]
        # One query for all their months: a meter reads any part of what it holds.
        for (contract, metric, _dimension), meter in (
            self.env["kor.usage.rollup"]._read_meters(series, since, until).items()
        ):
            used[contract][metric] = as_number(meter.read(*spans[contract]).quantity)
        return used

    def _get_running_month(self):
        """Return the month of the contract, counted from its anchor, in which today lies."""
        return self._get_usage_month(self._get_today())

    def _get_tomorrow(self):
        return self._get_today() + timedelta(days=1)

    def _prepare_entitlements(self):
        """Add the days that the use of measured limits is counted over."""
        entitlements = super()._prepare_entitlements()
        month = self._get_running_month()
        days = {
            "date_from": fields.Date.to_string(max(month.start, self.date_start)),
            "date_to": fields.Date.to_string(month.end - timedelta(days=1)),
        }
        measured = self._get_reported_metrics()
        for limit, told in zip(self.limit_ids, entitlements["limits"], strict=True):
            if limit.metric_id in measured:
                told.update(days)
        return entitlements
