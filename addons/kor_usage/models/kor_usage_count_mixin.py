import io

from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.tools import SQL

from ..engine.summing import group_by_day, sum_up

NULL = "\x01"

# The keys decide alone what is counted. Rows are locked in one order everywhere: keys, then rollups, each sorted.
RESERVE = """
    SELECT array_agg(nextval('kor_usage_key_id_seq')),
           EXISTS (SELECT FROM kor_usage_key WHERE (partner_id, digest) = (%s, %s))
      FROM generate_series(1, %s)
"""
KEY_FIELDS = ("digest", "partner_id", "contract_id", "metric_id", "day")
COPY_KEYS = f"COPY kor_usage_key (id, {', '.join(KEY_FIELDS)}) FROM STDIN"
INSERT_KEYS = f"""
    INSERT INTO kor_usage_key (id, {", ".join(KEY_FIELDS)})
    SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::int[], %s::int[], %s::int[], %s::date[])
     ORDER BY 2, 3 ON CONFLICT (partner_id, digest) DO NOTHING
    RETURNING id
"""
EVENTS = """
    COPY kor_usage_event (id, contract_id, partner_id, metric_id, company_id, event_key, time, day, second, quantity,
                          value, properties, dimension, reverses, is_reversed)
    FROM STDIN (NULL '\x01')
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


class KorUsageCountMixin(models.AbstractModel):
    """Count entries: keys, events, rollups and values of a batch, in one statement."""

    _name = "kor.usage.count.mixin"
    _description = "Counting of Usage"

    @api.model
    def _count(self, entries):
        """Store entries and add them to the rollups; return the positions of those that had not been counted yet."""
        if not entries:
            return set()
        fresh = self._insert_keys(sorted([(entry.digest, entry.partner_id, entry) for entry in entries]))
        if fresh:
            self._copy_events(fresh)
            self._add_up(sum_up(group_by_day([entry for _key_id, entry in fresh])))
        return {entry.position for _key_id, entry in fresh}

    @api.model
    def _recount(self, rollup_ids):
        """Count rollups of levels anew from events and readings, all in one statement. Their rows must be locked."""
        # An hour of a level counts as one event at least: a day without events is one of which nothing is known. The
        # span of hours, which no zone exceeds, lets the unique index of the readings find them.
        self.env.cr.execute(SQL(RECOUNT, rollup_ids))

    @api.model
    def _insert_keys(self, keyed):
        """Insert the keys of sorted (digest, customer, entry); return those that had not been there as (id, entry).

        To copy keys takes half as long as to look for each before it is inserted. That pays where all are new, which
        they are but for posts that are made again.
        """
        digest, partner_id, _entry = keyed[len(keyed) // 2]
        self.env.cr.execute(RESERVE, [partner_id, digest, len(keyed)])
        ids, is_known = self.env.cr.fetchone()
        fresh = [(key_id, entry) for key_id, (_digest, _partner_id, entry) in zip(ids, keyed, strict=True)]
        if not is_known and self._copy_keys(fresh):
            return fresh
        rows = [(key_id, *(getattr(entry, name) for name in KEY_FIELDS)) for key_id, entry in fresh]
        self.env.cr.execute(INSERT_KEYS, list(map(list, zip(*rows, strict=True))))
        inserted = {key_id for (key_id,) in self.env.cr.fetchall()}
        return [(key_id, entry) for key_id, entry in fresh if key_id in inserted]

    @api.model
    def _copy_keys(self, fresh):
        """Copy keys that nobody has inserted; return whether that was so, and leave none behind if it was not."""
        lines = [
            f"{key_id}\t{entry.digest}\t{entry.partner_id}\t{entry.contract_id}\t{entry.metric_id}\t{entry.day!s}\n"
            for key_id, entry in fresh
        ]
        try:
            with self.env.cr.savepoint(flush=False):
                self._copy(COPY_KEYS, "".join(lines))
        except UniqueViolation:
            return False
        return True

    @api.model
    def _copy_events(self, fresh):
        """Copy entries into the table of events, each with the id of its key."""
        lines = [
            f"{key_id}\t{contract_id}\t{partner_id}\t{metric_id}\t{company_id}\t{key}\t{time!s}\t{day!s}\t{second!s}"
            f"\t{quantity!s}\t{NULL if value is None else value}\t{NULL if properties is None else properties}"
            f"\t{dimension}\t{NULL if reverses is None else reverses}\tf\n"
            for key_id, (
                _position,
                partner_id,
                contract_id,
                company_id,
                metric_id,
                _shape,
                _weight,
                key,
                _digest,
                time,
                day,
                second,
                quantity,
                value,
                properties,
                dimension,
                reverses,
            ) in fresh
        ]
        # No text holds a control character, so that nothing else is to be escaped.
        self._copy(EVENTS, "".join(lines).replace("\\", "\\\\"))

    @api.model
    def _copy(self, statement, text):
        self.env.cr.copy_expert(statement, io.BytesIO(text.encode()), 1 << 20)

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
