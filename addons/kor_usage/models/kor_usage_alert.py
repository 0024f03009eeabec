import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, format_date, split_every

from odoo.addons.kor_contracts.models.kor_contract_limit import get_used_percent
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine import limits

_logger = logging.getLogger(__name__)
BATCH_SIZE = 50
# A month has no more days, and a contract's day can be one away from the server's.
MONTH_DAYS = 32
# The use from above, of any month that can be running, beside what a line or an earlier event lets the customer hold.
CANDIDATES = """
    SELECT l.contract_id, array_agg(l.metric_id)
      FROM unnest(%(companies)s::int[], %(lowest)s::int[], %(highest)s::int[]) AS t(company_id, lowest, highest)
      JOIN kor_contract c ON c.company_id = t.company_id AND c.state = 'active'
      JOIN kor_contract_limit l ON l.contract_id = c.id AND l.kind = 'limited' AND l.quantity > 0
      JOIN kor_metric m ON m.id = l.metric_id
     CROSS JOIN LATERAL (
           SELECT CASE m.aggregation WHEN 'sum' THEN sum(greatest(r.total, 0))
                                     WHEN 'unique_count' THEN sum(r.events) ELSE max(r.highest) END AS used
             FROM kor_usage_rollup r
            WHERE r.contract_id = c.id AND r.metric_id = m.id AND r.dimension = '' AND r.day >= %(since)s
              AND r.events > 0) recent
      LEFT JOIN LATERAL (
           SELECT r.latest AS used
             FROM kor_usage_rollup r
            WHERE r.contract_id = c.id AND r.metric_id = m.id AND r.dimension = '' AND r.day < %(since)s
              AND r.events > 0
            ORDER BY r.day DESC LIMIT 1) earlier ON m.aggregation IN ('latest', 'time_weighted')
     CROSS JOIN LATERAL (
           SELECT sum(i.quantity) AS used
             FROM kor_contract_line i
            WHERE i.contract_id = c.id AND i.metric_id = m.id AND i.charge_type = 'per_unit') held
     WHERE greatest(recent.used, earlier.used, held.used) * 100 >= l.quantity * t.lowest
       AND NOT EXISTS (
           SELECT FROM kor_usage_alert a
            WHERE a.contract_id = c.id AND a.metric_id = m.id AND a.threshold >= t.highest
              AND a.period_start < %(today)s AND a.period_end > %(today)s)
     GROUP BY l.contract_id
     ORDER BY l.contract_id
"""


class KorUsageAlert(models.Model):
    """Record that use has passed a threshold of a limit, so that it is said once in each period.

    Written by the job only, which reads rollups: reporting use never waits for it.
    """

    _name = "kor.usage.alert"
    _inherit = ["kor.usage.alert.repeat.mixin"]
    _description = "Usage Alert"
    _order = "id desc"
    _rec_name = "metric_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    metric_id = fields.Many2one("kor.metric", required=True, readonly=True, ondelete="restrict")
    threshold = fields.Integer(
        string="Threshold (%)", required=True, readonly=True, aggregator="max", help="Percent of the limit."
    )
    level = fields.Selection(
        [("near", "Near the limit"), ("reached", "Limit reached")], compute="_compute_level", store=True
    )
    enforcement = fields.Selection(
        selection=lambda self: self.env["kor.tier.limit"]._fields["enforcement"].selection, readonly=True
    )
    period_start = fields.Date(string="From", required=True, readonly=True)
    period_end = fields.Date(string="To", required=True, readonly=True, help="The last day of the month of use.")
    used = fields.Float(
        digits=0, readonly=True, aggregator="max", help="When the alert was made, in the metric's unit."
    )
    quantity = fields.Float(string="Limit", digits=(16, 6), readonly=True, aggregator="max")
    percent = fields.Float(compute="_compute_percent", store=True, digits=(16, 2), aggregator="max", string="Used (%)")
    user_id = fields.Many2one("res.users", string="Told", readonly=True, help="Who got the activity.")
    is_mailed = fields.Boolean(
        string="Mailed", readonly=True, help="Where several thresholds are passed at once, only the highest is mailed."
    )

    _once_unique = models.UniqueIndex(
        "(contract_id, metric_id, period_start, threshold)", "This has been said already."
    )

    @api.depends("threshold")
    def _compute_level(self):
        for alert in self:
            alert.level = "reached" if alert.threshold >= limits.LIMIT_REACHED else "near"

    @api.depends("used", "quantity")
    def _compute_percent(self):
        for alert in self:
            alert.percent = get_used_percent(alert.used, alert.quantity) if alert.quantity else 0

    @api.depends("metric_id.name", "threshold", "contract_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            alert.display_name = f"{alert.contract_id.name}: {alert.metric_id.name} {alert.threshold} %"

    @api.model
    def _cron_alert(self, batch_size=BATCH_SIZE):
        """Tell account managers and customers whose use has passed a threshold of a limit."""
        cron = self.env["ir.cron"]
        candidates = self._find_candidates()
        cron._commit_progress(remaining=len(candidates))
        for batch in split_every(batch_size, candidates.items()):
            self._alert(dict(batch))
            if not cron._commit_progress(len(batch)):
                return

    @api.model
    def _find_candidates(self):
        """Return by contract id the metrics whose use may have passed a threshold that was not recorded yet.

        The use is estimated from above, from any month that can be running, so that nothing is missed and few
        meters have to be read.
        """
        companies = {
            company.id: thresholds
            for company in self.env["res.company"].search([])
            if (thresholds := company._get_usage_alert_thresholds())
        }
        if not companies:
            return {}
        self.env.flush_all()
        return dict(self.env.execute_query(self._select_candidates(companies)))

    @api.model
    def _select_candidates(self, companies):
        today = fields.Date.today()
        return SQL(
            CANDIDATES,
            companies=list(companies),
            lowest=[thresholds[0] for thresholds in companies.values()],
            highest=[thresholds[-1] for thresholds in companies.values()],
            since=today - timedelta(days=MONTH_DAYS),
            today=today,
        )

    @api.model
    def _alert(self, candidates):
        """Record and tell what of the candidates has really passed a threshold."""
        for contract, values in self._prepare_alerts(candidates).items():
            try:
                with self.env.cr.savepoint():
                    self.create(values)._tell()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                # Somebody works on the contract just now: the next job tells.
                _logger.info("Contract %s: its usage alerts wait: %s", contract.name, error)
            except Exception:
                # The others must not wait for it; it is tried again with the next job.
                _logger.exception("Contract %s: its usage alerts are left out", contract.name)

    @api.model
    def _prepare_alerts(self, candidates):
        """Return by contract the values of its new alerts; the queries do not grow with the contracts.

        :param candidates: ids of metrics by the id of a contract
        """
        contracts = self.env["kor.contract"].browse(candidates)
        running = contracts.filtered(lambda contract: contract._runs_on(contract._get_today()))
        metrics = self.env["kor.metric"].browse({metric for found in candidates.values() for metric in found})
        uses, known = running._get_uses(metrics), self._get_known(running)
        said = self._get_said(uses)
        result = {}
        for contract in running:
            values = [
                one
                for limit in contract.limit_ids
                if limit.kind == "limited" and limit.metric_id.id in candidates[contract.id]
                for one in self._prepare_values(limit, uses[contract][limit.metric_id], known)
                if one["threshold"] > said.get((contract, limit.metric_id), 0)
            ]
            if values:
                result[contract] = values
        return result

    @api.model
    def _get_known(self, contracts):
        """Return the thresholds that were recorded lately, by contract, metric and start of the period."""
        since = fields.Date.today() - timedelta(days=1)
        known = defaultdict(set)
        for alert in self.search([("contract_id", "in", contracts.ids), ("period_end", ">=", since)]):
            known[alert.contract_id, alert.metric_id, alert.period_start].add(alert.threshold)
        return known

    @api.model
    def _prepare_values(self, limit, used, known):
        contract, metric = limit.contract_id, limit.metric_id
        month = contract._get_running_month()
        start = max(month.start, contract.date_start)
        thresholds = contract.company_id._get_usage_alert_thresholds()
        recorded = known.get((contract, metric, start), ())
        found = limits.passed(to_decimal(used), to_decimal(limit.quantity), thresholds, recorded)
        if recorded and found and found[-1] < max(recorded):
            # A threshold that was set lately, below one of which the customer was told already.
            return []
        return [
            {
                "contract_id": contract.id,
                "metric_id": metric.id,
                "threshold": threshold,
                "enforcement": limit.enforcement,
                "period_start": start,
                "period_end": month.end - timedelta(days=1),
                "used": used,
                "quantity": limit.quantity,
                "day": contract._get_today(),
            }
            for threshold in found
        ]

    def _tell(self):
        """Give the account manager an activity and write to the customer, of each metric's highest threshold."""
        for alerts in self.grouped("metric_id").values():
            highest = max(alerts, key=lambda alert: alert.threshold)
            highest.user_id = highest.contract_id._get_alert_user()
            highest._schedule_activity()
            highest._mail()

    def _schedule_activity(self):
        if not self.user_id:
            return
        alert = self.with_context(lang=self.user_id.lang)
        alert.contract_id.activity_schedule(
            "mail.mail_activity_data_todo", summary=alert._get_title(), note=alert._describe(), user_id=self.user_id.id
        )

    def _mail(self):
        template = self.env.ref("kor_usage.mail_template_usage_alert", raise_if_not_found=False)
        recipient = self.contract_id._get_alert_recipient()
        if not template or not recipient:
            return
        author = self.user_id.partner_id or self.company_id.partner_id
        self.contract_id._post_template(template, self, recipient, author)
        self.is_mailed = True

    def _get_title(self):
        """Return how far the use is, in short, in the language of the environment."""
        self.ensure_one()
        return self.env._(
            "%(metric)s: %(percent)s %% of the limit used",
            metric=self.metric_id.name,
            percent=format_quantity(self.env, get_used_percent(self.used, self.quantity, 1)),
        )

    def _describe(self):
        """Return in one sentence what was used of which limit, and when."""
        self.ensure_one()
        return self.env._(
            "From %(start)s to %(end)s, %(used)s were used; the limit is %(limit)s.",
            start=format_date(self.env, self.period_start),
            end=format_date(self.env, self.period_end),
            used=self._describe_quantity(self.used),
            limit=self._describe_quantity(self.quantity),
        )

    def _describe_quantity(self, quantity):
        return self.metric_id._describe_quantity(quantity)

    def _describe_consequence(self):
        """Return in one sentence what happens next."""
        self.ensure_one()
        if self.enforcement == "hard" and self.level == "reached":
            return self.env._(
                "This limit is binding: your systems are told to refuse further use until there is room again or a "
                "higher limit is agreed."
            )
        if self.enforcement == "hard":
            return self.env._("This limit is binding: once it is reached, your systems are told to refuse further use.")
        return self.env._("Nothing is switched off: use beyond the limit goes on, at the prices of your contract.")
