import io
from functools import lru_cache
from operator import attrgetter

from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.sql_db import Cursor
from odoo.tools import SQL

from ..engine.summing import group_by_day, sum_up

NULL = "\x01"

# Alone the unique index of events decides what is counted. Rows are locked in one order everywhere: events by their
# keys, then rollups, each sorted.
COLUMNS = {
    "contract_id": "int",
    "partner_id": "int",
    "metric_id": "int",
    "company_id": "int",
    "event_key": "text",
    "time": "timestamp",
    "day": "date",
    "second": "numeric",
    "quantity": "numeric",
    "value": "text",
    "properties": "jsonb",
    "dimension": "text",
    "reverses": "text",
}
COPY_EVENTS = f"COPY kor_usage_event ({', '.join(COLUMNS)}) FROM STDIN (NULL '{NULL}')"
INSERT_EVENTS = f"""
    INSERT INTO kor_usage_event ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())}) AS e({", ".join(COLUMNS)})
     ORDER BY partner_id, event_key ON CONFLICT (partner_id, event_key) DO NOTHING
    RETURNING partner_id, event_key
"""
IS_KNOWN = "SELECT EXISTS (SELECT FROM kor_usage_event WHERE (partner_id, event_key) = (%s, %s))"
# Of whom ids have been counted whose events were dropped since.
DROPPED = """
    SELECT current_setting('transaction_isolation') = 'read committed', array(
           SELECT p FROM unnest(%s::int[]) p WHERE EXISTS (SELECT FROM kor_usage_dropped_key k WHERE k.partner_id = p))
"""
TAKE_DROPPED = """
    DELETE FROM kor_usage_event e
     USING kor_usage_dropped_key k, unnest(%s::int[], %s::text[]) AS f(partner_id, event_key)
     WHERE (k.partner_id, k.event_key) = (f.partner_id, f.event_key)
       AND (e.partner_id, e.event_key) = (f.partner_id, f.event_key)
    RETURNING e.partner_id, e.event_key
"""
ROLLUPS = """
    WITH added AS (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::date[], %s::text[], %s::numeric[],
                             %s::int[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
            AS a(contract_id, partner_id, company_id, metric_id, day, dimension,
                 total, events, highest, latest, first_second, latest_second, area)
    ), summed AS (
        INSERT INTO kor_usage_rollup AS r (contract_id, partner_id, company_id, metric_id, day, dimension, tier_id,
            total, events, highest, latest, first_second, latest_second, area, has_events, is_condensed)
        SELECT a.contract_id, a.partner_id, a.company_id, a.metric_id, a.day, a.dimension, c.tier_id,
               a.total, a.events, a.highest, a.latest, a.first_second, a.latest_second, a.area, true, false
          FROM added a JOIN kor_contract c ON c.id = a.contract_id
         ORDER BY a.contract_id, a.metric_id, a.day, a.dimension
            ON CONFLICT (contract_id, metric_id, day, dimension) DO UPDATE
           SET has_events = true, total = r.total + excluded.total, events = r.events + excluded.events{merged}
        RETURNING r.id, r.contract_id, r.metric_id, r.day, r.dimension, r.area
    ){valued}
    SELECT array_agg(id) FROM summed WHERE area IS NULL
"""
# What lies between the events of the day leaves no area: it is counted anew from the events. A day without
# events is one that was all reversed. Areas of levels that have no course are all zero.
MERGED_LEVELS = """,
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
VALUED = """, valued AS (
        INSERT INTO kor_usage_value AS v (rollup_id, value, events)
        SELECT s.id, x.value, x.events
          FROM unnest(%s::int[], %s::int[], %s::date[], %s::text[], %s::text[], %s::int[])
            AS x(contract_id, metric_id, day, dimension, value, events)
          JOIN summed s USING (contract_id, metric_id, day, dimension)
         ORDER BY s.id, x.value
            ON CONFLICT (rollup_id, value) DO UPDATE SET events = v.events + excluded.events
    )"""
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


_key = attrgetter("partner_id", "event_key")
# Thousands of events have few days.
_write_day = lru_cache(1000)(str)


def begin_read_committed(cr):
    """Begin anew in a transaction that sees what others have counted meanwhile; nothing may be written yet.

    The transaction of a request reads from one snapshot: of two posts to one contract, one would have to be rolled
    back and tried again.
    """
    if isinstance(cr, Cursor):  # not the one of a test, whose transaction goes on
        cr.commit()  # pylint: disable=invalid-commit
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


def _sort(entries):
    """Return entries in the order of their keys."""
    # One by one takes a third of the time: what is sorted by are no pairs.
    return sorted(sorted(entries, key=attrgetter("event_key")), key=attrgetter("partner_id"))


def _write_line(entry):
    """Return the line by which COPY takes an entry."""
    (
        _position,
        partner_id,
        contract_id,
        company_id,
        metric_id,
        _shape,
        _weight,
        key,
        time,
        day,
        second,
        quantity,
        value,
        properties,
        dimension,
        reverses,
    ) = entry
    return (
        f"{contract_id}\t{partner_id}\t{metric_id}\t{company_id}\t{key}\t{time.isoformat()}\t{_write_day(day)}\t"
        f"{second!s}\t{quantity!s}\t{NULL if value is None else value}\t{NULL if properties is None else properties}\t"
        f"{dimension}\t{NULL if reverses is None else reverses}\n"
    )


class KorUsageCountMixin(models.AbstractModel):
    """Count entries: events, rollups and values of a batch."""

    _name = "kor.usage.count.mixin"
    _description = "Counting of Usage"

    @api.model
    def _count(self, entries):
        """Store entries and add them to the rollups; return the positions of those that had not been counted yet."""
        if not entries:
            return set()
        fresh = self._insert_events(_sort(entries))
        if fresh:
            fresh = self._leave_out_dropped(fresh)
            self._add_up(sum_up(group_by_day(fresh)))
        return {entry.position for entry in fresh}

    @api.model
    def _recount(self, rollup_ids):
        """Count rollups of levels anew from events and readings, all in one statement. Their rows must be locked."""
        # An hour of a level counts as one event at least: a day without events is one of which nothing is known. The
        # span of hours, which no zone exceeds, lets the unique index of the readings find them.
        self.env.cr.execute(SQL(RECOUNT, rollup_ids))

    @api.model
    def _insert_events(self, entries):
        """Insert the events of entries sorted by key; return the entries whose key had not been there.

        To copy takes half as long as to look for each key before it is inserted. That pays where all are new, which
        they are but for posts that are made again.
        """
        cr = self.env.cr
        cr.execute(IS_KNOWN, _key(entries[len(entries) // 2]))
        if not cr.fetchone()[0] and self._copy_events(entries):
            return entries
        columns = [[getattr(entry, name) for entry in entries] for name in COLUMNS]
        cr.execute(INSERT_EVENTS, columns)
        inserted = set(cr.fetchall())
        return [entry for entry in entries if _key(entry) in inserted]

    @api.model
    def _copy_events(self, entries):
        """Copy events that nobody has inserted; return whether that was so, and leave none behind if it was not."""
        text = "".join(map(_write_line, entries))
        # No text holds a control character, so that nothing else is to be escaped.
        buffer = io.BytesIO(text.replace("\\", "\\\\").encode())
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.copy_expert(COPY_EVENTS, buffer, 1 << 20)
        except UniqueViolation:
            return False
        return True

    @api.model
    def _leave_out_dropped(self, entries):
        """Take those out that have just been inserted although they were counted before their event was dropped.

        This comes after the insertion, which has waited for whoever was dropping such an event. A transaction that
        reads from one snapshot does not see what was dropped since: then it fails here, and is tried again.
        """
        cr = self.env.cr
        cr.execute(DROPPED, [list({entry.partner_id for entry in entries})])
        sees_latest, partner_ids = cr.fetchone()
        if not sees_latest:
            cr.execute("SELECT FROM kor_usage_retention FOR SHARE")
        if not partner_ids:
            return entries
        keys = [_key(entry) for entry in entries if entry.partner_id in partner_ids]
        cr.execute(TAKE_DROPPED, list(map(list, zip(*keys, strict=True))))
        dropped = set(cr.fetchall())
        return [entry for entry in entries if _key(entry) not in dropped]

    @api.model
    def _add_up(self, additions):
        """Add what was counted to the rollups and to the values of their days."""
        if not additions:
            return
        merged = MERGED_LEVELS if any(addition.day.shape for addition in additions) else ""
        values = self._list_values(additions)
        statement = ROLLUPS.format(merged=merged, valued=VALUED if values else "")
        self.env.cr.execute(SQL(statement, *self._list_additions(additions), *values))
        broken = self.env.cr.fetchone()[0]
        if broken:
            self._recount(broken)

    @api.model
    def _list_additions(self, additions):
        """Return the columns of additions, as the statement takes them."""
        names = ("contract_id", "partner_id", "company_id", "metric_id", "day")
        sums = ("dimension", "total", "events", "highest", "latest", "first_second", "latest_second", "area")
        days = [[getattr(addition.day, name) for addition in additions] for name in names]
        return [*days, *([getattr(addition, name) for addition in additions] for name in sums)]

    @api.model
    def _list_values(self, additions):
        """Return the columns of the values of additions; nothing where there are none."""
        rows = [
            (addition.day.contract_id, addition.day.metric_id, addition.day.day, addition.dimension, value, events)
            for addition in additions
            for value, events in addition.values.items()
        ]
        return list(map(list, zip(*rows, strict=True)))
