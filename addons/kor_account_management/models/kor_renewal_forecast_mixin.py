from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import forecast

MONTHS_AHEAD = 15
CERTAIN, NEVER = Decimal(100), Decimal(0)


@dataclass(frozen=True)
class Fact:
    """What is known of the end of a term."""

    contract: int
    account: int
    day: date
    notice: date | None
    arr: float
    chance: Decimal
    basis: str


class KorRenewalForecastMixin(models.AbstractModel):
    """Keep a renewal for each end of a term in the next months; many accounts take as many queries as one."""

    _name = "kor.renewal.forecast.mixin"
    _description = "Forecast of Renewals"

    @api.model
    def _refresh(self, accounts):
        """Make the renewals of accounts that are missing, and bring the open ones up to date."""
        self.env.flush_all()
        days, rates = accounts._get_company_days(), accounts._get_rates_to_company()
        rows = self.env.execute_query(self._select_terms(accounts, days, rates))
        facts = [self._read_fact(*row) for row in rows]
        if facts:
            self.env.cr.execute(self._upsert(facts))
        self._drop_moved(accounts)
        self.env["kor.renewal"].invalidate_model()
        self._schedule_activities(accounts, days)

    @api.model
    def _select_terms(self, accounts, days, rates):
        """Return the query of the ends of terms, and of what their chances follow from: one for all accounts."""
        companies, currencies, factors, roundings = (list(column) for column in zip(*rates, strict=True))
        return SQL(
            """
            SELECT c.id, a.id, c.date_end, c.date_notice,
                   round((c.arr * f.rate / f.rounding)::numeric) * f.rounding::numeric,
                   CASE WHEN a.health_band != 'unknown' THEN a.health_score END,
                   c.date_leaving IS NOT NULL AND c.date_leaving <= c.date_end,
                   c.renewal_amendment_id IS NOT NULL,
                   c.auto_renew AND c.term_months > 0 AND c.date_notice < y.today
              FROM kor_account a
              JOIN unnest(%s::int[], %s::date[]) AS y(company_id, today) ON y.company_id = a.company_id
              JOIN res_partner p ON p.commercial_partner_id = a.partner_id
              JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                                 AND c.state IN ('active', 'paused')
              JOIN unnest(%s::int[], %s::int[], %s::numeric[], %s::numeric[])
                   AS f(company_id, currency_id, rate, rounding)
                ON f.company_id = c.company_id AND f.currency_id = c.currency_id
             WHERE a.id = ANY(%s) AND a.active
               AND c.date_end >= y.today AND c.date_end <= y.today + make_interval(months => %s)
            """,
            list(days),
            list(days.values()),
            companies,
            currencies,
            factors,
            roundings,
            accounts.ids,
            MONTHS_AHEAD,
        )

    @api.model
    def _read_fact(self, contract, account, day, notice, arr, score, is_leaving, is_agreed, renews_itself):
        chance, basis = forecast.probability(None if score is None else to_decimal(score)), "health"
        if score is None:
            basis = "unknown"
        if renews_itself:
            chance, basis = CERTAIN, "notice"
        if is_agreed:
            chance, basis = CERTAIN, "agreed"
        if is_leaving:
            chance, basis = NEVER, "leaving"
        return Fact(contract, account, day, notice, float(arr or 0), chance, basis)

    @api.model
    def _upsert(self, facts):
        """Return the one statement that writes all open renewals; the manager's own estimates stay."""
        return SQL(
            """
            INSERT INTO kor_renewal (contract_id, account_id, date, date_notice, arr, probability, basis, category,
                                     weighted, state, partner_id, company_id, tier_id, user_id, expected,
                                     probability_manual, create_date, create_uid, write_date, write_uid)
            SELECT n.contract_id, n.account_id, n.date, n.notice, n.arr, n.probability, n.basis, n.category,
                   n.arr * n.probability / 100, 'open', c.partner_id, c.company_id, c.tier_id, a.user_id, n.probability,
                   0, %(now)s, %(uid)s, %(now)s, %(uid)s
              FROM unnest(%(contracts)s::int[], %(accounts)s::int[], %(dates)s::date[], %(notices)s::date[],
                          %(arrs)s::numeric[], %(chances)s::float[], %(bases)s::text[], %(categories)s::text[])
                   AS n(contract_id, account_id, date, notice, arr, probability, basis, category)
              JOIN kor_contract c ON c.id = n.contract_id
              JOIN kor_account a ON a.id = n.account_id
                ON CONFLICT (contract_id, date) DO UPDATE
               SET account_id = excluded.account_id, date_notice = excluded.date_notice, arr = excluded.arr,
                   tier_id = excluded.tier_id, probability = excluded.probability, basis = excluded.basis,
                   expected = CASE WHEN kor_renewal.probability_manual > 0 THEN kor_renewal.probability_manual
                                   ELSE excluded.probability END,
                   category = CASE WHEN kor_renewal.probability_manual > 0 OR kor_renewal.is_category_manual
                                   THEN kor_renewal.category ELSE excluded.category END,
                   weighted = excluded.arr / 100 * CASE WHEN kor_renewal.probability_manual > 0
                                   THEN kor_renewal.probability_manual ELSE excluded.probability END
             WHERE kor_renewal.state = 'open'
            """,
            now=fields.Datetime.now(),
            uid=self.env.uid,
            contracts=[one.contract for one in facts],
            accounts=[one.account for one in facts],
            dates=[one.day for one in facts],
            notices=[one.notice for one in facts],
            arrs=[one.arr for one in facts],
            chances=[float(one.chance) for one in facts],
            bases=[one.basis for one in facts],
            categories=[forecast.category(one.chance) for one in facts],
        )

    @api.model
    def _drop_moved(self, accounts):
        """Drop what has been no end of a term since the contract was amended to end on another day."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM kor_renewal r USING kor_contract c
                 WHERE c.id = r.contract_id AND r.account_id = ANY(%s) AND r.state = 'open'
                   AND c.state IN ('active', 'paused') AND r.date IS DISTINCT FROM c.date_end
                   AND NOT EXISTS (SELECT FROM kor_contract_term t
                                    WHERE t.contract_id = c.id AND t.date_start = r.date + 1)
                """,
                accounts.ids,
            )
        )

    @api.model
    def _note_outcomes(self):
        """Note what came of renewals: a term that goes on, a contract that follows, or an end."""
        self.env.flush_all()
        rows = self.env.execute_query(self._select_outcomes())
        for renewal, term, successor in rows:
            # One write each, of those few that come to an end on a day: their history tells of it.
            self._note_outcome(self.browse(renewal), term, successor)

    @api.model
    def _select_outcomes(self):
        return SQL(
            """
            SELECT r.id, t.id, s.id
              FROM kor_renewal r
              JOIN kor_contract c ON c.id = r.contract_id
              JOIN res_partner p ON p.id = c.partner_id
              LEFT JOIN LATERAL (SELECT t.id FROM kor_contract_term t
                                  WHERE t.contract_id = c.id AND t.date_start = r.date + 1 LIMIT 1) t ON TRUE
              LEFT JOIN LATERAL (
                   SELECT n.id FROM kor_contract n JOIN res_partner q ON q.id = n.partner_id
                    WHERE q.commercial_partner_id = p.commercial_partner_id AND n.company_id = c.company_id
                      AND n.id != c.id AND n.state IN ('active', 'paused')
                      AND n.date_start BETWEEN c.date_end_effective - 30 AND c.date_end_effective + 31
                    ORDER BY n.date_start, n.id LIMIT 1) s ON c.state IN ('ended', 'cancelled')
             WHERE r.state = 'open' AND (t.id IS NOT NULL OR c.state IN ('ended', 'cancelled'))
            """
        )

    @api.model
    def _note_outcome(self, renewal, term, successor):
        renewed = bool(term or successor)
        renewal.sudo().write(  # outcomes are noted here only
            {
                "state": "renewed" if renewed else "lost",
                "term_id": term,
                "successor_id": successor,
                "date_outcome": fields.Date.today(),
                "weighted": renewal.arr if renewed else 0,
            }
        )
