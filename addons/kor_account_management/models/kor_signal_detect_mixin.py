from odoo import api, fields, models
from odoo.tools import SQL

# How far back facts count: the days that the reason names.
BREACH_DAYS = 30
READING_DAYS = 35
FALL = -20
# So long before notice has to be given a renewal is looked after.
RENEWAL_DAYS = 60
FOUND = ("limit_near", "seats_full", "feature_asked", "usage_falls", "at_risk", "onboarding_late", "sla_breached",
         "renewal_due")  # fmt: skip


class KorSignalDetectMixin(models.AbstractModel):
    """Find what calls for action on accounts: one query for any number of them, a part of it for each kind."""

    _name = "kor.signal.detect.mixin"
    _description = "Detection of Signals"

    @api.model
    def _find(self, accounts):
        """Return what is so today, as {(account id, contract id or 0, kind, key): facts}."""
        self.env.flush_all()
        days = accounts._get_company_days()
        query = SQL(
            """
            WITH chosen AS (
                SELECT a.id, a.partner_id, a.company_id, a.health_band, a.health_score, y.today
                  FROM kor_account a
                  JOIN unnest(%s::int[], %s::date[]) AS y(company_id, today) ON y.company_id = a.company_id
                 WHERE a.id = ANY(%s) AND a.active),
            own AS (
                SELECT x.id AS account_id, x.today, c.id AS contract_id, c.date_end, c.date_notice, c.date_leaving,
                       c.renewal_amendment_id
                  FROM chosen x
                  JOIN res_partner p ON p.commercial_partner_id = x.partner_id
                  JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = x.company_id
                                     AND c.state IN ('active', 'paused') AND c.date_start <= x.today)
            %s
            """,
            list(days),
            list(days.values()),
            accounts.ids,
            SQL(" UNION ALL ").join(SQL("(%s)", part) for part in self._get_finders()),
        )
        return {
            (account, contract or 0, kind, key): facts or {}
            for kind, account, contract, key, facts in self.env.execute_query(query)
        }

    @api.model
    def _get_finders(self):
        """Return the queries of all kinds: kind, account, contract, key, facts. Extensible."""
        return [getattr(self, f"_select_{kind}")() for kind in FOUND]

    @api.model
    def _select_limit_near(self):
        """The highest threshold of a limit that was passed in the running month."""
        return SQL(
            """
            SELECT DISTINCT ON (o.contract_id, m.id) 'limit_near' AS kind, o.account_id, o.contract_id, m.code AS key,
                   jsonb_build_object('metric', m.code, 'threshold', u.threshold, 'used', u.used, 'limit', u.quantity)
              FROM own o
              JOIN kor_usage_alert u ON u.contract_id = o.contract_id
                                    AND o.today BETWEEN u.period_start AND u.period_end
              JOIN kor_metric m ON m.id = u.metric_id
             ORDER BY o.contract_id, m.id, u.threshold DESC
            """
        )

    @api.model
    def _select_seats_full(self):
        """As many are in use, by the last day that was reported, as are held."""
        return SQL(
            """
            SELECT 'seats_full', h.account_id, h.contract_id, m.code,
                   jsonb_build_object('metric', m.code, 'held', h.held, 'used', r.used, 'line', h.line_id)
              FROM (SELECT o.account_id, o.contract_id, o.today, l.metric_id, sum(l.quantity) AS held,
                           max(l.id) AS line_id
                      FROM own o
                      JOIN kor_contract_line l ON l.contract_id = o.contract_id AND l.charge_type = 'per_unit'
                                              AND l.date_start <= o.today
                                              AND (l.date_end IS NULL OR l.date_end >= o.today)
                     GROUP BY o.account_id, o.contract_id, o.today, l.metric_id) h
              JOIN kor_metric m ON m.id = h.metric_id AND m.aggregation IN ('max', 'latest', 'time_weighted')
             CROSS JOIN LATERAL (
                   SELECT CASE m.aggregation WHEN 'max' THEN u.highest ELSE u.latest END AS used
                     FROM kor_usage_rollup u
                    WHERE u.contract_id = h.contract_id AND u.metric_id = h.metric_id AND u.dimension = ''
                      AND u.events > 0 AND u.day > h.today - %s
                    ORDER BY u.day DESC LIMIT 1) r
             WHERE h.held > 0 AND r.used >= h.held
            """,
            READING_DAYS,
        )

    @api.model
    def _select_feature_asked(self):
        """What the customer asks for on the portal and waits for, and open tickets with a tag that says so."""
        return SQL(
            """
            SELECT 'feature_asked', o.account_id, o.contract_id, 'request-' || m.id,
                   jsonb_build_object('request', m.name, 'kind', g.kind, 'plan', g.plan_id, 'line', g.line_id,
                                      'quantity', g.quantity)
              FROM own o
              JOIN kor_contract_amendment m ON m.contract_id = o.contract_id AND m.state = 'requested'
             CROSS JOIN LATERAL (
                   SELECT * FROM kor_contract_change c
                    WHERE c.amendment_id = m.id AND c.kind IN ('plan', 'quantity')
                    ORDER BY c.sequence, c.id LIMIT 1) g
             UNION ALL
            SELECT 'feature_asked', o.account_id, o.contract_id, COALESCE(f.code, 'ticket-' || t.id),
                   jsonb_build_object('feature', f.code, 'tickets', jsonb_agg(DISTINCT t.id), 'ticket', max(t.name))
              FROM own o
              JOIN project_task t ON t.kor_contract_id = o.contract_id AND t.active
                                 AND t.state NOT IN ('1_done', '1_canceled')
              JOIN project_tags_project_task_rel r ON r.project_task_id = t.id
              JOIN project_tags g ON g.id = r.project_tags_id AND g.kor_asks_feature
              LEFT JOIN kor_feature f ON f.id = g.kor_feature_id
             WHERE NOT EXISTS (SELECT FROM kor_contract_feature_rel h
                                WHERE h.contract_id = o.contract_id AND h.feature_id = f.id)
             GROUP BY o.account_id, o.contract_id, COALESCE(f.code, 'ticket-' || t.id), f.code
            """
        )

    @api.model
    def _select_usage_falls(self):
        """The latest health found use to have fallen in four weeks."""
        return SQL(
            """
            SELECT 'usage_falls', x.id, NULL::int, 'usage',
                   jsonb_build_object('change', (part.value ->> 'reading')::float)
              FROM chosen x
             CROSS JOIN LATERAL (SELECT s.components FROM kor_health_snapshot s WHERE s.account_id = x.id
                                  ORDER BY s.date DESC LIMIT 1) s
             CROSS JOIN LATERAL jsonb_array_elements(s.components) part(value)
             WHERE jsonb_typeof(s.components) = 'array' AND part.value ->> 'component' = 'usage'
               AND (part.value ->> 'reading')::float <= %s
            """,
            FALL,
        )

    @api.model
    def _select_at_risk(self):
        return SQL(
            """
            SELECT 'at_risk', x.id, NULL::int, 'health', jsonb_build_object('score', x.health_score)
              FROM chosen x WHERE x.health_band = 'at_risk'
            """
        )

    @api.model
    def _select_onboarding_late(self):
        """An onboarding that is late or blocked."""
        return SQL(
            """
            SELECT DISTINCT 'onboarding_late', o.account_id, o.contract_id, 'onboarding',
                   jsonb_build_object('state', n.state, 'reason', n.reason)
              FROM own o JOIN kor_onboarding n ON n.contract_id = o.contract_id AND n.state IN ('late', 'blocked')
            """
        )

    @api.model
    def _select_sla_breached(self):
        return SQL(
            """
            SELECT 'sla_breached', o.account_id, o.contract_id, 'clocks', jsonb_build_object('breaches', count(*))
              FROM own o
              JOIN kor_sla_clock k ON k.contract_id = o.contract_id AND k.state = 'breached'
                                  AND k.date_breached >= %s
             GROUP BY o.account_id, o.contract_id
            """,
            fields.Datetime.subtract(fields.Datetime.now(), days=BREACH_DAYS),
        )

    @api.model
    def _select_renewal_due(self):
        """The notice comes up, or is over, and nothing is agreed about the end of the term."""
        return SQL(
            """
            SELECT 'renewal_due', o.account_id, o.contract_id, o.date_end::text,
                   jsonb_build_object('end', o.date_end, 'notice', o.date_notice)
              FROM own o
             WHERE o.date_end >= o.today AND COALESCE(o.date_notice, o.date_end) <= o.today + %s
               AND o.renewal_amendment_id IS NULL AND (o.date_leaving IS NULL OR o.date_leaving > o.date_end)
            """,
            RENEWAL_DAYS,
        )
