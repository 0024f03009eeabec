from bisect import bisect_right
from collections import defaultdict
from datetime import date
from functools import partial

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact, to_decimal

from ..engine.figures import add_up
from ..engine.mrr import months
from ..engine.rates import Rates

# What counts as invoiced.
INVOICES = ("out_invoice", "out_refund", "out_receipt")
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
        if isinstance(rounding, SQL):
            return SQL("COALESCE(round(round(%s, 10) / %s), 0)::bigint", amount, rounding)
        units = 1 / to_decimal(rounding)
        if units == units.to_integral_value():
            # To multiply takes a fraction of the time of a division, and the cast rounds as round() does.
            return SQL("COALESCE((round(%s, 10) * %s)::bigint, 0)", amount, int(units))
        return SQL("COALESCE(round(round(%s, 10) / %s), 0)::bigint", amount, to_decimal(rounding))

    @api.model
    def _get_recognised_query(self, company, first, last):
        """Return the SQL of (contract, part, day, amount): what closes booked, and lines that are revenue at once."""
        return SQL(
            """
            SELECT contract_id, 'closed' AS part, date, balance AS amount FROM kor_revenue_item
            WHERE company_id = %(company)s AND kind != 'cost' AND date BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT COALESCE(line.kor_contract_id, move.kor_contract_id), 'at_once', line.date, -line.balance
            %(lines)s AND line.company_id = %(company)s AND line.date BETWEEN %(first)s AND %(last)s
            """,
            company=company.id,
            first=first,
            last=last,
            lines=REVENUE_AT_ONCE,
        )

    @api.model
    def _get_invoiced_query(self, company, first, last):
        """Return the SQL of (contract, part, day, amount) of posted invoices, less credit notes, without taxes."""
        return SQL(
            """
            SELECT COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract_id, 'invoiced' AS part,
                move.invoice_date AS date, -line.balance AS amount
            FROM account_move_line line JOIN account_move move ON move.id = line.move_id
            WHERE line.company_id = %s AND line.parent_state = 'posted'
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                AND move.invoice_date BETWEEN %s AND %s AND line.display_type = 'product'
            """,
            company.id,
            first,
            last,
        )

    @api.model
    def _get_cost_query(self, company, first, last):
        """Return the SQL of (contract, category, day, amount) of what was allocated, by the days of its booking."""
        return SQL(
            """
            SELECT contract_id, category AS part, date, amount FROM kor_cost_allocation
            WHERE company_id = %s AND date BETWEEN %s AND %s
            """,
            company.id,
            first,
            last,
        )

    @api.model
    def _get_cells(self, book, marked=(), apart=()):
        """Return what SQL may add up: {contract: cell} of those that may be seen, and {cell: its key in the report}.

        A cell is all contracts of one key. Where each month has its rate, values are rounded by contract, and each
        is a cell of its own.

        :param marked: contracts that are not to be mixed with others
        :param apart: contracts that are cells of their own
        """
        key, cells, keys, numbers = self._get_key(book.request, book.deals), {}, {}, {}
        is_home = book.rates.is_home(book.request.company.currency_id.id)
        for contract in book.deals:
            whose, cell = key(contract), contract
            if is_home and contract not in apart:
                # Below the numbers of contracts.
                cell = numbers.setdefault((whose, contract in marked), -1 - len(numbers))
            cells[contract], keys[cell] = cell, whose
        return cells, keys

    @api.model
    def _read_by_cell(self, cells, query, names, sums):
        """Return [(cell, *names, *sums)] of a query by `contract_id`; nothing of contracts that have no cell.

        :param names: the columns that tell rows apart
        :param sums: SQL of what is added up
        """
        columns = [SQL("seen.cell"), *(SQL("%s", name) if isinstance(name, SQL) else SQL(name) for name in names)]
        return self.env.execute_query(
            SQL(
                """
                SELECT %s FROM (%s) of_contract
                JOIN unnest(%s::int[], %s::int[]) AS seen(contract_id, cell) USING (contract_id) GROUP BY %s
                """,
                SQL(", ").join([*columns, *sums]),
                query,
                list(cells),
                list(cells.values()),
                SQL(", ").join(SQL(str(at)) for at in range(1, len(columns) + 1)),
            )
        )

    @api.model
    def _read_amounts(self, book, cells, get_query, first=None, last=None):
        """Return [(cell, part, month, units)] of the period or of other days; the month only where one is told."""
        request = book.request
        is_apart = request.is_monthly or not book.rates.is_home(request.company.currency_id.id)
        query = get_query(request.company, first or request.first, last or request.last)
        month = SQL("date_trunc('month', date::timestamp)::date") if is_apart else SQL("NULL::date")
        units = self._in_units(SQL("sum(amount)"), request.company.currency_id.rounding)
        return self._read_by_cell(cells, query, [SQL("part"), month], [units])

    @api.model
    def _sum_parts(self, book, get_query, first=None, last=None):
        """Return {key: {part: amount}} of the period or of other days, at the rates of their months."""
        request, rates = book.request, book.rates
        home, cent = request.company.currency_id.id, to_decimal(request.company.currency_id.rounding)
        cells, keys = self._get_cells(book)
        is_home, sums = rates.is_home(home), defaultdict(lambda: defaultdict(lambda: ZERO))
        for cell, part, month, units in self._read_amounts(book, cells, get_query, first, last):
            amount = units * cent if is_home else rates.value(units * cent, home, month)
            sums[month if request.is_monthly else keys[cell]][part] += amount
        return sums

    @api.model
    def _sum_amounts(self, book, get_query, first=None, last=None):
        """Return {key: amount}, the parts together."""
        found = self._guard_rates(partial(self._sum_parts, book, get_query, first, last))
        return defaultdict(lambda: ZERO, {key: add_up(parts.values()) for key, parts in found.items()})

    @api.model
    def _sum_costs(self, book, first=None, last=None):
        """Return {key: {category: amount}} of what was allocated."""
        return self._guard_rates(partial(self._sum_parts, book, self._get_cost_query, first, last))

    @api.model
    def _read_rates(self, company, currency, deals, last):
        """Return the rates of all months up to a day, as the engine takes them: each of the first day of its month."""
        used = {deal.currency for deal in deals.values()} | {company.currency_id.id}
        series = self._read_rate_series(company, used | {currency.id}) if used != {currency.id} else {}
        start = min((deal.start for deal in deals.values()), default=last)
        # What is booked before the first contract has the earliest rates.
        every = [date.min, *months(min(start, last), date(last.year + 1, 1, 1))]
        # To more digits than values are rounded from, so that the last one decides no tie.
        with exact():
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
