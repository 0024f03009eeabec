"""Figures of contracts worked out once more, in plain Python, from records alone: nothing of `engine/` is used."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

DAY = timedelta(days=1)
CENT = Decimal("0.01")
KINDS = ("new", "expansion", "contraction", "churn", "reactivation", "currency")


class Life(NamedTuple):
    """A contract as its records have it; a line is (first day, last day or None, months, price of so many months)."""

    contract: int
    customer: int
    tier: int
    currency: int
    start: date
    last: date | None
    lines: tuple
    discounts: tuple

    @classmethod
    def read(cls, contract):  # pylint: disable=method-required-super
        return cls(
            contract.id,
            contract.partner_id.commercial_partner_id.id,
            contract.tier_id.id,
            contract.currency_id.id,
            contract.date_start,
            contract.date_cancelled or contract.date_end or None,
            tuple(
                (line.date_start, line.date_end or None, line.billing_months, _exact(line.quantity * line.unit_price))
                for line in contract.line_ids
            ),
            tuple((_exact(one.value), one.periods) for one in contract.discount_ids),
        )

    def bring(self, day):
        """Return what the contract brings each month on a day, in its own currency."""
        if day < self.start or (self.last and day > self.last):
            return Decimal(0)
        age = (day.year - self.start.year) * 12 + day.month - self.start.month - (day.day < self.start.day)
        full = defaultdict(Decimal)
        for start, end, months, price in self.lines:
            if start <= day and (end is None or day <= end):
                full[months] += price
        whole = Fraction(0)
        for months, price in full.items():
            for percent, periods in self.discounts:
                price -= price * percent / 100 if age // months < periods else 0
            whole += Fraction(price) / months
        return round_half_up(whole)


class World:
    """What contracts bring on each day, in the currency of the company."""

    def __init__(self, lives, rates, first, last):
        """Read what holds on each day.

        :param rates: {currency: [(day, units of it for one of the company's)]}
        """
        self.lives = {life.contract: life for life in lives}
        self.rates, self.begin = rates, first
        self.held, day = {}, first - DAY
        while day <= last:
            self.held[day] = {life.contract: life.bring(day) for life in lives}
            day += DAY

    def value(self, contract, amount, day):
        """Return an amount of a contract at the rate of the first day of a month."""
        series = self.rates.get(self.lives[contract].currency)
        if not series:
            return amount
        known = [rate for since, rate in series if since <= day.replace(day=1)]
        return round_half_up(Fraction(amount) / Fraction(known[-1] if known else series[0][1]))

    def sum_up(self, day, rate_day=None, **where):
        """Return what customers bring on a day, those with nothing left out: {customer: amount}."""
        found = defaultdict(Decimal)
        for contract, amount in self.held[day].items():
            life = self.lives[contract]
            if amount and all(getattr(life, name) == value for name, value in where.items()):
                found[life.customer] += self.value(contract, amount, rate_day or day)
        return dict(found)

    def move(self, first, last):
        """Return what moved: [(day, customer, kind, amount)], walking through each day."""
        found, had, day = [], set(), self.begin
        while day <= last:
            moved = [*self._move_on(day, had)]
            found += moved if day >= first else []
            had |= {self.lives[one].customer for one, amount in self.held[day].items() if amount}
            day += DAY
        return found

    def _move_on(self, day, had):
        before, after = self.held[day - DAY], self.held[day]
        for customer in {life.customer for life in self.lives.values()}:
            own = [life.contract for life in self.lives.values() if life.customer == customer]
            if day.day == 1:
                effect = sum(self.value(one, before[one], day) - self.value(one, before[one], day - DAY) for one in own)
                yield day, customer, "currency", effect
            change = sum(self.value(one, after[one], day) - self.value(one, before[one], day) for one in own)
            was, is_now = any(before[one] for one in own), any(after[one] for one in own)
            if was and is_now:
                yield day, customer, "expansion" if change >= 0 else "contraction", change
            elif was:
                yield day, customer, "churn", change
            elif is_now:
                yield day, customer, "reactivation" if customer in had else "new", change


def round_half_up(amount):
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(CENT, ROUND_HALF_UP)


def month_starts(first, last):
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = (month + 31 * DAY).replace(day=1)
    return found


def last_day(month):
    return (month + 31 * DAY).replace(day=1) - DAY


def percent(part, whole):
    return float(round_half_up(100 * Fraction(part) / Fraction(whole)))


def _exact(amount):
    return Decimal(repr(round(amount, 6)))
