from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import delivery

DAY = delivery.DAY


class KorRevenueBridgeMixin(models.AbstractModel):
    """Read the figures of the bridge from recurring fees to cash, in company currency, revenue above 0."""

    _name = "kor.revenue.bridge.mixin"
    _description = "Figures of the Revenue Bridge"

    @api.model
    def _get_recurring(self, company, first, last):
        """Return what recurring fees come to in a period: the MRR on the last day of each month, by its days."""
        contracts = self.env["kor.contract"]
        contracts = contracts.search(contracts._get_running_domain(company, first, last))
        contracts = contracts.with_context(kor_as_of_day=True)
        rates = company._get_kor_rates(last)
        return company.currency_id.round(
            sum(
                self._get_contract_recurring(contract, first, last) * rates.get(contract.currency_id.id, 1.0)
                for contract in contracts
            )
        )

    @api.model
    def _get_contract_recurring(self, contract, first, last):
        """Return the MRR of each month's last day in the period, summed by the share of the month."""
        known, total = {}, 0.0
        is_timed = bool(contract.discount_ids or contract.line_ids.discount_ids)
        for day, share in self._get_month_ends(first, last):
            if contract.date_end_effective and contract.date_end_effective < day:
                continue
            # Without discounts that run out, it changes with the lines alone.
            key = day if is_timed else tuple(line.id for line in contract.line_ids if line._runs_at(day))
            if key not in known:
                known[key] = float(contract._get_monthly_revenue(day))
            total += known[key] * share
        return total

    @api.model
    def _get_month_ends(self, first, last):
        """Yield the last day of each month in the period, or of the period, and the share of the month in it."""
        start = first
        while start <= last:
            after = fields.Date.to_date(delivery.next_month(start))
            end = min(after - DAY, last)
            yield end, ((end - start).days + 1) / (after - delivery.month_of(start)).days
            start = after

    @api.model
    def _get_invoiced(self, company, first, last):
        """Return what invoices of contracts have charged: {(what was billed, where it is booked): balance}."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN draw.id IS NOT NULL THEN 'prepaid' WHEN item.charge_type IS NULL THEN 'by_hand'
                        WHEN item.charge_type IN ('fixed', 'per_unit') THEN 'recurring'
                        WHEN item.charge_type = 'one_time' THEN 'one_time' ELSE 'usage' END,
                    CASE WHEN own.contract_id IS NOT NULL THEN 'deferred'
                        WHEN account.account_type IN ('income', 'income_other') THEN 'direct' ELSE 'elsewhere' END,
                    sum(-line.balance)
                FROM (%s) line
                JOIN account_account account ON account.id = line.account_id
                LEFT JOIN kor_prepaid_draw draw ON draw.move_line_id = line.id
                LEFT JOIN LATERAL (SELECT charge_type FROM kor_billing_item WHERE move_line_id = line.id
                    ORDER BY id LIMIT 1) item ON true
                LEFT JOIN (SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
                    WHERE kind = 'revenue') own
                    ON own.contract_id = line.contract_id AND own.deferral_account_id = line.account_id
                WHERE line.display_type NOT IN ('payment_term', 'tax') GROUP BY 1, 2
                """,
                self._get_document_lines(company, first, last),
            )
        )
        return {(what, where): float(balance) for what, where, balance in rows}

    @api.model
    def _get_document_lines(self, company, first, last):
        """Return the posted lines of invoices and credit notes of contracts in a period, as SQL."""
        return SQL(
            """
            SELECT line.*, COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract_id
            FROM account_move move JOIN account_move_line line ON line.move_id = move.id
            WHERE move.company_id = %s AND move.kor_contract_id IS NOT NULL AND move.state = 'posted'
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                AND move.date >= %s AND move.date <= %s
            """,
            company.id,
            first,
            last,
        )

    @api.model
    def _get_recognized(self, company, first, last):
        """Return what closes have booked in a period: revenue, and exchange differences."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT 'revenue', sum(balance) FROM kor_revenue_item
                WHERE company_id = %(company)s AND kind = 'revenue' AND date >= %(first)s AND date <= %(last)s
                UNION ALL SELECT 'exchange', sum(exchange) FROM kor_revenue_reclass
                WHERE company_id = %(company)s AND date >= %(first)s AND date <= %(last)s
                """,
                company=company.id,
                first=first,
                last=last,
            )
        )
        return {name: float(balance or 0) for name, balance in rows}

    @api.model
    def _get_receivable(self, company, first, last):
        """Return what the invoices of the period ask for, and what was paid or settled in it on those of any period."""
        [(asked,)] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(sum(balance), 0) FROM (%s) line WHERE display_type = 'payment_term'",
                self._get_document_lines(company, first, last),
            )
        )
        return {"asked": float(asked), **self._get_settled(company, first, last)}

    @api.model
    def _get_settled(self, company, first, last):
        """Return what was paid in a period on invoices of contracts, and what was settled otherwise."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN other_move.origin_payment_id IS NOT NULL OR other_move.statement_line_id IS NOT NULL
                    THEN 'cash' ELSE 'settled' END, sum(part.sign * partial.amount)
                FROM account_partial_reconcile partial
                CROSS JOIN LATERAL (VALUES (1, partial.debit_move_id, partial.credit_move_id),
                    (-1, partial.credit_move_id, partial.debit_move_id)) part (sign, own_id, other_id)
                JOIN account_move_line own ON own.id = part.own_id
                JOIN account_move move ON move.id = own.move_id
                JOIN account_move_line other ON other.id = part.other_id
                JOIN account_move other_move ON other_move.id = other.move_id
                WHERE partial.company_id = %s AND partial.max_date >= %s AND partial.max_date <= %s
                    AND own.display_type = 'payment_term' AND move.kor_contract_id IS NOT NULL
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND own.parent_state = 'posted'
                GROUP BY 1
                """,
                company.id,
                first,
                last,
            )
        )
        return {"cash": 0.0, "settled": 0.0, **{kind: float(amount or 0) for kind, amount in rows}}
