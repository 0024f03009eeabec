import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class KorIntegrationTally(models.Model):
    """Collect what became of calls for about a minute, until health counts it: one row for each integration."""

    _name = "kor.integration.tally"
    _description = "Calls that Health has not counted yet"
    _log_access = False
    _rec_name = "integration_id"

    integration_id = fields.Many2one("kor.integration", required=True, ondelete="cascade")
    successes = fields.Integer(required=True)
    failures = fields.Integer(required=True)
    last_error = fields.Char()
    date_flushed = fields.Datetime()
    date_refused = fields.Datetime(help="When a refusal was written to the log last.")

    _integration_unique = models.UniqueIndex("(integration_id)")

    @api.model
    def _add(self, integration, good, error=""):
        """Count one call in a short transaction apart; about once a minute let health count what has come together."""
        query = SQL(
            """
            INSERT INTO kor_integration_tally AS t (integration_id, successes, failures, last_error)
            VALUES (%s, %s, %s, %s)
                ON CONFLICT (integration_id) DO UPDATE
               SET successes = t.successes + excluded.successes, failures = t.failures + excluded.failures,
                   last_error = COALESCE(excluded.last_error, t.last_error)
            RETURNING date_flushed IS NULL
                OR date_flushed <= statement_timestamp() AT TIME ZONE 'utc' - interval '1 minute'
            """,
            integration.id,
            int(good),
            int(not good),
            error or None,
        )
        ((is_due,),) = self.env["kor.integration.window"]._run_apart(query)
        if is_due:
            self._hand_over([integration.id])

    @api.model
    def _hand_over(self, integration_ids):
        """Let health count what has come together. A call is answered whatever comes of it: what fails is kept."""
        query = SQL(
            """
            WITH taken AS (
                SELECT id, integration_id, successes, failures, last_error FROM kor_integration_tally
                 WHERE integration_id = ANY(%s) AND (successes > 0 OR failures > 0)
                 ORDER BY integration_id FOR UPDATE SKIP LOCKED
            )
            UPDATE kor_integration_tally t
               SET successes = 0, failures = 0, last_error = NULL,
                   date_flushed = statement_timestamp() AT TIME ZONE 'utc'
              FROM taken WHERE t.id = taken.id
            RETURNING taken.integration_id, taken.successes, taken.failures, taken.last_error
            """,
            list(integration_ids),
        )

        def count(env, rows):
            outcomes = {id_: (successes, failures) for id_, successes, failures, _error in rows}
            errors = {id_: error for id_, _successes, _failures, error in rows if error}
            env["kor.integration"]._count(outcomes, errors)

        try:
            self.env["kor.integration.window"]._run_apart(query, count)
        except Exception:
            _logger.exception("The calls of integrations %s could not be counted yet", integration_ids)

    @api.model
    def _cron_flush(self):
        """Let health count what is left of integrations that have gone quiet."""
        waiting = self.search(["|", ("successes", ">", 0), ("failures", ">", 0)])
        self._hand_over(waiting.integration_id.ids)

    @api.model
    def _refuse(self, integration, reason):
        """Write a refusal to the log, at most one in a minute."""
        query = SQL(
            """
            INSERT INTO kor_integration_tally AS t (integration_id, successes, failures, date_refused)
            VALUES (%s, 0, 0, statement_timestamp() AT TIME ZONE 'utc')
                ON CONFLICT (integration_id) DO UPDATE SET date_refused = excluded.date_refused
             WHERE t.date_refused IS NULL OR t.date_refused <= excluded.date_refused - interval '1 minute'
            RETURNING t.integration_id
            """,
            integration.id,
        )

        def log(env, rows):
            env["kor.integration"].browse(id_ for (id_,) in rows)._log("warning", reason)

        self.env["kor.integration.window"]._run_apart(query, log)
