from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from odoo import api, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number

from ..engine.figures import add_up
from ..engine.lifetime import acquisition_cost, lifetime, lifetime_value, payback, value_to_cost
from ..engine.mrr import join, month_ends, newcomers, worth
from .kor_report_measure_mixin import LIFETIME, SERVICE
from .kor_report_request_mixin import put_measure

DAY = timedelta(days=1)
EVER = date(1900, 1, 1)
# What is one customer's alone has no churn of its own: that of all says how long it may stay.
SINGLE = ("customer", "contract")


class KorReportLifetimeMixin(models.AbstractModel):
    """Work out what customers are worth as long as they stay, each figure with the sum that it comes from."""

    _name = "kor.report.lifetime.mixin"
    _description = "Lifetime Value Report"

    @api.model
    def _report_lifetime(self, book):
        stays = self._count_stays(book)
        everyone = stays.pop(None)
        revenue, costs = self._get_margins(book)
        earned = self._get_earned(book, revenue, costs)
        won_by_key = self._find_newcomers(book)
        won = set().union(*won_by_key.values())
        single = book.request.group_by in SINGLE
        known = {key or None: stay for key, stay in stays.items()}
        rows = {
            key: self._describe_worth(
                revenue[key],
                costs[key],
                stays[key or 0],
                everyone if single else stays[key or 0],
                len(won_by_key.get(key, ())),
                earned[key],
                single,
            )
            for key in self._get_keys(book, known, revenue, costs)
        }
        whole = {
            category: add_up(own[category] for own in costs.values()) for category in (*SERVICE, "sales_marketing")
        }
        so_far = add_up(earned.values())
        totals = self._describe_worth(add_up(revenue.values()), whole, everyone, everyone, len(won), so_far, False)
        return self._finish(book, LIFETIME, rows, totals, "lifetime_value")

    @api.model
    def _get_margins(self, book, *span):
        """Return recognised revenue, and costs by category, by key, of the period or of other days."""
        return self._sum_amounts(book, self._get_recognised_query, *span), self._sum_costs(book, *span)

    @api.model
    def _get_earned(self, book, revenue, costs):
        """Return what is left of revenue after service by key, of the period and all times before it."""
        found = defaultdict(lambda: ZERO)
        for earned, spent in ((revenue, costs), self._get_margins(book, EVER, book.request.first - DAY)):
            for key, amount in earned.items():
                found[key] += amount
            for key, own in spent.items():
                found[key] -= _service(own)
        return found

    @api.model
    def _find_newcomers(self, book):
        """Return {key: the customers whose first MRR came under it}."""
        key, found = self._get_key(book.request, book.deals), defaultdict(set)
        for customer, contracts in newcomers(book.lives, book.request.first, book.request.end):
            for contract in contracts:
                found[key(contract)].add(customer)
        return found

    @api.model
    def _count_stays(self, book):
        """Return {key: (customer months, customers at the beginnings of months, lost in them)}.

        None is the key of all, 0 that of what has none.
        """
        request, deals, key = book.request, book.deals, self._get_key(book.request, book.deals)
        # In one go: each customer under each key counts for itself.
        parts = month_ends(
            book.lives, book.rates, request.first, request.end, lambda fact: (key(fact.contract), fact.customer)
        )
        openings = worth(book.lives, book.rates, request.first - DAY)
        opened = {(key(contract), deals[contract].customer) for contract in openings}
        found, every = defaultdict(lambda: (0, 0, 0)), {}
        for (one, customer), ends in parts.items():
            found[one or 0] = _add(found[one or 0], _count(ends, (one, customer) in opened))
            every[customer] = join(ends, every[customer]) if customer in every else ends
        if request.group_by == "customer":
            return {**found, None: tuple(map(sum, zip(*found.values(), strict=True))) or (0, 0, 0)}
        present = {deals[contract].customer for contract in openings}
        found[None] = (0, 0, 0)
        for customer, ends in every.items():
            found[None] = _add(found[None], _count(ends, customer in present))
        return found

    @api.model
    def _describe_worth(self, revenue, costs, stay, churning, won, earned, single):
        """Return the measures of one row; where it is one customer, its value has what it brought already."""
        customer_months = stay[0]
        row = {"customers_new": won, "customer_months": customer_months, "earned": as_number(earned)}
        churn, stays = _get_churn(*churning[1:])
        row["churn_month"] = round(float(churn * 100), 4)
        put_measure(row, "lifetime", stays)
        acquired = acquisition_cost(costs.get("sales_marketing", ZERO), won)
        put_measure(row, "acquisition_cost", acquired)
        if not customer_months:
            reason = self.env._("No customer had recurring revenue at the end of a month of the period.")
            missing = ("revenue_month", "cost_month", "lifetime_value", "payback", "value_to_cost")
            row.setdefault("reasons", {}).update(dict.fromkeys(missing, reason))
            return row
        brought, cost = (_share(amount, customer_months) for amount in (revenue, _service(costs)))
        row["revenue_month"], row["cost_month"] = round(float(brought), 2), round(float(cost), 2)
        value = lifetime_value(brought, cost, churn, earned if single else ZERO)
        put_measure(row, "lifetime_value", value)
        put_measure(row, "payback", payback(acquired, brought, cost))
        put_measure(row, "value_to_cost", value_to_cost(value, acquired))
        return row


@lru_cache(maxsize=1000)
def _get_churn(begun, lost):
    """Return the churn of a month and the lifetime that follows, the same ones for all rows of single customers."""
    churn = Fraction(lost, begun) if begun else Fraction(0)
    return churn, lifetime(churn)


def _share(amount, count):
    over, under = amount.as_integer_ratio()
    return Fraction(over, under * count)


def _service(costs):
    return add_up(costs.get(category, ZERO) for category in SERVICE)


def _count(ends, was):
    """Return in how many months one customer was there at the end, at the beginning, and then no more.

    :param ends: MRR by month in their order, from the first that is not nothing or the first of the period on
    """
    present, begun, lost = 0, 0, 0
    for amount in ends.values():
        is_there = bool(amount)
        present += is_there
        begun += was
        lost += was and not is_there
        was = is_there
    return present, begun, lost


def _add(one, other):
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
