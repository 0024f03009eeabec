"""Tell by which movements monthly recurring revenue came from where it was to where it is, each with its cause.

Units: MRR is a decimal in the currency of the contract, zero or more; ledgers are in the company's currency, each
contract rounded to it. Rates are the company's currency per unit of the contract's, one for each month, by its first
day; a month without one has that of the month before. Periods are half-open (`start <= day < end`).

A fact says what a contract brings from a day on. What holds on a day is what its last fact says, so the facts of a day
are one change, and each of them keeps its own part of it. Kinds, by the state of the whole customer before and after
the day:

- nothing before, something after: `new` where there never was anything, else `reactivation`
- something before, nothing after: `churn`, whatever the reason; a pause comes with its hint
- else facts with the hint `escalator` are `escalator`; all others are `expansion` where they add up to zero or more,
  and `contraction` where they do not
- `currency`: what a new month's rate changes of what is carried over; no decision of any customer is in it

So opening + movements = closing to the cent, for any period and any split of it: each movement is the difference of
two rounded values of its contract, and the next one starts where it ends.
Errors: MrrError, whose text is a sentence that says what is wrong and what would be right.
Source: the MRR movement schedule of subscription accounting; what leaves other MRR of the customer is no churn.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_text

from .rates import MrrError, Rates

KINDS = ("new", "expansion", "contraction", "churn", "reactivation", "escalator", "currency")
ESCALATOR = "escalator"
DAY = timedelta(days=1)
CUSTOMER, DAY_OF = attrgetter("customer"), attrgetter("day")


class Fact(NamedTuple):
    """Say what a contract brings each month from a day on, and what made it so.

    :param amount: the MRR from the day on, in the currency of the contract
    :param cause: what the movement leads back to, such as the id of an amendment
    :param hint: why, handed on: `escalator` sets the kind; others (`renewal`, `pause` …) only tell
    :param currency: key of the currency; empty is the company's
    """

    contract: Hashable
    customer: Hashable
    day: date
    amount: Decimal
    cause: Hashable = None
    hint: str = ""
    currency: Hashable = ""


class Lives(dict):
    """Facts by contract, in the order of their days: checked and sorted once, for whatever is asked of them."""


class Movement(NamedTuple):
    """Say what moved: `amount` in the company's currency, `local` in the contract's (nothing for `currency`).

    Of a currency effect, `cause` is the currency.
    """

    day: date
    kind: str
    contract: Hashable
    customer: Hashable
    amount: Decimal
    local: Decimal
    cause: Hashable
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """State opening, sum of movements by kind (all kinds) and closing of a key; they add up."""

    key: Hashable
    opening: Decimal
    moved: Mapping[str, Decimal]
    closing: Decimal


@dataclass(frozen=True, slots=True)
class Ledger:
    """Hold the movements of a period, in the order of days, and the MRR by contract before and after it."""

    start: date
    end: date
    movements: tuple[Movement, ...]
    openings: Mapping[Hashable, Decimal]
    closings: Mapping[Hashable, Decimal]
    customers: Mapping[Hashable, Hashable]

    @property
    def opening(self) -> Decimal:
        return _add(self.openings.values())

    @property
    def closing(self) -> Decimal:
        return _add(self.closings.values())

    def total(self) -> Row:
        """Return one row of all."""
        return next(iter(self.rows(lambda contract: None)), Row(None, ZERO, _nothing(), ZERO))

    def by_customer(self) -> list[Row]:
        return self.rows(lambda contract: self.customers[contract])

    def rows(self, key: Callable[[Hashable], Hashable]) -> list[Row]:
        """Return a row for each key of contracts (their tier, country …), without keys where nothing ever was."""
        moved: dict[Hashable, dict[str, Decimal]] = defaultdict(_nothing)
        opening: dict[Hashable, Decimal] = defaultdict(Decimal)
        closing: dict[Hashable, Decimal] = defaultdict(Decimal)
        for amounts, sums in ((self.openings, opening), (self.closings, closing)):
            for contract, amount in amounts.items():
                sums[key(contract)] += amount
        for one in self.movements:
            moved[key(one.contract)][one.kind] += one.amount
        keys = dict.fromkeys([*opening, *moved, *closing])
        return [Row(one, opening[one], moved[one], closing[one]) for one in keys]

    def by_month(self) -> list[Row]:
        """Return a row for each month of the period, by its first day; each opens where the one before closes."""
        moved: dict[date, dict[str, Decimal]] = defaultdict(_nothing)
        for one in self.movements:
            moved[one.day.replace(day=1)][one.kind] += one.amount
        rows, opening = [], self.opening
        for month in months(self.start, self.end):
            closing = opening + _add(moved[month].values())
            rows.append(Row(month, opening, moved[month], closing))
            opening = closing
        return rows

    def customers_of(self, kind: str) -> set[Hashable]:
        """Return the customers of whom anything moved in a way: how many are new, have churned …"""
        return {one.customer for one in self.movements if one.kind == kind}


def arr(mrr: Decimal) -> Decimal:
    """Return annual recurring revenue: twelve times the MRR."""
    return mrr * 12


def months(start: date, end: date) -> Iterator[date]:
    """Yield the first day of each month that a period touches."""
    month = start.replace(day=1)
    while month < end:
        yield month
        month = (month + 31 * DAY).replace(day=1)


def ledger(facts: Iterable[Fact] | Lives, rates: Rates, start: date, end: date) -> Ledger:
    """Return the movements of a period.

    :param facts: of all times up to the end, else who comes back counts as new; those of a day in their order; or as
        `group_facts` returns them
    """
    if end <= start:
        raise MrrError(f"A period from {start} to before {end} holds no day: let it end after its start.")
    lives = group_facts(facts)
    movements = [*_changes(lives, rates, start, end)]
    for life in lives.values():
        movements += _effects(life, rates, start, end)
    movements.sort(key=lambda one: one.day)
    return Ledger(
        start,
        end,
        tuple(movements),
        worth(lives, rates, start - DAY),
        worth(lives, rates, end - DAY),
        {contract: life[0].customer for contract, life in lives.items()},
    )


def group_facts(facts: Iterable[Fact] | Lives) -> Lives:
    """Return the facts by contract, in the order of their days; refuse what cannot be."""
    if isinstance(facts, Lives):
        return facts
    lives: dict[Hashable, list[Fact]] = defaultdict(list)
    for fact in facts:
        life = lives[fact.contract]
        if fact.amount < 0:
            raise MrrError(f"MRR of contract {fact.contract} is {as_text(fact.amount)}: it must be zero or more.")
        if life and (life[0].customer, life[0].currency) != (fact.customer, fact.currency):
            raise MrrError(f"Contract {fact.contract} changes its customer or currency: give it two keys.")
        life.append(fact)
    for life in lives.values():
        life.sort(key=lambda fact: fact.day)
    return Lives(lives)


def worth(lives: Mapping[Hashable, list[Fact]], rates: Rates, day: date) -> dict[Hashable, Decimal]:
    """Return what each contract brings on a day, in the company's currency, without those that bring nothing."""
    found = ((contract, _worth(life, rates, day)) for contract, life in lives.items())
    return {contract: amount for contract, amount in found if amount}


def _worth(life: list[Fact], rates: Rates, day: date) -> Decimal:
    """Return what the last fact of a contract up to a day is worth on it."""
    fact = next((fact for fact in reversed(life) if fact.day <= day), None)
    return rates.value(fact.amount, fact.currency, day) if fact else ZERO


def month_ends(
    facts: Iterable[Fact] | Lives,
    rates: Rates,
    start: date,
    end: date,
    owner: Callable[[Fact], Hashable] = CUSTOMER,
) -> dict[Hashable, dict[date, Decimal]]:
    """Return the MRR of each customer at the end of each month, by its first day, up to the end of the period.

    A customer's months begin with that of the first MRR, or with the period's where that is later.

    :param owner: whose a fact is, where that is not the customer
    """
    starts = [*months(start, end)]
    ends = [min((month + 31 * DAY).replace(day=1), end) - DAY for month in starts]
    found: dict[Hashable, dict[date, Decimal]] = {}
    for life in group_facts(facts).values():
        at = _begin(life, ends)
        if at is None:
            continue
        held, key = dict(zip(starts[at:], _values(life, rates, ends[at:]), strict=True)), owner(life[0])
        other = found.get(key)
        found[key] = held if other is None else join(held, other)
    return found


def _begin(life: list[Fact], ends: list[date]) -> int | None:
    """Return the first of some days on which a contract has brought anything so far, None where there is none."""
    begun = next((fact.day for fact in life if fact.amount), None)
    at = len(ends) if begun is None else bisect_left(ends, begun)
    return at if at < len(ends) else None


def _values(life: list[Fact], rates: Rates, days: list[date]) -> Iterator[Decimal]:
    """Yield what a contract is worth on each of some days, in their order."""
    at, value, currency = 0, ZERO, life[0].currency
    is_home = rates.is_home(currency)
    for day in days:
        before = at
        while at < len(life) and life[at].day <= day:
            at += 1
        # At one rate, only a fact changes what it is worth.
        if at and (at > before or not is_home):
            value = rates.value(life[at - 1].amount, currency, day)
        yield value


def join(one: dict[date, Decimal], other: dict[date, Decimal]) -> dict[date, Decimal]:
    """Return the sums of months that end together, the longer row's months in order; it changes that row."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    for month, amount in shorter.items():
        longer[month] += amount
    return longer


def _nothing() -> dict[str, Decimal]:
    return dict.fromkeys(KINDS, ZERO)


def _add(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _changes(lives: Mapping[Hashable, list[Fact]], rates: Rates, start: date, end: date) -> Iterator[Movement]:
    """Yield what the facts of the period move, by customer and day."""
    for group in _group(lives, end):
        held: dict[Hashable, Decimal] = {}
        had = False
        for day, of_day in groupby(group, key=DAY_OF):  # pylint: disable=bad-builtin-groupby
            before = any(held.values())
            deltas = [*_apply(held, of_day)]
            after = any(held.values())
            if day >= start:
                yield from _name(deltas, rates, day, had, before, after)
            had = had or after


def _group(lives: Mapping[Hashable, list[Fact]], end: date) -> Iterable[list[Fact]]:
    """Return the facts before a day by customer, in the order of their days."""
    groups: dict[Hashable, list[Fact]] = defaultdict(list)
    for life in lives.values():
        for fact in life:
            if fact.day < end:
                groups[fact.customer].append(fact)
    for group in groups.values():
        group.sort(key=DAY_OF)
    return groups.values()


def newcomers(facts: Iterable[Fact] | Lives, start: date, end: date) -> Iterator[tuple[Hashable, set[Hashable]]]:
    """Yield each customer whose first MRR came in a period, with the contracts under which it came.

    The same customers as those of the ledger's movements of the kind `new`, without what moved after them.
    """
    for group in _group(group_facts(facts), end):
        held: dict[Hashable, Decimal] = {}
        for day, of_day in groupby(group, key=DAY_OF):  # pylint: disable=bad-builtin-groupby
            deltas = [*_apply(held, of_day)]
            if any(held.values()):
                if day >= start:
                    yield group[0].customer, {fact.contract for fact, old in deltas if fact.amount != old}
                break


def _apply(held: dict[Hashable, Decimal], facts: Iterable[Fact]) -> Iterator[tuple[Fact, Decimal]]:
    """Let facts change what is held, and yield each with what was held before it."""
    for fact in facts:
        yield fact, held.get(fact.contract, ZERO)
        held[fact.contract] = fact.amount


def _name(
    deltas: list[tuple[Fact, Decimal]], rates: Rates, day: date, had: bool, before: bool, after: bool
) -> Iterator[Movement]:
    """Yield the movements of a day with their kinds; nothing where it leaves nothing as it found nothing."""
    if not before and not after:
        return
    moved = [
        (fact, old, rates.value(fact.amount, fact.currency, day) - rates.value(old, fact.currency, day))
        for fact, old in deltas
        if fact.amount != old
    ]
    kind = "churn" if not after else "reactivation" if had and not before else "new" if not before else ""
    other = "contraction" if _add(one for fact, _old, one in moved if fact.hint != ESCALATOR) < 0 else "expansion"
    for fact, old, amount in moved:
        own = kind or (ESCALATOR if fact.hint == ESCALATOR else other)
        yield Movement(day, own, fact.contract, fact.customer, amount, fact.amount - old, fact.cause, fact.hint)


def _effects(life: list[Fact], rates: Rates, start: date, end: date) -> Iterator[Movement]:
    """Yield what new rates change of what a contract carries into a month."""
    for fact, later in zip(life, [*life[1:], None], strict=True):
        if not fact.amount or fact.day >= end:
            continue
        until = min(later.day, end - DAY) if later else end - DAY
        for month in rates.changes(fact.currency, max(fact.day, start - DAY), until):
            now, was = (rates.value(fact.amount, fact.currency, day) for day in (month, month - DAY))
            if now != was:
                yield Movement(
                    month, "currency", fact.contract, fact.customer, now - was, ZERO, fact.currency, "currency"
                )
