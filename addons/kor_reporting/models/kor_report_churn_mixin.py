from collections import defaultdict
from datetime import timedelta

from odoo import api, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number

from ..engine.mrr import month_ends
from ..engine.retention import Standing, cohort_table, quick_ratio, retention, stand
from .kor_report_measure_mixin import CUSTOMERS, MRR, RETENTION
from .kor_report_request_mixin import put_figure, put_percent

DAY = timedelta(days=1)


class KorReportChurnMixin(models.AbstractModel):
    """Work out who and what stayed, at the rates of the beginning: no currency keeps or loses a customer."""

    _name = "kor.report.churn.mixin"
    _description = "Churn Report"

    @api.model
    def _report_churn(self, book):
        request = book.request
        fixed = book.rates.fixed(request.first - DAY)
        moved = self._get_ledger(book)
        # Without another currency no rate moves anything.
        is_plain = {deal.currency for deal in book.deals.values()} <= {request.currency.id}
        flat = moved if is_plain else self._get_ledger(book, fixed)
        history = self._get_history(book, fixed)
        cohort = self._get_monthly_standings(book, flat, history) if request.is_monthly else self._group(book, flat)
        newcomers = self._get_newcomers(book, moved)
        found = self._get_mrr_rows(book, moved)
        rows = {
            key: self._describe_stay(cohort.get(key, ()), newcomers.get(key, ()), found.get(key))
            for key in self._get_keys(book, found)
        }
        everyone = self._get_customer_standings(flat)
        totals = self._describe_stay(everyone, moved.customers_of("new"), moved.total())
        measures = (*CUSTOMERS, *RETENTION, "quick_ratio", *MRR[:-2])  # a year of what is lost in a month says nothing
        return {
            **self._finish(book, measures, rows, totals, "mrr_closing"),
            "cohorts": [_describe_cohort(cohort) for cohort in cohort_table(history)],
        }

    @api.model
    def _get_history(self, book, fixed):
        """Return the MRR of customers at the ends of months, from the first month of all on."""
        since = min((life[0].day for life in book.lives.values()), default=book.request.end)
        return month_ends(book.lives, fixed, since, book.request.end)

    @api.model
    def _get_customer_standings(self, flat):
        """Return where each customer stood and stands, also those without anything before."""
        return [stand(row) for row in flat.by_customer()]

    @api.model
    def _group(self, book, flat):
        """Return {key: standings}; who has contracts under two keys stands under both, with what is theirs."""
        key, found = self._get_key(book.request, book.deals), defaultdict(list)
        for row in flat.rows(lambda contract: (key(contract), book.deals[contract].customer)):
            found[row.key[0]].append(stand(row))
        return found

    @api.model
    def _get_monthly_standings(self, book, flat, history):
        """Return {month: standings}; each month begins where the one before ends."""
        found = {}
        prices = defaultdict(lambda: ZERO)
        for one in flat.movements:
            if one.kind == "escalator":
                prices[one.customer, one.day.replace(day=1)] += one.amount
        before = {row.key: row.opening for row in flat.by_customer() if row.opening}
        for month in self._get_months(book.request):
            after = {customer: amount for customer, ends in history.items() if (amount := ends.get(month))}
            # Who has nothing before and after is no part of any measure.
            found[month] = [
                Standing(one, before.get(one, ZERO), after.get(one, ZERO), prices[one, month] if one in after else ZERO)
                for one in dict.fromkeys([*before, *after])
            ]
            before = after
        return found

    @api.model
    def _get_newcomers(self, book, moved):
        """Return {key: the customers whose first MRR came under it}."""
        key, found = self._get_key(book.request, book.deals), defaultdict(set)
        for one in moved.movements:
            if one.kind == "new":
                found[one.day.replace(day=1) if book.request.is_monthly else key(one.contract)].add(one.customer)
        return found

    @api.model
    def _describe_stay(self, standing, newcomers, row):
        cohort = retention(standing)
        found = {
            "customers_opening": cohort.customers,
            "customers_new": len(newcomers),
            "customers_lost": cohort.lost,
            "customers_closing": sum(1 for one in standing if one.closing),
            **self._describe_mrr(row),
        }
        for key, ratio in {
            "net_retention": cohort.net,
            "net_without_escalators": cohort.net_without_escalators,
            "gross_retention": cohort.gross,
            "revenue_churn": cohort.revenue_churn,
            "left_churn": cohort.left_churn,
            "customer_churn": cohort.customer_churn,
        }.items():
            put_percent(found, key, ratio)
        quick = quick_ratio(row.moved if row else {})
        put_figure(found, "quick_ratio", quick.times, quick.reason)
        return found


def _describe_cohort(cohort):
    """Return the customers by the month of their first MRR, and what they still are at the end of each month."""
    return {
        "month": f"{cohort.month:%Y-%m}",
        "customers": cohort.customers,
        "mrr": as_number(cohort.mrr),
        "cells": [_describe_cell(cell) for cell in cohort.cells],
    }


def _describe_cell(cell):
    found = {
        "age": cell.age,
        "month": f"{cell.month:%Y-%m}",
        "customers": cell.customers,
        "mrr": as_number(cell.mrr),
    }
    put_percent(found, "customer_percent", cell.customer_share)
    put_percent(found, "revenue_percent", cell.revenue_share)
    return found
