from functools import partial
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, round_money, to_decimal

from ..engine.figures import add_dicts, add_up
from ..engine.margin import margin
from ..engine.mrr import KINDS, arr, group_facts, ledger
from ..engine.rates import MrrError
from .kor_report_measure_mixin import COSTS, MARGINS, MRR
from .kor_report_request_mixin import COMPONENT, Request, put_percent


class Book(NamedTuple):
    """What a report is worked out from."""

    request: Request
    deals: dict
    rates: object
    lives: dict
    amendments: dict


class KorFinancialReport(models.AbstractModel):
    """Answer what the business is worth: revenue, cost, profit, lifetime value and churn of any period.

    All reports take `date_from` and `date_to`, as YYYY-MM-DD and both inclusive, and `options`: `company` (number),
    `currency` (code; amounts at the rates of their months), `group_by` (tier, plan, customer, contract,
    account_manager, country or month; of profitability also component) and `limit` (of rows). They return {"period",
    "company", "currency", "group_by", "totals", "rows", "left_out" (rows beyond the limit), "measures":
    {key: {"label", "formula"}}}. Where a measure has no value, the row has its reason under "reasons". Contracts stand
    in the tier, plan and country of today.
    """

    _name = "kor.financial.report"
    _inherit = [
        "kor.report.measure.mixin",
        "kor.report.request.mixin",
        "kor.report.fact.mixin",
        "kor.report.figure.mixin",
        "kor.report.churn.mixin",
        "kor.report.lifetime.mixin",
        "kor.report.component.mixin",
        "kor.report.customer.mixin",
        "kor.report.bridge.measure.mixin",
        "kor.report.bridge.read.mixin",
        "kor.report.bridge.mixin",
    ]
    _description = "Financial Reports"

    @api.model
    @api.readonly
    def generate_revenue_report(self, date_from, date_to, options=None):
        """Return what was recognised and invoiced, and how recurring revenue moved.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default month), `limit`
        :return: a dict with totals and rows
        """
        book = self._open_book(date_from, date_to, options)
        moved = self._get_ledger(book)
        figures = {
            "recognised": self._sum_amounts(book, self._get_recognised_query),
            "invoiced": self._sum_amounts(book, self._get_invoiced_query),
        }
        found = self._get_mrr_rows(book, moved)
        rows = {
            key: {
                **{name: as_number(sums[key]) for name, sums in figures.items()},
                **self._describe_mrr(found.get(key)),
            }
            for key in self._get_keys(book, found, *figures.values())
        }
        totals = {name: as_number(add_up(sums.values())) for name, sums in figures.items()}
        totals.update(self._describe_mrr(moved.total()))
        return self._finish(book, ("recognised", "invoiced", *MRR), rows, totals, "recognised")

    @api.model
    @api.readonly
    def generate_cost_report(self, date_from, date_to, options=None):
        """Return what contracts cost, by category.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default month), `limit`
        :return: a dict with totals and rows
        """
        book = self._open_book(date_from, date_to, options, with_facts=False)
        costs = self._sum_costs(book)
        rows = {key: self._describe_costs(own) for key, own in costs.items()}
        if book.request.is_monthly:
            rows = {month: rows.get(month) or self._describe_costs({}) for month in self._get_keys(book)}
        totals = self._describe_costs(add_dicts(costs.values()))
        measures = (*COSTS, "cost")
        if not book.request.manager:
            # What is not allocated is nobody's: only those see it who see all.
            totals["open"] = as_number(self._get_open_cost(book))
            measures += ("open",)
        return self._finish(book, measures, rows, totals, "cost")

    @api.model
    @api.readonly
    def generate_profitability_report(self, date_from, date_to, options=None):
        """Return revenue, costs and the margins that are left.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default customer; also component), `limit`
        :return: a dict with totals and rows
        """
        book = self._open_book(date_from, date_to, options, group_by="customer", with_facts=False, with_components=True)
        revenue, costs = self._get_margin_parts(book)
        rows = {
            key: self._describe_margin(margin(revenue[key], costs[key])) for key in self._get_keys(book, revenue, costs)
        }
        whole = margin(add_up(revenue.values()), add_dicts(costs.values()))
        measures = ("recognised", *COSTS, "cost", *MARGINS)
        return self._finish(book, measures, rows, self._describe_margin(whole), "profit")

    @api.model
    @api.readonly
    def generate_churn_report(self, date_from, date_to, options=None):
        """Return who and what stayed: retention and churn of those who were there before, and the cohort table.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default month), `limit`
        :return: a dict with totals, rows, and "cohorts": [{"month", "customers", "mrr", "cells"}]
        """
        book = self._open_book(date_from, date_to, options)
        return self._guard_rates(partial(self._report_churn, book))

    @api.model
    @api.readonly
    def generate_lifetime_value_report(self, date_from, date_to, options=None):
        """Return what customers are worth as long as they stay, and what it costs to win one.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default customer; not month), `limit`
        :return: a dict with totals and rows, each with "shown": the sums written out
        """
        book = self._open_book(date_from, date_to, options, group_by="customer")
        if book.request.is_monthly:
            raise UserError(
                self.env._("Lifetime value is told of a whole period: choose another group_by, such as tier.")
            )
        return self._guard_rates(partial(self._report_lifetime, book))

    @api.model
    @api.readonly
    def generate_bridge_report(self, date_from, date_to, options=None):
        """Return the steps from recurring fees over recognised revenue and invoices to cash, and what lies between.

        Each step is the one before it, plus its differences, plus a rest that nothing explains.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `group_by` (by default month), `limit`
        :return: a dict with totals, rows, and "steps": those of the totals as [{"key", "label", "formula", "amount",
            "differences": [{"key", "label", "formula", "amount"}]}]
        """
        return self._report_bridge(self._open_book(date_from, date_to, options))

    @api.model
    @api.readonly
    def list_mrr_movements(self, date_from, date_to, options=None):
        """Return each movement of recurring revenue with the amendment that caused it.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param options: `company`, `currency`, `limit`
        :return: {"period", "company", "currency", "totals": the ledger, "rows": [{"date", "kind", "hint", "amount",
            "local" (in the currency of the contract), "contract_id", "contract", "customer_id", "customer",
            "amendment_id" (0: none), "amendment"}], "left_out", "measures"}
        """
        book = self._open_book(date_from, date_to, options)
        moved = self._get_ledger(book)
        shown = moved.movements[: book.request.limit or None]
        names = self._name_keys("customer", {one.customer for one in shown}, book.deals)
        return {
            **self._describe_request(book.request, MRR),
            "totals": self._describe_mrr(moved.total()),
            "rows": [self._describe_movement(book, one, names) for one in shown],
            "left_out": len(moved.movements) - len(shown),
        }

    @api.model
    def _open_book(self, date_from, date_to, options, group_by="month", with_facts=True, with_components=False):
        """Check what is asked for, and read what all reports need."""
        request = self._parse_request(date_from, date_to, options, group_by)
        if not with_components:
            self._refuse_component(request)
        self.env.flush_all()
        # Each of a report's queries runs once over much: to sort it in memory pays, to compile what reads it does not.
        self.env.cr.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        book = self.sudo()  # the request says whose contracts may be seen, and sums are of those only
        deals = book._read_deals(request.company, request.manager)
        rates = book._read_rates(request.company, request.currency, deals, request.last)
        facts, amendments = book._read_facts(deals) if with_facts else ([], {})
        return Book(request, deals, rates, self._guard_rates(partial(group_facts, facts)), amendments)

    @api.model
    def _guard_rates(self, work):
        try:
            return work()
        except MrrError as error:
            raise UserError(str(error)) from error

    @api.model
    def _get_ledger(self, book, rates=None):
        request = book.request
        return self._guard_rates(partial(ledger, book.lives, rates or book.rates, request.first, request.end))

    @api.model
    def _get_margin_parts(self, book):
        """Return revenue by key, and costs by key and category."""
        if book.request.group_by == COMPONENT:
            return self._get_by_component(book)
        return self._sum_amounts(book, self._get_recognised_query), self._sum_costs(book)

    @api.model
    def _get_mrr_rows(self, book, moved):
        if book.request.is_monthly:
            return {row.key: row for row in moved.by_month()}
        return {row.key: row for row in moved.rows(self._get_key(book.request, book.deals))}

    @api.model
    def _get_keys(self, book, *parts):
        """Return the keys of rows: all months of a period, else those of which anything is known."""
        if book.request.is_monthly:
            return [*self._get_months(book.request)]
        return dict.fromkeys(key for part in parts for key in part)

    @api.model
    def _get_open_cost(self, book):
        """Return what pools hold that is not allocated, at the rates of their months; services pass theirs on."""
        request = book.request
        rows = self.env.execute_query(
            SQL(
                """
                SELECT month, sum(open_amount) FROM kor_cost_pool
                WHERE company_id = %s AND role = 'operating' AND month BETWEEN %s AND %s GROUP BY 1
                """,
                request.company.id,
                request.first.replace(day=1),
                request.last,
            )
        )
        cent, home = to_decimal(request.company.currency_id.rounding), request.company.currency_id.id
        return add_up(
            book.rates.value(round_money(to_decimal(amount or 0), cent), home, month) for month, amount in rows
        )

    @api.model
    def _describe_mrr(self, row):
        if not row:
            return dict.fromkeys(MRR, 0)
        return {
            "mrr_opening": as_number(row.opening),
            **{kind: as_number(row.moved[kind]) for kind in KINDS},
            "mrr_closing": as_number(row.closing),
            "arr_opening": as_number(arr(row.opening)),
            "arr_closing": as_number(arr(row.closing)),
        }

    @api.model
    def _describe_costs(self, costs):
        own = {category: costs.get(category, ZERO) for category in COSTS}
        return {**{key: as_number(amount) for key, amount in own.items()}, "cost": as_number(add_up(own.values()))}

    @api.model
    def _describe_margin(self, found):
        row = {"recognised": as_number(found.revenue), **self._describe_costs(found.costs)}
        for name in ("gross", "contribution", "profit"):
            amount = getattr(found, name)
            row[name] = as_number(amount)
            put_percent(row, f"{name}_percent", found.share(amount))
        return row

    @api.model
    def _describe_movement(self, book, one, names):
        deal = book.deals[one.contract]
        amendment = one.cause if one.kind != "currency" else None
        return {
            "date": str(one.day),
            "kind": one.kind,
            "hint": one.hint,
            "amount": as_number(one.amount),
            "local": as_number(one.local),
            "contract_id": one.contract,
            "contract": deal.name,
            "customer_id": one.customer,
            "customer": names.get(one.customer) or "",
            "amendment_id": amendment or 0,
            "amendment": book.amendments.get(amendment, ""),
        }

    @api.model
    def _finish(self, book, measures, rows, totals, main):
        return {
            **self._describe_request(book.request, measures),
            "totals": totals,
            **self._describe_rows(book.request, book.deals, rows, main),
        }
