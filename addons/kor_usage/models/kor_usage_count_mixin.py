import csv
import io

from odoo import api, models
from odoo.tools import SQL

from ..engine.intake import Entry

# One table for each connection, emptied at each commit: making one for each batch would cost more than the batch.
BATCH_TABLE = """
    CREATE TEMP TABLE IF NOT EXISTS kor_usage_batch (
        position integer, partner_id integer, contract_id integer, company_id integer, metric_id integer,
        shape smallint, weight smallint, event_key text, digest uuid, time timestamp, day date, second numeric,
        quantity numeric, value text, properties jsonb, dimension text, reverses text
    ) ON COMMIT DELETE ROWS
"""

# The keys decide alone what is counted. Rows are locked in one order everywhere: keys, then rollups, each sorted.
COUNT = """
    WITH fresh AS (
        INSERT INTO kor_usage_key (partner_id, digest, contract_id, metric_id, day)
        SELECT partner_id, digest, contract_id, metric_id, day FROM kor_usage_batch ORDER BY partner_id, digest
            ON CONFLICT DO NOTHING
        RETURNING id, partner_id, digest
    ), counted AS MATERIALIZED (
        SELECT f.id, b.* FROM fresh f JOIN kor_usage_batch b USING (partner_id, digest)
    ), stored AS (
        INSERT INTO kor_usage_event (id, contract_id, partner_id, metric_id, company_id, event_key, time, day, second,
                                     quantity, value, properties, dimension, reverses, is_reversed)
        SELECT id, contract_id, partner_id, metric_id, company_id, event_key, time, day, second,
               quantity, value, properties, dimension, reverses, false
          FROM counted
    ), series AS (
        SELECT contract_id, partner_id, company_id, metric_id, day, '' AS dimension, shape, weight, second, quantity,
               value
          FROM counted
        UNION ALL
        SELECT contract_id, partner_id, company_id, metric_id, day, dimension, shape, weight, second, quantity, value
          FROM counted WHERE dimension != ''
    ){parts}
    SELECT (SELECT array_agg(position) FROM counted), {broken}
"""
SERIES = "contract_id, partner_id, company_id, metric_id, day, dimension"
ROLLUP = """
        INSERT INTO kor_usage_rollup AS r (contract_id, partner_id, company_id, metric_id, day, dimension, tier_id,
            total, events, highest, latest, first_second, latest_second, area, has_events, is_condensed)
        SELECT x.contract_id, x.partner_id, x.company_id, x.metric_id, x.day, x.dimension, c.tier_id,
               x.total, x.events, x.highest, x.latest, x.first_second, x.latest_second, x.area, true, false
          FROM ({summed}) x JOIN kor_contract c ON c.id = x.contract_id
         ORDER BY x.contract_id, x.metric_id, x.day, x.dimension
            ON CONFLICT (contract_id, metric_id, day, dimension) DO UPDATE
           SET has_events = true, total = r.total + excluded.total, events = r.events + excluded.events{merged}
        RETURNING r.id, r.contract_id, r.metric_id, r.day, r.dimension, r.area
"""
SUMS = f"""
            SELECT {SERIES}, sum(quantity) AS total, sum(weight) AS events, 0 AS highest, 0 AS latest,
                   0 AS first_second, 0 AS latest_second, 0 AS area
              FROM series WHERE shape = 0 GROUP BY {SERIES}
"""
# Of several levels at the same moment the highest counts, in whatever order they come.
LEVELS = f"""
            SELECT {SERIES}, sum(quantity) AS total, count(*) AS events, max(quantity) AS highest,
                   (array_agg(quantity ORDER BY second DESC, quantity DESC))[1] AS latest,
                   min(second) AS first_second, max(second) AS latest_second,
                   CASE WHEN min(shape) = 2 THEN coalesce(sum(quantity * (until - second)), 0) ELSE 0 END AS area
              FROM (SELECT *, lead(second) OVER (PARTITION BY {SERIES} ORDER BY second, quantity) AS until
                      FROM series WHERE shape > 0 AND weight > 0) timed
             GROUP BY {SERIES}
"""
# What lies between the events of the day leaves no area: it is counted anew from the events. A day without
# events is one that was all reversed. Areas of levels that have no course are all zero.
LEVELS_MERGED = """,
               highest = CASE WHEN r.events = 0 THEN excluded.highest ELSE greatest(r.highest, excluded.highest) END,
               latest = CASE WHEN r.events = 0 OR (excluded.latest_second, excluded.latest) >
                                  (r.latest_second, r.latest) THEN excluded.latest ELSE r.latest END,
               first_second = CASE WHEN r.events = 0 THEN excluded.first_second
                                   ELSE least(r.first_second, excluded.first_second) END,
               latest_second = CASE WHEN r.events = 0 THEN excluded.latest_second
                                    ELSE greatest(r.latest_second, excluded.latest_second) END,
               area = CASE WHEN NOT EXISTS (SELECT FROM kor_metric m WHERE m.id = r.metric_id
                                               AND m.aggregation = 'time_weighted') THEN 0
                           WHEN r.events = 0 THEN excluded.area
                           WHEN excluded.first_second > r.latest_second
                           THEN r.area + r.latest * (excluded.first_second - r.latest_second) + excluded.area
                           WHEN excluded.latest_second < r.first_second
                           THEN excluded.area + excluded.latest * (r.first_second - excluded.latest_second) + r.area
                      END
"""
VALUES = """
        INSERT INTO kor_usage_value AS v (rollup_id, value, events)
        SELECT r.id, s.value, sum(s.weight)
          FROM series s JOIN summed r USING (contract_id, metric_id, day, dimension)
         WHERE s.value IS NOT NULL
         GROUP BY r.id, s.value ORDER BY r.id, s.value
            ON CONFLICT (rollup_id, value) DO UPDATE SET events = v.events + excluded.events
"""
RECOUNT = """
    WITH wanted AS (
        SELECT r.id, r.contract_id, r.metric_id, r.day, r.dimension, m.aggregation = 'time_weighted' AS is_weighted
          FROM kor_usage_rollup r JOIN kor_metric m ON m.id = r.metric_id
         WHERE r.id = ANY(%s)
    ), timed AS (
        SELECT w.id, w.is_weighted, e.second, e.quantity, e.weight, e.readings,
               lead(e.second) OVER (PARTITION BY w.id ORDER BY e.second, e.quantity) AS until
          FROM wanted w
         CROSS JOIN LATERAL (
               SELECT dimension, second, quantity, 1 AS weight, 0 AS readings FROM kor_usage_event
                WHERE contract_id = w.contract_id AND metric_id = w.metric_id AND day = w.day
                  AND reverses IS NULL AND NOT is_reversed
               UNION ALL
               SELECT dimension, second, quantity, greatest(events, 1), 1 FROM kor_usage_reading
                WHERE contract_id = w.contract_id AND metric_id = w.metric_id AND day = w.day
                  AND hour BETWEEN w.day - 1 AND w.day + 2
               ) e
         WHERE w.dimension IN ('', e.dimension)
    ), summed AS (
        SELECT id, sum(quantity) AS total, sum(weight) AS events, sum(readings) AS readings, max(quantity) AS highest,
               (array_agg(quantity ORDER BY second DESC, quantity DESC))[1] AS latest,
               min(second) AS first_second, max(second) AS latest_second,
               CASE WHEN bool_and(is_weighted) THEN sum(quantity * (until - second)) END AS area
          FROM timed GROUP BY id
    )
    UPDATE kor_usage_rollup r
       SET total = coalesce(s.total, 0), events = coalesce(s.events, 0), readings = coalesce(s.readings, 0),
           highest = coalesce(s.highest, 0), latest = coalesce(s.latest, 0), first_second = coalesce(s.first_second, 0),
           latest_second = coalesce(s.latest_second, 0), area = coalesce(s.area, 0)
      FROM wanted w LEFT JOIN summed s USING (id)
     WHERE r.id = w.id
"""


class KorUsageCountMixin(models.AbstractModel):
    """Count entries: keys, events, rollups and values of a batch, in one statement."""

    _name = "kor.usage.count.mixin"
    _description = "Counting of Usage"

    @api.model
    def _count(self, entries):
        """Store entries and add them to the rollups; return the positions of those that had not been counted yet."""
        if not entries:
            return set()
        self._copy_batch(entries)
        statement = self._get_count_statement(
            has_sums=any(entry.shape == 0 for entry in entries),
            has_levels=any(entry.shape and entry.weight > 0 for entry in entries),
            has_values=any(entry.value is not None for entry in entries),
        )
        self.env.cr.execute(statement)
        positions, broken = self.env.cr.fetchone()
        if broken:
            self._recount(broken)
        return set(positions or ())

    @api.model
    def _recount(self, rollup_ids):
        """Count rollups of levels anew from events and readings, all in one statement. Their rows must be locked."""
        # An hour of a level counts as one event at least: a day without events is one of which nothing is known. The
        # span of hours, which no zone exceeds, lets the unique index of the readings find them.
        self.env.cr.execute(SQL(RECOUNT, rollup_ids))

    @api.model
    def _copy_batch(self, entries):
        """Copy the entries into the batch table of this connection."""
        cr = self.env.cr
        cr.execute("SELECT to_regclass('pg_temp.kor_usage_batch') IS NULL")
        # A second batch of the same transaction finds the first one still there.
        cr.execute(BATCH_TABLE if cr.fetchone()[0] else "DELETE FROM kor_usage_batch")
        buffer = io.StringIO()
        csv.writer(buffer).writerows(entries)
        buffer.seek(0)
        cr.copy_expert(
            f"COPY kor_usage_batch ({', '.join(Entry._fields)}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (dimension))",
            buffer,
        )

    @api.model
    def _get_count_statement(self, has_sums, has_levels, has_values):
        """Return the statement that counts the batch, without the parts that it does not need."""
        parts = []
        if has_sums:
            parts.append(f"summed AS ({ROLLUP.format(summed=SUMS, merged='')})")
        if has_values:
            parts.append(f"valued AS ({VALUES})")
        if has_levels:
            parts.append(f"levelled AS ({ROLLUP.format(summed=LEVELS, merged=LEVELS_MERGED)})")
        broken = "(SELECT array_agg(id) FROM levelled WHERE area IS NULL)" if has_levels else "NULL"
        return COUNT.format(parts="".join(f", {part}" for part in parts), broken=broken)
