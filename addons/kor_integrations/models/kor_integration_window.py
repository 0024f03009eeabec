import math

from odoo import SUPERUSER_ID, api, fields, models
from odoo.sql_db import Cursor
from odoo.tools import SQL

SECONDS = 60


class KorIntegrationWindow(models.Model):
    """Count the calls of the running minute: one row for a contract, one for each integration with a limit of its own.

    Counted in a short transaction apart, so that calls count which fail, and workers wait for each other a moment only.
    """

    _name = "kor.integration.window"
    _description = "Calls of the Running Minute"
    _log_access = False
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade")
    integration_id = fields.Many2one("kor.integration", index="btree_not_null", ondelete="cascade")
    date_start = fields.Datetime(required=True, help="Of the first call. A minute later, counting begins anew.")
    calls = fields.Integer(required=True)

    _window_unique = models.UniqueIndex("(contract_id, COALESCE(integration_id, 0))")

    @api.model
    def _take(self, key):
        """Count one call of a key and note that it was used.

        :return: (how many calls are left, below zero for one too many; seconds until counting begins anew; the limit,
            0 for none)
        """
        integration = key.integration_id
        limit = integration.rate_limit or integration.contract_id.api_rate_limit
        if not limit:
            self._run_apart(self._get_used_query(key))
            return 0, 0, 0
        calls, elapsed = self._run_apart(self._get_count_query(key))[0]
        return limit - calls, max(1, math.ceil(SECONDS - float(elapsed))), limit

    @api.model
    def _get_used_query(self, key):
        """Return the query that notes the use of a key, at most once a minute."""
        return SQL(
            """
            UPDATE kor_integration_key SET date_last_used = statement_timestamp() AT TIME ZONE 'utc'
             WHERE id = %s AND (date_last_used IS NULL
                OR date_last_used <= statement_timestamp() AT TIME ZONE 'utc' - interval '1 minute')
            RETURNING id
            """,
            key.id,
        )

    @api.model
    def _get_count_query(self, key):
        integration = key.integration_id
        return SQL(
            """
            WITH used AS (%s)
            INSERT INTO kor_integration_window AS w (contract_id, integration_id, date_start, calls)
            VALUES (%s, %s, statement_timestamp() AT TIME ZONE 'utc', 1)
                ON CONFLICT (contract_id, COALESCE(integration_id, 0)) DO UPDATE
               SET calls = CASE WHEN w.date_start > excluded.date_start - interval '1 minute' THEN w.calls + 1
                                ELSE 1 END,
                   date_start = CASE WHEN w.date_start > excluded.date_start - interval '1 minute' THEN w.date_start
                                     ELSE excluded.date_start END
            RETURNING calls, extract(epoch FROM statement_timestamp() AT TIME ZONE 'utc' - date_start)
            """,
            self._get_used_query(key),
            integration.contract_id.id,
            integration.id if integration.rate_limit else None,
        )

    @api.model
    def _run_apart(self, query, after=None):
        """Run one query in a transaction of its own and return its rows; in the same one, do what comes after.

        :param after: a function that takes an environment of that transaction and the rows
        """
        with self.env.registry.cursor() as cr:
            if isinstance(cr, Cursor):  # not the one of a test, which has begun already
                # What others count at the same time is waited for, and a lost minute of counts harms nobody.
                cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO off")
            cr.execute(query)
            rows = cr.fetchall()
            if after and rows:
                after(self.env(cr=cr, user=SUPERUSER_ID, context={}), rows)
            return rows
