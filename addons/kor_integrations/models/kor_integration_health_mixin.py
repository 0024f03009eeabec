import logging
from datetime import timedelta

from psycopg2.errors import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
HEALTH = [("unknown", "Not known yet"), ("healthy", "Healthy"), ("degraded", "Degraded"), ("failing", "Failing")]
# As many failures in a row as make an integration a failing one.
FAILURES = 5
DEGRADED_RATE = 5
DAYS = 7


class KorIntegrationHealthMixin(models.AbstractModel):
    """How well an integration works: what succeeded, what failed, and since when."""

    _name = "kor.integration.health.mixin"
    _description = "Health of Integrations"

    health = fields.Selection(HEALTH, compute="_compute_health", store=True, index=True, tracking=True)
    health_reason = fields.Char(compute="_compute_health_reason")
    failure_count = fields.Integer(string="Failures in a Row", readonly=True, copy=False)
    error_rate = fields.Float(
        string="Error Rate (%)", readonly=True, copy=False, aggregator="avg", help="Of the last seven days."
    )
    date_last_success = fields.Datetime(string="Last Success", readonly=True, copy=False)
    date_last_failure = fields.Datetime(string="Last Failure", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    log_ids = fields.One2many("kor.integration.log", "integration_id", string="Log")
    day_ids = fields.One2many("kor.integration.day", "integration_id", string="Days")

    @api.depends("state", "failure_count", "error_rate", "date_last_success", "date_last_failure")
    def _compute_health(self):
        for integration in self:
            if not (integration.date_last_success or integration.date_last_failure):
                integration.health = "unknown"
            elif integration.state == "failing" or integration.failure_count >= FAILURES:
                integration.health = "failing"
            elif integration.failure_count or integration.error_rate > DEGRADED_RATE:
                integration.health = "degraded"
            else:
                integration.health = "healthy"

    @api.depends("health", "failure_count", "error_rate", "last_error")
    @api.depends_context("lang")
    def _compute_health_reason(self):
        for integration in self:
            integration.health_reason = integration._describe_health()

    def _describe_health(self):
        if self.health == "unknown":
            return self.env._("It was not used yet.")
        if self.failure_count:
            return self.env._(
                "Failed %(count)s times in a row: %(error)s", count=self.failure_count, error=self.last_error or "–"
            )
        if self.health == "degraded":
            return self.env._("%(rate)s %% of the last seven days failed.", rate=f"{self.error_rate:.1f}")
        if not self.error_rate:
            return self.env._("Nothing failed in the last seven days.")
        return self.env._("%(rate)s %% of the last seven days failed, nothing since the last success.",
                          rate=f"{self.error_rate:.1f}")  # fmt: skip

    def _log(self, level, name, detail="", milliseconds=0):
        """Add a line to the log: `info`, `warning` or `error`."""
        logs_sudo = self.env["kor.integration.log"].sudo()  # the log is written by the integrations themselves only
        return logs_sudo.create(
            [
                {
                    "integration_id": integration.id,
                    "level": level,
                    "name": name,
                    "detail": detail or False,
                    "milliseconds": milliseconds,
                }
                for integration in self
            ]
        )

    def _get_last_log(self):
        self.ensure_one()
        return self.env["kor.integration.log"].search([("integration_id", "=", self.id)], limit=1)

    def _explain_failure(self, failure, known):
        """Return in a sentence why a run broke off; what is not among the known failures goes to the server's log."""
        if isinstance(failure, known):
            return str(failure)
        if isinstance(failure, OperationalError):
            # Somebody else was faster with the same rows: the next run does it.
            return self.env._("Others were writing at the same time.")
        _logger.error("Integration %s broke off.", self.id, exc_info=failure)
        return self.env._("It broke off with a mistake of ours (%(kind)s).", kind=type(failure).__name__)

    def _note(self, good, message, detail="", milliseconds=0):
        """Note one success or failure in log, counters and health. For many at once there is `_count`."""
        self.ensure_one()
        self._log("info" if good else "error", message, detail, milliseconds)
        self._count({self.id: (1, 0) if good else (0, 1)}, {} if good else {self.id: message})

    @api.model
    def _count(self, outcomes, errors=None):
        """Count successes and failures in a few queries for any number of integrations.

        A success after failures ends the row of them; enough failures make an active integration a failing one.

        :param outcomes: {integration id: (successes, failures)}, in the order in which the last one came: a count of
            failures beside successes is taken to have come last only where there was no success
        :param errors: {integration id: what went wrong last}
        """
        errors = errors or {}
        self.env["kor.integration.day"]._add(outcomes)
        now = fields.Datetime.now()
        integrations = self.sudo().browse(sorted(outcomes))  # counted for whoever caused it
        rates = integrations._get_error_rates()
        for integration in integrations:
            successes, failures = outcomes[integration.id]
            values = {"error_rate": rates.get(integration.id, 0)}
            if successes:
                values |= {"date_last_success": now, "failure_count": 0}
            if failures:
                values |= {"date_last_failure": now, "last_error": (errors.get(integration.id) or "")[:500]}
            if failures and not successes:
                values["failure_count"] = integration.failure_count + failures
            integration.write(values)
        integrations._settle_state()

    def _settle_state(self):
        """Let the state follow: failing after failures in a row, active again after a success."""
        for integration in self:
            if integration.state == "active" and integration.failure_count >= FAILURES:
                integration.state = "failing"
                integration._tell_failing()
            elif integration.state == "failing" and not integration.failure_count:
                integration.state = "active"

    def _tell_failing(self):
        """Tell who is responsible. Extensible: kinds add what follows from it."""
        self.ensure_one()
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("“%(name)s” of %(customer)s fails", name=self.name, customer=self.partner_id.name),
                note=self.last_error or "",
                user_id=self.user_id.id,
            )

    def _forget_failures(self):
        self.write({"failure_count": 0})
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def _get_error_rates(self):
        """Return {id: percent of failures in the last days}, in one query."""
        since = fields.Date.today() - timedelta(days=DAYS - 1)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT integration_id, sum(failures) * 100.0 / nullif(sum(successes + failures), 0)
                  FROM kor_integration_day WHERE integration_id = ANY(%s) AND day >= %s GROUP BY integration_id
                """,
                self.ids,
                since,
            )
        )
        return {id_: float(rate or 0) for id_, rate in rows}

    @api.model
    def _cron_follow_health(self):
        """Let error rates follow the days that have gone by."""
        integrations = self.search([("error_rate", ">", 0)])
        rates = integrations._get_error_rates()
        for integration in integrations:
            integration.error_rate = rates.get(integration.id, 0)

    def action_open_log(self):
        """Open the log of the integration.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_integration_log_action")
        return {**action, "domain": [("integration_id", "=", self.id)], "context": {}}
