from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import trend

FOUR_WEEKS = timedelta(weeks=trend.WEEKS)
HUNDRED = Decimal(100)


class KorHealthReadingMixin(models.AbstractModel):
    """Read what customers use of what they have bought: each component in one query for any number of accounts.

    A reader is called `_read_` and the name of its component; it takes the day and returns {account id: (reading,
    facts)}. What is not known is left out; facts are plain JSON, from which the words are made.
    """

    _name = "kor.health.reading.mixin"
    _description = "Readings of Health: Use"

    def _select_contracts(self, day):
        """Return the query of the agreed contracts of the accounts, each with the day that it is there by then."""
        now = pytz.utc.localize(datetime.combine(day, fields.Datetime.now().time()))
        zones = {name: now.astimezone(pytz.timezone(name)).date() for name in pytz.all_timezones}
        return SQL(
            """
            SELECT a.id AS account_id, a.company_id, c.id AS contract_id, c.date_start,
                   least(z.today, %(day)s) AS today, c.state IN ('active', 'paused') AS is_running
              FROM kor_account a
              JOIN res_partner p ON p.commercial_partner_id = a.partner_id
              JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                                 AND c.date_activated IS NOT NULL
              JOIN unnest(%(names)s::text[], %(days)s::date[]) AS z(name, today) ON z.name = c.tz
             WHERE a.id = ANY(%(ids)s)
            """,
            ids=self.ids,
            day=day,
            names=list(zones),
            days=list(zones.values()),
        )

    @api.model
    def _round_reading(self, value):
        """Return a number that need not end, a fraction or a decimal, as a reading."""
        value = Fraction(value)
        return round(Decimal(value.numerator) / Decimal(value.denominator), 4)

    def _read_usage(self, day):
        """By how many percent use has changed in four weeks: the mean of the metrics, each between -100 and 100."""
        changes = {}
        for account, metric, today, since, earlier, later in self.env.execute_query(self._select_use(day)):
            by_day = {today - 2 * FOUR_WEEKS: Decimal(earlier), today - FOUR_WEEKS: Decimal(later)}
            change = trend.change(by_day, today, since)
            if change is not None:
                bounded = max(-HUNDRED, min(HUNDRED, change))
                changes.setdefault(account, []).append((bounded, metric))
        return {
            account: (
                self._round_reading(sum(Fraction(change) for change, _metric in found) / len(found)),
                {
                    "metrics": [
                        {"metric": metric, "change": float(round(change, 2))} for change, metric in sorted(found)
                    ]
                },
            )
            for account, found in changes.items()
        }

    def _select_use(self, day):
        """Return the query of the use of each metric in the last four weeks and in the four before, as text.

        Sums and different values add up by the day; of a level the mean of the days that were reported counts, and
        where one of the spans has none, nothing is known of it. What was never reported is left out. It is one query,
        for any number of accounts.
        """
        return SQL(
            """
            WITH own AS (%(contracts)s)
            SELECT o.account_id, m.code, min(o.today), min(f.day),
                   COALESCE(sum(CASE WHEN u.adds_up THEN u.earlier ELSE u.level_earlier END), 0)::text,
                   COALESCE(sum(CASE WHEN u.adds_up THEN u.later ELSE u.level_later END), 0)::text
              FROM own o
             CROSS JOIN kor_metric m
             CROSS JOIN LATERAL (
                   SELECT r.day FROM kor_usage_rollup r
                    WHERE r.contract_id = o.contract_id AND r.metric_id = m.id AND r.dimension = ''
                      AND (r.events > 0 OR r.readings > 0)
                    ORDER BY r.day LIMIT 1) f
             CROSS JOIN LATERAL (
                   SELECT m.aggregation IN ('sum', 'unique_count') AS adds_up,
                          sum(v.value) FILTER (WHERE v.is_earlier) AS earlier,
                          sum(v.value) FILTER (WHERE NOT v.is_earlier) AS later,
                          avg(v.value) FILTER (WHERE v.is_earlier) AS level_earlier,
                          avg(v.value) FILTER (WHERE NOT v.is_earlier) AS level_later
                     FROM (%(days)s) v) u
             WHERE u.adds_up OR (u.earlier IS NOT NULL AND u.later IS NOT NULL)
             GROUP BY o.account_id, m.id
            """,
            contracts=self._select_contracts(day),
            days=self._select_use_by_day(),
        )

    @api.model
    def _select_use_by_day(self):
        """Return the query of what a metric makes of each day of eight weeks that was reported."""
        return SQL(
            """
            SELECT r.day < o.today - %(span)s AS is_earlier,
                   CASE m.aggregation
                       WHEN 'sum' THEN r.total
                       WHEN 'max' THEN r.highest
                       WHEN 'unique_count' THEN (SELECT count(*) FROM kor_usage_value k WHERE k.rollup_id = r.id)
                       ELSE r.latest END AS value
              FROM kor_usage_rollup r
             WHERE r.contract_id = o.contract_id AND r.metric_id = m.id AND r.dimension = ''
               AND r.day >= o.today - 2 * %(span)s AND r.day < o.today AND (r.events > 0 OR r.readings > 0)
            """,
            span=FOUR_WEEKS.days,
        )

    def _read_adoption(self, day):
        """Which share of the bought metrics was used in four weeks, in percent.

        Bought is what has a limit or a price; a metric that is measured for no customer says nothing. Not known in the
        first four weeks, nor where nothing was ever reported of a customer.
        """
        used, idle = {}, {}
        for account, code, is_used in self.env.execute_query(self._select_adoption(day)):
            (used if is_used else idle).setdefault(account, []).append(code)
        return {
            account: (
                HUNDRED * len(used.get(account, ())) / (len(used.get(account, ())) + len(idle.get(account, ()))),
                {"used": sorted(used.get(account, ())), "idle": sorted(idle.get(account, ()))},
            )
            for account in used.keys() | idle.keys()
        }

    def _select_adoption(self, day):
        """Return the query of what was bought, and whether it was used: one for any number of accounts."""
        return SQL(
            """
            WITH own AS (%(contracts)s),
            known AS (
                SELECT o.account_id FROM own o
                 WHERE EXISTS (SELECT FROM kor_usage_rollup r WHERE r.contract_id = o.contract_id)
                 GROUP BY o.account_id HAVING min(o.date_start) <= min(o.today) - %(span)s),
            bought AS (
                SELECT o.*, l.metric_id FROM own o
                  JOIN kor_contract_limit l ON l.contract_id = o.contract_id AND (l.kind != 'limited' OR l.quantity > 0)
                 WHERE o.is_running
                 UNION
                SELECT o.*, l.metric_id FROM own o
                  JOIN kor_contract_line l ON l.contract_id = o.contract_id AND l.charge_type IN ('per_unit', 'usage')
                                          AND l.metric_id IS NOT NULL AND l.date_start <= o.today
                                          AND (l.date_end IS NULL OR l.date_end >= o.today)
                 WHERE o.is_running)
            SELECT b.account_id, m.code,
                   bool_or(EXISTS (SELECT FROM kor_usage_rollup r
                                    WHERE r.contract_id = b.contract_id AND r.metric_id = b.metric_id
                                      AND r.day >= b.today - %(span)s AND r.day <= b.today AND r.events > 0))
              FROM bought b
              JOIN known USING (account_id)
              JOIN kor_metric m ON m.id = b.metric_id
             WHERE EXISTS (SELECT FROM kor_usage_rollup r WHERE r.metric_id = m.id)
             GROUP BY b.account_id, m.id
            """,
            contracts=self._select_contracts(day),
            span=FOUR_WEEKS.days,
        )
