from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import delivery

# In the order in which pivots put them.
BANDS = [("12_months", "Within 12 months"), ("24_months", "In 13 to 24 months"), ("later", "Later")]
MONTH_FIELDS = ["amount", "company_id", "contract_id", "kind", "month", "partner_id", "product_id", "schedule_id"]


class KorRevenueRemaining(models.Model):
    """What remains of an enforceable promise after a day, in a month in which it will be earned.

    The day is that of the context, `as_of`; else today. Source: ASC 606-10-50-13, IFRS 15.120.
    """

    _name = "kor.revenue.remaining"
    _description = "Remaining Performance Obligation"
    _auto = False
    _order = "month, contract_id desc, schedule_id"
    _rec_name = "schedule_id"
    _depends = {
        "kor.revenue.item": ["amount", "date", "month", "schedule_id"],
        "kor.revenue.month": MONTH_FIELDS,
        "kor.revenue.schedule": ["currency_id", "kind", "method", "position_group", "tier_id"],
        "kor.revenue.version": ["basis", "contract_id", "date_effective", "date_known", "number"],
    }

    month = fields.Date(string="Earned in", readonly=True)
    band = fields.Selection(BANDS, string="When", readonly=True)
    contract_id = fields.Many2one("kor.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    tier_id = fields.Many2one("kor.tier", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    schedule_id = fields.Many2one("kor.revenue.schedule", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(string="Remaining (contract currency)", readonly=True)
    balance = fields.Monetary(
        string="Remaining", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Promised, enforceable, and not earned yet; at the rate of the day.",
    )  # fmt: skip

    @property
    def _table_query(self):
        day = self._get_day()
        measured = self._get_measured_contracts(day)
        start = fields.Date.to_date(self._get_first_month(day))
        return SQL(
            """
            SELECT left_over.id, left_over.month, own.contract_id, own.partner_id, own.tier_id, own.product_id,
                own.id AS schedule_id, own.company_id, own.currency_id, company.currency_id AS company_currency_id,
                left_over.amount,
                round(left_over.amount * COALESCE(rate.rate, 1), company_currency.decimal_places) AS balance,
                CASE WHEN left_over.month < %(near)s THEN '12_months'
                    WHEN left_over.month < %(next)s THEN '24_months'
                    ELSE 'later' END AS band
            FROM (%(stored)s UNION ALL %(measured)s) left_over
            JOIN kor_revenue_schedule own ON own.id = left_over.schedule_id
            JOIN res_company company ON company.id = own.company_id
            JOIN res_currency company_currency ON company_currency.id = company.currency_id
            LEFT JOIN (%(rates)s) rate ON rate.company_id = own.company_id AND rate.currency_id = own.currency_id
            WHERE left_over.amount != 0
            """,
            near=fields.Date.add(start, months=12),
            next=fields.Date.add(start, months=24),
            stored=self._get_stored_query(day, measured),
            measured=self._get_measured_query(day, measured),
            rates=self._get_rates_query(day),
        )

    @api.model
    def _get_day(self):
        return fields.Date.to_date(self.env.context.get("as_of")) or fields.Date.context_today(self)

    @api.model
    def _get_stored_query(self, day, measured):
        """Return the months after a day inside the enforceable spans; of the running one, what is not booked by it."""
        # “+ 0”: the index of months is of no use for spans that differ by contract, and PostgreSQL would take it.
        return SQL(
            """
            SELECT target.id::bigint * 2 AS id, target.schedule_id, target.month,
                target.amount - CASE WHEN target.month > %(day)s THEN 0 ELSE COALESCE(
                    (SELECT sum(item.amount) FROM kor_revenue_item item WHERE item.schedule_id = target.schedule_id
                        AND item.month = target.month AND item.date <= %(day)s), 0) END AS amount
            FROM kor_revenue_month target
            JOIN kor_revenue_schedule schedule ON schedule.id = target.schedule_id
            JOIN (%(spans)s) span ON span.contract_id = target.contract_id
            WHERE schedule.kind = 'revenue' AND schedule.position_group = 'contract'
                AND target.month >= %(first)s AND span.until > %(after)s
                AND target.month + 0 < span.until AND target.month + 0 >= date_trunc('month', span.since)
                AND target.contract_id != ALL(%(measured)s)
            """,
            day=day,
            after=day + timedelta(days=1),
            first=self._get_first_month(day),
            spans=self._get_spans_query(day),
            measured=list(measured.ids),
        )

    @api.model
    def _get_first_month(self, day):
        """Return the first month of which something may remain: on the last day of a month, the next."""
        after = day + timedelta(days=1)
        return after if after.day == 1 else delivery.month_of(day)

    @api.model
    def _get_spans_query(self, day):
        """Return the days of each contract that were enforceable as seen from a day, half-open, and by which terms."""
        return SQL(
            """
            SELECT DISTINCT ON (contract_id) contract_id, number, (basis->>'since')::date AS since,
                (basis->>'until')::date AS until
            FROM kor_revenue_version WHERE date_known <= %(day)s OR date_effective <= %(day)s
            ORDER BY contract_id, number DESC
            """,
            day=day,
        )

    @api.model
    def _get_measured_contracts(self, day):
        """Return the contracts whose months do not say what remained on the day.

        Those that were modified after it; those with promises that are kept by progress, which nobody knows
        beforehand; and those that went on, period by period, in the middle of a month that was still to come.
        """
        now = delivery.next_month(fields.Date.context_today(self))
        # The model's own rows are read by SQL, so are these: only what follows from them is shown, by its company.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT span.contract_id FROM (%(spans)s) span
                WHERE span.until > %(after)s AND (
                    EXISTS (SELECT FROM kor_revenue_version later WHERE later.contract_id = span.contract_id
                        AND (later.number > span.number OR later.date_known > %(day)s
                            AND later.date_effective > %(day)s))
                    OR EXISTS (SELECT FROM kor_revenue_schedule own WHERE own.contract_id = span.contract_id
                        AND own.method = 'progress' AND own.kind = 'revenue')
                    OR (span.until <= %(now)s AND extract(day FROM span.until) != 1))
                """,
                spans=self._get_spans_query(day),
                day=day,
                after=day + timedelta(days=1),
                now=now,
            )
        )
        return self.env["kor.contract"].sudo().browse([row[0] for row in rows])  # as the rows that SQL reads

    @api.model
    def _get_measured_query(self, day, contracts):
        rows = contracts._get_remaining_months(day)
        return SQL(
            """
            SELECT number * 2 + 1, schedule_id, month, amount
            FROM unnest(%s::int[], %s::date[], %s::numeric[])
                WITH ORDINALITY AS left_over (schedule_id, month, amount, number)
            """,
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
        )

    @api.model
    def _get_rates_query(self, day):
        """Return the rates of the day from each currency in use to that of its company."""
        rows = []
        active = self.env["res.currency"].search([])  # pylint: disable=no-search-all  # those in use
        for company in self.env.companies:
            currencies = active | company.currency_id
            rates = currencies._get_rates(company, day)
            own = rates.get(company.currency_id.id) or 1.0
            rows += [(company.id, currency, own / rate) for currency, rate in rates.items() if rate]
        return SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[], %s::numeric[]) AS rate (company_id, currency_id, rate)",
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
        )

    def action_open_schedule(self):
        """Open the schedule, which says why the month has its amount.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "kor.revenue.schedule",
            "res_id": self.schedule_id.id,
            "views": [(False, "form")],
        }
