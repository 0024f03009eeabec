from odoo import fields, models
from odoo.tools import SQL

from .kor_infrastructure_resource import KINDS


class KorInfrastructureCostReport(models.Model):
    """What resources have cost by month, for pivots and graphs. `_get_costs` is what books are written from."""

    _name = "kor.infrastructure.cost.report"
    _description = "Infrastructure Costs"
    _auto = False
    _order = "month desc, id"
    _rec_name = "resource_id"
    _depends = {
        "kor.infrastructure": ["contract_id", "date_end"],
        "kor.infrastructure.resource": ["infrastructure_id", "kind"],
        "kor.infrastructure.capacity": ["resource_id", "date_from", "allocated"],
        "kor.infrastructure.cost": ["resource_id", "date_from", "unit_cost", "currency_id"],
    }

    month = fields.Date(readonly=True)
    resource_id = fields.Many2one("kor.infrastructure.resource", readonly=True)
    infrastructure_id = fields.Many2one("kor.infrastructure", readonly=True)
    contract_id = fields.Many2one("kor.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True, help="Of each month up to today.")
    unit_days = fields.Float(readonly=True, help="Units allocated, times days.")

    @property
    def _table_query(self):
        # Of several facts of one day the last one counts; each holds until the next one's day. Whatever it takes, a
        # model without a table is one query.
        return SQL(
            """
            WITH quantities AS (
                SELECT resource_id, date_from, allocated,
                       lead(date_from, 1, 'infinity') OVER (PARTITION BY resource_id ORDER BY date_from) AS until
                  FROM (SELECT DISTINCT ON (resource_id, date_from) resource_id, date_from, allocated
                          FROM kor_infrastructure_capacity ORDER BY resource_id, date_from, id DESC) f
            ), prices AS (
                SELECT resource_id, date_from, unit_cost, currency_id,
                       lead(date_from, 1, 'infinity') OVER (PARTITION BY resource_id ORDER BY date_from) AS until
                  FROM (SELECT DISTINCT ON (resource_id, date_from) resource_id, date_from, unit_cost, currency_id
                          FROM kor_infrastructure_cost ORDER BY resource_id, date_from, id DESC) f
            ), spans AS (
                SELECT r.id AS resource_id, r.infrastructure_id, p.currency_id, q.allocated, p.unit_cost,
                       greatest(q.date_from, p.date_from) AS start,
                       least(q.until, p.until, i.date_end + 1, %(tomorrow)s) AS until
                  FROM kor_infrastructure_resource r
                  JOIN kor_infrastructure i ON i.id = r.infrastructure_id
                  JOIN quantities q ON q.resource_id = r.id AND q.allocated > 0
                  JOIN prices p ON p.resource_id = r.id AND p.date_from < q.until AND q.date_from < p.until
            ), months AS (
                SELECT s.*, m::date AS month, (m + interval '1 month')::date AS following
                  FROM spans s
                 CROSS JOIN LATERAL generate_series(date_trunc('month', s.start), s.until - 1, interval '1 month') m
                 WHERE s.start < s.until
            ), parts AS (
                SELECT *, least(until, following) - greatest(start, month) AS days, following - month AS length
                  FROM months
            )
            SELECT row_number() OVER (ORDER BY x.month, x.resource_id, x.currency_id) AS id,
                   x.month, x.resource_id, r.kind, x.infrastructure_id, i.contract_id, i.partner_id, i.company_id,
                   x.currency_id, x.amount, x.unit_days
              FROM (SELECT month, resource_id, infrastructure_id, currency_id,
                           sum(allocated * unit_cost * days / length) AS amount, sum(allocated * days) AS unit_days
                      FROM parts GROUP BY month, resource_id, infrastructure_id, currency_id) x
              JOIN kor_infrastructure i ON i.id = x.infrastructure_id
              JOIN kor_infrastructure_resource r ON r.id = x.resource_id
            """,
            tomorrow=fields.Date.add(fields.Date.context_today(self), days=1),
        )
