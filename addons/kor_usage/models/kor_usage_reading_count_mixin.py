import csv
import io
from datetime import date
from typing import NamedTuple

from odoo import api, models

from ..engine.readings import HourEntry

# As for events: one table for each connection, emptied at each commit.
BATCH_TABLE = """
    CREATE TEMP TABLE IF NOT EXISTS kor_usage_reading_batch (
        position integer, partner_id integer, contract_id integer, company_id integer, metric_id integer,
        shape smallint, hour timestamp, day date, second numeric, dimension text, source text, revision integer,
        quantity numeric, events integer, properties jsonb, is_new boolean NOT NULL DEFAULT false
    ) ON COMMIT DELETE ROWS
"""
# A level is counted anew from what is kept of its day: where events have been dropped, it would lose them.
TAKE_CONDENSED = """
    DELETE FROM kor_usage_reading_batch b USING kor_usage_rollup r
     WHERE b.shape > 0 AND r.is_condensed AND r.dimension = ''
       AND (r.contract_id, r.metric_id, r.day) = (b.contract_id, b.metric_id, b.day)
       AND NOT EXISTS (
           SELECT FROM kor_usage_reading k
            WHERE (k.contract_id, k.metric_id, k.hour, k.dimension, k.source) =
                  (b.contract_id, b.metric_id, b.hour, b.dimension, b.source) AND k.revision >= b.revision)
    RETURNING b.position
"""
# The unique key decides who inserts; whoever comes second finds the reading, locks it, and sees its revision. Rows
# are locked in one order everywhere: new readings, known readings, rollups, each sorted. Known ones are left out
# first: hours are sent again and again, and each conflict would use up an id.
INSERT = """
    WITH fresh AS (
        INSERT INTO kor_usage_reading (contract_id, partner_id, company_id, metric_id, hour, day, second, dimension,
                                       source, revision, quantity, events, properties)
        SELECT contract_id, partner_id, company_id, metric_id, hour, day, second, dimension, source, revision, quantity,
               events, properties
          FROM kor_usage_reading_batch b
         WHERE NOT EXISTS (
               SELECT FROM kor_usage_reading k
                WHERE (k.contract_id, k.metric_id, k.hour, k.dimension, k.source) =
                      (b.contract_id, b.metric_id, b.hour, b.dimension, b.source))
         ORDER BY contract_id, metric_id, hour, dimension, source
            ON CONFLICT DO NOTHING
        RETURNING contract_id, metric_id, hour, dimension, source
    )
    UPDATE kor_usage_reading_batch b SET is_new = true
      FROM fresh f
     WHERE (b.contract_id, b.metric_id, b.hour, b.dimension, b.source) =
           (f.contract_id, f.metric_id, f.hour, f.dimension, f.source)
"""
LOCK = """
    SELECT FROM kor_usage_reading r
      JOIN kor_usage_reading_batch b USING (contract_id, metric_id, hour, dimension, source)
     WHERE NOT b.is_new
     ORDER BY contract_id, metric_id, hour, dimension, source
       FOR UPDATE OF r
"""
# A reading stays on the day where its first revision was counted. Sums move by the difference; for levels the rollup
# is only made and locked here.
COUNT = """
    WITH held AS MATERIALIZED (
        SELECT b.position, b.partner_id, b.company_id, contract_id, metric_id, b.shape, dimension, b.revision,
               b.quantity, b.events, b.properties, b.is_new, r.id, r.day, r.revision AS old_revision,
               CASE WHEN b.is_new THEN 0 ELSE r.quantity END AS old_quantity,
               CASE WHEN b.is_new THEN 0 ELSE r.events END AS old_events
          FROM kor_usage_reading_batch b
          JOIN kor_usage_reading r USING (contract_id, metric_id, hour, dimension, source)
    ), counted AS (
        SELECT * FROM held WHERE is_new OR revision > old_revision
    ), revised AS (
        UPDATE kor_usage_reading r
           SET revision = c.revision, quantity = c.quantity, events = c.events, properties = c.properties
          FROM counted c WHERE r.id = c.id AND NOT c.is_new
    ), changed AS (
        SELECT * FROM counted WHERE is_new OR (quantity, events) != (old_quantity, old_events)
    ), series AS (
        SELECT *, '' AS part FROM changed
        UNION ALL
        SELECT *, dimension FROM changed WHERE dimension != ''
    ), summed AS (
        SELECT contract_id, partner_id, company_id, metric_id, day, part,
               coalesce(sum(quantity - old_quantity) FILTER (WHERE shape = 0), 0) AS total,
               coalesce(sum(events - old_events) FILTER (WHERE shape = 0), 0) AS events,
               count(*) FILTER (WHERE shape = 0 AND is_new) AS readings
          FROM series GROUP BY contract_id, partner_id, company_id, metric_id, day, part
    ), rolled AS (
        INSERT INTO kor_usage_rollup AS r (contract_id, partner_id, company_id, metric_id, day, dimension, tier_id,
            total, events, readings, highest, latest, first_second, latest_second, area, has_events, is_condensed)
        SELECT x.contract_id, x.partner_id, x.company_id, x.metric_id, x.day, x.part, c.tier_id,
               x.total, x.events, x.readings, 0, 0, 0, 0, 0, false, false
          FROM summed x JOIN kor_contract c ON c.id = x.contract_id
         ORDER BY x.contract_id, x.metric_id, x.day, x.part
            ON CONFLICT (contract_id, metric_id, day, dimension) DO UPDATE
           SET total = r.total + excluded.total, events = r.events + excluded.events,
               readings = coalesce(r.readings, 0) + excluded.readings
        RETURNING r.id, r.metric_id
    )
    SELECT (SELECT array_agg(position) FROM counted),
           (SELECT array_agg(position) FROM held
             WHERE NOT is_new AND revision = old_revision AND (quantity, events) != (old_quantity, old_events)),
           (SELECT array_agg(id) FROM rolled WHERE metric_id IN (SELECT metric_id FROM changed WHERE shape > 0)),
           (SELECT array_agg(DISTINCT contract_id) FROM changed),
           (SELECT min(day) FROM changed)
"""


class Counted(NamedTuple):
    """State what became of a batch of readings, by the positions of its entries, and whose use has changed."""

    accepted: set[int]
    contradicting: set[int]
    condensed: set[int]
    contract_ids: list[int]
    first_day: date | None


class KorUsageReadingCountMixin(models.AbstractModel):
    """Count readings: the highest revision of each stands, and the rollups move with it."""

    _name = "kor.usage.reading.count.mixin"
    _description = "Counting of Readings"

    @api.model
    def _count(self, entries):
        """Store entries, each of another reading, and bring the rollups to them; return what became of them."""
        self._copy_batch(entries)
        cr = self.env.cr
        cr.execute(TAKE_CONDENSED)
        condensed = {position for (position,) in cr.fetchall()}
        cr.execute(INSERT)
        if cr.rowcount + len(condensed) < len(entries):
            cr.execute(LOCK)
        cr.execute(COUNT)
        accepted, contradicting, levels, contract_ids, first_day = cr.fetchone()
        if levels:
            self.env["kor.usage.event"]._recount(levels)
        self.invalidate_model()
        self.env["kor.usage.rollup"].invalidate_model()
        return Counted(set(accepted or ()), set(contradicting or ()), condensed, contract_ids or [], first_day)

    @api.model
    def _copy_batch(self, entries):
        """Copy the entries into the batch table of this connection."""
        cr = self.env.cr
        cr.execute("SELECT to_regclass('pg_temp.kor_usage_reading_batch') IS NULL")
        cr.execute(BATCH_TABLE if cr.fetchone()[0] else "DELETE FROM kor_usage_reading_batch")
        buffer = io.StringIO()
        csv.writer(buffer).writerows(entries)
        buffer.seek(0)
        options = "FORMAT csv, FORCE_NOT_NULL (dimension, source)"
        cr.copy_expert(f"COPY kor_usage_reading_batch ({', '.join(HourEntry._fields)}) FROM STDIN ({options})", buffer)
