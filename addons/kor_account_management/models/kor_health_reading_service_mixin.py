from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import api, models
from odoo.tools import SQL

from .kor_health_reading_mixin import FOUR_WEEKS, HUNDRED

BREACH_DAYS = 90
ANSWER_DAYS = 180
PAYMENT_DAYS = 180
# Fewer seats count as so many: a small customer's one ticket is no flood.
SEATS = 25
ONBOARDING = {"done": 100, "on_track": 100, "at_risk": 50, "late": 20, "blocked": 0}


class KorHealthReadingServiceMixin(models.AbstractModel):
    """Read how customers are served, how they pay, and what they say; the same way as their use."""

    _name = "kor.health.reading.service.mixin"
    _inherit = ["kor.health.reading.mixin"]
    _description = "Readings of Health: Service"

    @api.model
    def _get_moment(self, day, days):
        """Return the beginning, in UTC, of a day that lies some days back."""
        return datetime.combine(day - timedelta(days=days), time())

    def _read_support(self, day):
        """How many tickets were opened in four weeks, for each 25 seats.

        Not known in the first four weeks, nor where the company keeps no tickets.
        """
        rows = self.env.execute_query(self._select_support(day))
        return {
            account: (
                self._round_reading(tickets / max(Fraction(1), Fraction(seats) / SEATS)),
                {"tickets": tickets, "seats": float(seats)},
            )
            for account, tickets, seats in rows
        }

    def _select_support(self, day):
        """Return the query of tickets, and of seats: those that lines hold, else those that limits allow."""
        return SQL(
            """
            WITH own AS (%(contracts)s)
            SELECT o.account_id, sum(t.number)::int, COALESCE(sum(s.held), sum(s.allowed), 0)::text
              FROM own o
             CROSS JOIN LATERAL (
                   SELECT count(*) AS number FROM project_task t
                    WHERE t.kor_contract_id = o.contract_id AND t.create_date >= %(since)s) t
             CROSS JOIN LATERAL (
                   SELECT (SELECT sum(l.quantity) FROM kor_contract_line l JOIN kor_metric m ON m.id = l.metric_id
                            WHERE l.contract_id = o.contract_id AND o.is_running AND l.charge_type = 'per_unit'
                              AND m.code = 'users' AND l.date_start <= o.today
                              AND (l.date_end IS NULL OR l.date_end >= o.today)) AS held,
                          (SELECT sum(l.quantity) FROM kor_contract_limit l JOIN kor_metric m ON m.id = l.metric_id
                            WHERE l.contract_id = o.contract_id AND o.is_running AND l.kind = 'limited'
                              AND m.code = 'users') AS allowed) s
             GROUP BY o.account_id, o.company_id
            HAVING min(o.date_start) <= min(o.today) - %(span)s
               AND EXISTS (SELECT FROM project_task t JOIN kor_contract k ON k.id = t.kor_contract_id
                            WHERE k.company_id = o.company_id)
            """,
            contracts=self._select_contracts(day),
            since=self._get_moment(day, FOUR_WEEKS.days),
            span=FOUR_WEEKS.days,
        )

    def _read_sla(self, day):
        """How many promised times were missed in 90 days; not known where none was promised."""
        query = SQL(
            """
            WITH own AS (%(contracts)s)
            SELECT o.account_id, count(*) FILTER (WHERE k.state = 'breached'), count(*)
              FROM own o
              JOIN kor_sla_clock k ON k.contract_id = o.contract_id
             WHERE CASE WHEN k.state = 'breached' THEN k.date_breached >= %(since)s ELSE k.date_start >= %(since)s END
             GROUP BY o.account_id
            """,
            contracts=self._select_contracts(day),
            since=self._get_moment(day, BREACH_DAYS),
        )
        return {
            account: (Decimal(breached), {"breached": breached, "promised": promised})
            for account, breached, promised in self.env.execute_query(query)
        }

    def _read_payment(self, day):
        """By how many days invoices are paid late: the mean of what was due in 180 days or still is, by the amounts.

        What is paid counts with the day of its payment, what is open with today. Not known before anything is due.
        """
        rows = self.env.execute_query(self._select_payment(day))
        return {
            account: (
                self._round_reading(Fraction(late) / Fraction(amount)),
                {"overdue": float(overdue), "oldest": oldest or 0},
            )
            for account, amount, late, overdue, oldest in rows
        }

    def _select_payment(self, day):
        return SQL(
            """
            SELECT a.id, sum(l.debit)::text,
                   sum(l.amount_residual * (%(day)s - l.date_maturity) + COALESCE(paid.late, 0))::text,
                   sum(l.amount_residual), max(%(day)s - l.date_maturity) FILTER (WHERE l.amount_residual > 0)
              FROM kor_account a
              JOIN account_move_line l ON l.partner_id = a.partner_id AND l.company_id = a.company_id
                                      AND l.parent_state = 'posted' AND l.debit > 0
              JOIN account_account o ON o.id = l.account_id AND o.account_type = 'asset_receivable'
              JOIN account_move m ON m.id = l.move_id AND m.move_type = 'out_invoice'
              LEFT JOIN LATERAL (
                   SELECT sum(r.amount * greatest(r.max_date - l.date_maturity, 0)) AS late
                     FROM account_partial_reconcile r WHERE r.debit_move_id = l.id) paid ON TRUE
             WHERE a.id = ANY(%(ids)s) AND l.date_maturity < %(day)s
               AND (l.date_maturity >= %(since)s OR l.reconciled IS NOT TRUE)
             GROUP BY a.id
            """,
            ids=self.ids,
            day=day,
            since=day - timedelta(days=PAYMENT_DAYS),
        )

    def _read_onboarding(self, day):
        """How well the worst onboarding of a running contract goes, from 0 (blocked) to 100 (on track, or done)."""
        query = SQL(
            """
            WITH own AS (%(contracts)s)
            SELECT o.account_id, array_agg(n.state)
              FROM own o
              JOIN kor_onboarding n ON n.contract_id = o.contract_id AND n.state = ANY(%(states)s)
             WHERE o.is_running
             GROUP BY o.account_id
            """,
            contracts=self._select_contracts(day),
            states=list(ONBOARDING),
        )
        worst = {
            account: min(states, key=lambda state: (ONBOARDING[state], state == "done"))
            for account, states in self.env.execute_query(query)
        }
        return {account: (Decimal(ONBOARDING[state]), {"state": state}) for account, state in worst.items()}

    def _read_satisfaction(self, day):
        """How content people are, in percent: the mean of the ratings of tickets and of answers in 180 days."""
        query = SQL(
            """
            WITH own AS (%(contracts)s),
            answers AS (
                SELECT o.account_id, (r.rating - 1) * 25 AS percent
                  FROM own o
                  JOIN project_task t ON t.kor_contract_id = o.contract_id
                  JOIN rating_rating r ON r.res_model = 'project.task' AND r.res_id = t.id AND r.consumed
                                      AND r.rating >= 1 AND COALESCE(r.rated_on, r.write_date) >= %(since)s
                 UNION ALL
                SELECT a.id, s.scoring_percentage
                  FROM kor_account a
                  JOIN res_partner p ON p.commercial_partner_id = a.partner_id
                  JOIN survey_user_input s ON s.partner_id = p.id AND s.state = 'done' AND s.test_entry IS NOT TRUE
                                          AND s.survey_id = ANY(%(surveys)s)
                                          AND COALESCE(s.end_datetime, s.create_date) >= %(since)s
                 WHERE a.id = ANY(%(ids)s))
            SELECT account_id, avg(percent::numeric)::text, count(*) FROM answers GROUP BY account_id
            """,
            contracts=self._select_contracts(day),
            ids=self.ids,
            since=self._get_moment(day, ANSWER_DAYS),
            surveys=self._get_satisfaction_surveys().ids,
        )
        return {
            account: (min(HUNDRED, max(Decimal(0), self._round_reading(percent))), {"answers": answers})
            for account, percent, answers in self.env.execute_query(query)
        }

    @api.model
    def _get_satisfaction_surveys(self):
        """Return the surveys whose score says how content a customer is. Extensible."""
        return self.env["survey.survey"].sudo()  # read by jobs for all users

    def _read_contact(self, day):
        """How many days have gone since the last contact; not known where there never was one."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id, date_contact::date FROM kor_account WHERE id = ANY(%s) AND date_contact IS NOT NULL",
                self.ids,
            )
        )
        return {account: (Decimal(max((day - last).days, 0)), {"date": last.isoformat()}) for account, last in rows}
