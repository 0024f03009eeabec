from collections import defaultdict
from datetime import date
from fractions import Fraction

from odoo import api, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number

from ..engine.figures import add_up
from ..engine.lifetime import acquisition_cost, lifetime, lifetime_value, payback, value_to_cost
from ..engine.mrr import month_ends
from .kor_report_measure_mixin import LIFETIME
from .kor_report_request_mixin import put_measure

SERVICE = ("infrastructure", "support")
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
        revenue, costs = self._get_margins(book, book.request.first)
        earned, spent = self._get_margins(book, date(1900, 1, 1))
        newcomers = self._get_newcomers(book, self._get_ledger(book))
        won = set().union(*newcomers.values())
        single = book.request.group_by in SINGLE
        known = {key or None: stay for key, stay in stays.items()}
        rows = {
            key: self._describe_worth(
                revenue[key],
                costs[key],
                stays[key or 0],
                everyone if single else stays[key or 0],
                len(newcomers.get(key, ())),
                earned[key] - _service(spent[key]),
                single,
            )
            for key in self._get_keys(book, known, revenue, costs)
        }
        whole = {
            category: add_up(own[category] for own in costs.values()) for category in (*SERVICE, "sales_marketing")
        }
        so_far = add_up(earned.values()) - add_up(_service(own) for own in spent.values())
        totals = self._describe_worth(add_up(revenue.values()), whole, everyone, everyone, len(won), so_far, False)
        return self._finish(book, LIFETIME, rows, totals, "lifetime_value")

    @api.model
    def _get_margins(self, book, first):
        """Return recognised revenue, and costs by category, by key."""
        return (
            self._sum_by_key(book, self._get_booked(book, self._read_recognised, first)),
            self._sum_costs(book, self._get_booked(book, self._read_costs, first)),
        )

    @api.model
    def _count_stays(self, book):
        """Return {key: (customer months, customers at the beginnings of months, lost in them)}.

        None is the key of all, 0 that of what has none.
        """
        request, key = book.request, self._get_key(book.request, book.deals)
        flat = self._get_ledger(book)
        held = defaultdict(dict, {None: month_ends(book.facts, book.rates, request.first, request.end)})
        opened = {None: {row.key for row in flat.by_customer() if row.opening}}
        # In one go: each customer under each key counts for itself.
        parts = [fact._replace(customer=(key(fact.contract), fact.customer)) for fact in book.facts]
        for (one, customer), ends in month_ends(parts, book.rates, request.first, request.end).items():
            held[one or 0][customer] = ends
        for row in flat.rows(lambda contract: (key(contract), book.deals[contract].customer)):
            if row.opening:
                opened.setdefault(row.key[0] or 0, set()).add(row.key[1])
        months, found = self._get_months(request), defaultdict(lambda: (0, 0, 0))
        for one, ends in held.items():
            found[one] = _count(ends, opened.get(one, set()), months)
        return found

    @api.model
    def _describe_worth(self, revenue, costs, stay, churning, won, earned, single):
        """Return the measures of one row; where it is one customer, its value has what it brought already."""
        customer_months = stay[0]
        row = {"customers_new": won, "customer_months": customer_months, "earned": as_number(earned)}
        churn = Fraction(churning[2], churning[1]) if churning[1] else Fraction(0)
        row["churn_month"] = round(float(churn * 100), 4)
        put_measure(row, "lifetime", lifetime(churn))
        acquired = acquisition_cost(costs.get("sales_marketing", ZERO), won)
        put_measure(row, "acquisition_cost", acquired)
        if not customer_months:
            reason = self.env._("No customer had recurring revenue at the end of a month of the period.")
            missing = ("revenue_month", "cost_month", "lifetime_value", "payback", "value_to_cost")
            row.setdefault("reasons", {}).update(dict.fromkeys(missing, reason))
            return row
        brought, cost = Fraction(revenue) / customer_months, Fraction(_service(costs)) / customer_months
        row["revenue_month"], row["cost_month"] = round(float(brought), 2), round(float(cost), 2)
        value = lifetime_value(brought, cost, churn, earned if single else ZERO)
        put_measure(row, "lifetime_value", value)
        put_measure(row, "payback", payback(acquired, brought, cost))
        put_measure(row, "value_to_cost", value_to_cost(value, acquired))
        return row


def _service(costs):
    return add_up(costs.get(category, ZERO) for category in SERVICE)


def _count(ends, opened, months):
    """Return customer months, customers at the beginnings of the months, and those of them who were gone at the end."""
    present, begun, lost = 0, 0, 0
    before = opened
    for month in months:
        after = {customer for customer, held in ends.items() if held.get(month)}
        present += len(after)
        begun += len(before)
        lost += len(before - after)
        before = after
    return present, begun, lost
