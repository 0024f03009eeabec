from odoo import api, fields, models
from odoo.tools import SQL


class KorSyncMark(models.Model):
    """How a row of a dataset was when the customer got it last: what differs from it is what is to be sent.

    `digest` is what is there, `pending` what a file says that is on its way; empty where it says that the row is gone.
    """

    _name = "kor.sync.mark"
    _description = "Sent Row"
    _log_access = False
    _order = "id"

    stream_id = fields.Many2one("kor.sync.stream", required=True, ondelete="cascade")
    key = fields.Integer(required=True)
    digest = fields.Char()
    pending = fields.Char()
    run_id = fields.Many2one("kor.sync.run", index="btree_not_null", ondelete="set null")

    _key_unique = models.UniqueIndex("(stream_id, key)", "This row is marked already.")

    @api.model
    def _iterate_changed(self, stream, query, most, size):
        """Yield batches of up to `most` rows that differ from what was sent: their columns, then their digest.

        All rows are compared once, and only a batch of them is in memory: the rest waits in a cursor of the database.
        """
        cursor = self._get_cursor(stream)
        self.env.cr.execute(
            SQL(
                """
                DECLARE %(cursor)s NO SCROLL CURSOR FOR
                SELECT s.* FROM (SELECT d.*, md5(d::text) AS kor_digest FROM (%(query)s) d) s
                  LEFT JOIN kor_sync_mark k ON k.stream_id = %(stream)s AND k.key = s.id
                 WHERE k.digest IS DISTINCT FROM s.kor_digest
                 ORDER BY s.id LIMIT %(most)s
                """,
                cursor=cursor,
                query=query,
                stream=stream.id,
                most=most,
            )
        )
        while rows := self.env.execute_query(SQL("FETCH %s FROM %s", size, cursor)):
            yield rows

    @api.model
    def _close(self, stream):
        """Let go of what `_iterate_changed` has not yielded; what breaks off is rolled back with its cursor."""
        self.env.cr.execute(SQL("CLOSE %s", self._get_cursor(stream)))

    @api.model
    def _get_cursor(self, stream):
        return SQL.identifier(f"kor_sync_{stream.id}")

    @api.model
    def _find_gone(self, stream, query, limit):
        """Return the keys of rows that were sent and are no longer there."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.key FROM kor_sync_mark k
                 WHERE k.stream_id = %s AND k.digest IS NOT NULL AND k.key NOT IN (SELECT s.id FROM (%s) s)
                 ORDER BY k.key LIMIT %s
                """,
                stream.id,
                query,
                limit,
            )
        )
        return [key for (key,) in rows]

    @api.model
    def _set_pending(self, run, digests):
        """Mark rows as on their way with a run: {key: digest}."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kor_sync_mark (stream_id, key, pending, run_id)
                SELECT %s, n.key, n.pending, %s FROM unnest(%s::int[], %s::text[]) AS n(key, pending)
                    ON CONFLICT (stream_id, key) DO UPDATE SET pending = excluded.pending, run_id = excluded.run_id
                """,
                run.stream_id.id,
                run.id,
                list(digests),
                list(digests.values()),
            )
        )

    @api.model
    def _settle(self, run):
        """Take what a run said as what the customer has."""
        self.env.cr.execute(SQL("DELETE FROM kor_sync_mark WHERE run_id = %s AND pending = ''", run.id))
        self.env.cr.execute(
            SQL(
                "UPDATE kor_sync_mark SET digest = pending, pending = NULL, run_id = NULL WHERE run_id = %s",
                run.id,
            )
        )
        self.invalidate_model()

    @api.model
    def _forget(self, stream):
        """Take every row as changed since it was sent. Its key stays, so that one that is gone is told as well."""
        self.env.cr.execute(SQL("UPDATE kor_sync_mark SET digest = 'again' WHERE stream_id = %s", stream.id))
        self.invalidate_model()
