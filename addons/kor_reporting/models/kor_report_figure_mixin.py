from bisect import bisect_right
from collections import defaultdict
from datetime import date

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from ..engine.mrr import months
from ..engine.rates import Rates

# Invoice lines of contracts that no close has to recognise.
REVENUE_AT_ONCE = SQL(
    """
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN account_account account ON account.id = line.account_id
    WHERE line.parent_state = 'posted' AND line.display_type = 'product'
        AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        AND account.account_type IN ('income', 'income_other')
        AND COALESCE(line.kor_contract_id, move.kor_contract_id) IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM kor_revenue_schedule schedule
            WHERE schedule.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
                AND schedule.kind = 'revenue' AND schedule.deferral_account_id = line.account_id)
    """
)


class KorReportFigureMixin(models.AbstractModel):
    """Read the booked figures of contracts by month, and the rates at which they are shown.

    What is read of money comes in whole units of the currency's rounding, such as cents: whole numbers are added up
    many times faster than decimals are rounded.
    """

    _name = "kor.report.figure.mixin"
    _description = "Booked Figures of Contracts"

    @api.model
    def _in_units(self, amount, rounding):
        """Return the SQL of an amount in units of a rounding; a tail of a division does not decide a tie."""
        rounding = rounding if isinstance(rounding, SQL) else SQL("%s", to_decimal(rounding))
        return SQL("COALESCE(round(round(%s, 10) / %s), 0)::bigint", amount, rounding)

    @api.model
    def _read_recognised(self, company, first, last):
        """Return [(contract, month, units)]: what closes booked, and invoice lines that are revenue at once."""
        rounding = company.currency_id.rounding
        return self.env.execute_query(
            SQL(
                """
                SELECT contract_id, date_trunc('month', date::timestamp)::date, %(booked)s FROM kor_revenue_item
                WHERE company_id = %(company)s AND kind != 'cost' AND date BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
                UNION ALL
                SELECT COALESCE(line.kor_contract_id, move.kor_contract_id),
                    date_trunc('month', line.date::timestamp)::date, %(charged)s
                %(lines)s AND line.company_id = %(company)s AND line.date BETWEEN %(first)s AND %(last)s
                GROUP BY 1, 2
                """,
                company=company.id,
                first=first,
                last=last,
                lines=REVENUE_AT_ONCE,
                booked=self._in_units(SQL("sum(balance)"), rounding),
                charged=self._in_units(SQL("-sum(line.balance)"), rounding),
            )
        )

    @api.model
    def _read_invoiced(self, company, first, last):
        """Return [(contract, month, units)] of posted invoices, less credit notes, without taxes."""
        return self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(line.kor_contract_id, move.kor_contract_id),
                    date_trunc('month', move.invoice_date::timestamp)::date, %s
                FROM account_move_line line JOIN account_move move ON move.id = line.move_id
                WHERE line.company_id = %s AND line.parent_state = 'posted'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    AND move.invoice_date BETWEEN %s AND %s AND line.display_type = 'product'
                    AND COALESCE(line.kor_contract_id, move.kor_contract_id) IS NOT NULL
                GROUP BY 1, 2
                """,
                self._in_units(SQL("-sum(line.balance)"), company.currency_id.rounding),
                company.id,
                first,
                last,
            )
        )

    @api.model
    def _read_costs(self, company, first, last):
        """Return [((contract, category), month, units)] of what was allocated, by the days on which it is booked."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contract_id, category, date_trunc('month', date::timestamp)::date, %s FROM kor_cost_allocation
                WHERE company_id = %s AND date BETWEEN %s AND %s GROUP BY 1, 2, 3
                """,
                self._in_units(SQL("sum(amount)"), company.currency_id.rounding),
                company.id,
                first,
                last,
            )
        )
        return [((contract, category), month, units) for contract, category, month, units in rows]

    @api.model
    def _value(self, rows, deals, company, rates):
        """Return {(key, month): amount} of rows of contracts that may be seen, at the rates of their months."""
        home, cent = company.currency_id.id, to_decimal(company.currency_id.rounding)
        seen = (row for row in rows if (row[0][0] if isinstance(row[0], tuple) else row[0]) in deals)
        if not rates.is_home(home):
            found = defaultdict(lambda: ZERO)
            for key, month, units in seen:
                found[key, month] += rates.value(units * cent, home, month)
            return found
        sums = defaultdict(int)
        for key, month, units in seen:
            sums[key, month] += units
        return {key: units * cent for key, units in sums.items()}

    @api.model
    def _read_rates(self, company, currency, deals, last):
        """Return the rates of all months up to a day, as the engine takes them: each of the first day of its month."""
        used = {deal.currency for deal in deals.values()} | {company.currency_id.id}
        series = self._read_rate_series(company, used | {currency.id}) if used != {currency.id} else {}
        start = min((deal.start for deal in deals.values()), default=last)
        # What is booked before the first contract has the earliest rates.
        every = [date.min, *months(min(start, last), date(last.year + 1, 1, 1))]
        by_currency = {
            one: {
                month: to_decimal(_rate_on(series.get(currency.id), month))
                / to_decimal(_rate_on(series.get(one), month))
                for month in every
            }
            for one in used - {currency.id}
        }
        return Rates(to_decimal(currency.rounding), _drop_repeated(by_currency), currency.id)

    @api.model
    def _read_rate_series(self, company, currencies):
        """Return {currency: [(day, rate), …]}; a rate of the company's own goes before one that all share."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (currency_id, name) currency_id, company_id IS NOT NULL, name, rate
                FROM res_currency_rate
                WHERE currency_id = ANY(%s) AND (company_id IS NULL OR company_id = %s) AND rate > 0
                ORDER BY currency_id, name, company_id NULLS LAST
                """,
                list(currencies),
                company.root_id.id,
            )
        )
        own = {currency for currency, is_own, _day, _rate in rows if is_own}
        found = defaultdict(list)
        for currency, is_own, day, rate in rows:
            if is_own or currency not in own:
                found[currency].append((day, rate))
        return found


def _rate_on(series, day):
    """Return the rate of a day: the latest until then, before the first one that one, 1 without any."""
    if not series:
        return 1.0
    at = bisect_right(series, day, key=lambda one: one[0])
    return series[max(at - 1, 0)][1]


def _drop_repeated(by_currency):
    """Leave out months in which nothing changes, so that no effect is looked for in them."""
    found = {}
    for currency, rates in by_currency.items():
        kept, last = {}, None
        for month, rate in sorted(rates.items()):
            if rate != last:
                kept[month] = last = rate
        found[currency] = kept
    return found
