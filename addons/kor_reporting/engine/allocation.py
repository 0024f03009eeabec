"""Spend pools of cost on contracts, to the cent, each share with its reason.

Units: amounts are decimals in the currency of the pool, multiples of its rounding; quantities are decimals in the unit
of their driver; months are their first day. A refund is a pool below zero.

A driver says how much of what causes the cost falls to a target (a contract). `direct` takes quantities as the amounts
themselves, `fixed` as percentages that make 100, `equal` counts each target once; all other methods divide the pool by
quantity: amount × quantity ÷ sum of quantities. Cents are given by the largest remainder, as `money.allocate` does.
Targets are taken in the order of their keys, so that the same facts always come to the same cents.

What the data does not allow gives an outcome with a `reason` and without shares: nothing of such a pool is spent.
Errors: AllocationError, whose text is a sentence that says what is wrong with the call and what would be right.
Source: activity-based costing with resource drivers; largest remainder after Hamilton.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, ZERO, as_number, as_text

from .figures import NOTHING, add_up, differ, is_multiple, round_exact, share_out

DRIVEN = ("metric", "seats", "revenue", "tickets", "minutes")
METHODS = ("direct", *DRIVEN, "equal", "fixed")
ONE = Decimal(1)


class AllocationError(ValueError):
    """Say in one sentence what is wrong with a call and what would be right."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Hold what a category cost in a month."""

    key: Hashable
    category: str
    month: date
    amount: Decimal
    rounding: Decimal = Decimal("0.01")

    def __post_init__(self):
        if self.rounding <= 0:
            raise AllocationError(f"A rounding of {as_text(self.rounding)} is impossible: it must be above zero.")
        if not is_multiple(self.amount, self.rounding):
            raise AllocationError(
                f"{as_text(self.amount)} is not a multiple of {as_text(self.rounding)}: round the pool first."
            )


@dataclass(frozen=True, slots=True)
class Driver:
    """Say how much of the driver falls to a target."""

    target: Hashable
    quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Share:
    """Give a target its part of a pool, and say why: `quantity` of `total` in `unit`."""

    pool: Pool
    method: str
    target: Hashable
    amount: Decimal
    quantity: Decimal
    total: Decimal
    unit: str = ""

    @property
    def exact(self) -> Fraction:
        """Return the amount before rounding."""
        return Fraction(self.quantity) if self.method == "direct" else Fraction(self.pool.amount) * self.part

    @property
    def part(self) -> Fraction:
        """Return the part of the driver; nothing where direct amounts, refunds among them, make nothing together."""
        return Fraction(self.quantity) / Fraction(self.total) if self.total else NOTHING

    @property
    def cent(self) -> Decimal:
        """Return what the share has more (or less) than plain rounding gives, so that the pool is spent exactly."""
        return self.amount - round_exact(self.exact, self.pool.rounding)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON: the share in percent to six places, amounts and quantities as numbers."""
        return {
            "category": self.pool.category,
            "month": f"{self.pool.month:%Y-%m}",
            "method": self.method,
            "unit": self.unit,
            "pool": as_number(self.pool.amount),
            "quantity": as_number(self.quantity),
            "total": as_number(self.total),
            "share": as_number(round_exact(self.part * 100, Decimal("0.000001"))),
            "cent": as_number(self.cent),
            "amount": as_number(self.amount),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say how a pool is spent, or why it is not."""

    pool: Pool
    method: str
    shares: tuple[Share, ...] = ()
    reason: str = ""

    @property
    def spent(self) -> Decimal:
        """Return the sum of the shares: the pool, or nothing where there is a reason."""
        return add_up(share.amount for share in self.shares)


@dataclass(frozen=True, slots=True)
class Basis:
    """Say by what a pool is spent: the method, the drivers, and the unit in which their quantities are told."""

    method: str
    drivers: tuple[Driver, ...]
    unit: str = ""

    def __post_init__(self):
        if self.method not in METHODS:
            raise AllocationError(f"“{self.method}” is no method of allocation: choose one of {', '.join(METHODS)}.")
        seen = set()
        for driver in self.drivers:
            if driver.target in seen:
                raise AllocationError(f"Target {driver.target} is given twice: add up its quantities first.")
            seen.add(driver.target)


def spend(pool: Pool, basis: Basis) -> Outcome:
    """Return the shares of a pool, of those targets only on which something of the driver falls.

    A pool of nothing has no shares and no reason, unless direct amounts of both signs make it.
    """
    drivers = _ordered(basis)
    if not pool.amount and (basis.method != "direct" or not drivers):
        return Outcome(pool, basis.method)
    reason = _refuse(pool, basis.method, drivers)
    if reason:
        return Outcome(pool, basis.method, reason=reason)
    quantities = [driver.quantity for driver in drivers]
    total = add_up(quantities)
    is_given = basis.method == "direct"
    amounts = quantities if is_given else share_out(pool.amount, quantities, pool.rounding)
    shares = (
        Share(pool, basis.method, driver.target, amount, driver.quantity, total, basis.unit)
        for driver, amount in zip(drivers, amounts, strict=True)
    )
    return Outcome(pool, basis.method, tuple(shares))


def due(
    outcomes: Iterable[Outcome], booked: Mapping[tuple[Hashable, Hashable], Decimal]
) -> dict[tuple[Hashable, Hashable], Decimal]:
    """Return what is still to be booked by (pool, target): shares less what is booked, without what is nothing.

    A pool that cannot be spent has no shares, so what was booked of it is taken back.
    """
    shares = (share for outcome in outcomes for share in outcome.shares)
    return differ({(share.pool.key, share.target): share.amount for share in shares}, booked)


def _ordered(basis: Basis) -> list[Driver]:
    """Return the drivers that count, in the order of their targets."""
    drivers = basis.drivers
    if basis.method == "equal":
        drivers = [Driver(driver.target) for driver in drivers]
    else:
        drivers = [driver for driver in drivers if driver.quantity]
    return sorted(drivers, key=lambda driver: (isinstance(driver.target, str), driver.target))


def _refuse(pool: Pool, method: str, drivers: list[Driver]) -> str:
    """Return the sentence that says why a pool cannot be spent, empty where it can."""
    if not drivers:
        return {
            "direct": "No amount is known of any contract: name the contracts that caused the cost.",
            "equal": "There is no contract to spend it on: choose a month in which contracts run.",
            "fixed": "No contract has a share: give shares that make 100 %.",
        }.get(method, "All drivers are zero: nothing was used, so nothing says whose cost it is.")
    if method == "direct":
        return _refuse_direct(pool, drivers)
    negative = next((driver for driver in drivers if driver.quantity < 0), None)
    if negative:
        return (
            f"The driver of {negative.target} is {as_text(negative.quantity)}: it must be zero or more. "
            "Correct what it is counted from."
        )
    total = add_up(driver.quantity for driver in drivers)
    if method == "fixed" and total != HUNDRED:
        return f"The fixed shares make {as_text(total)} % together: they must make 100 %."
    return ""


def _refuse_direct(pool: Pool, drivers: list[Driver]) -> str:
    total = add_up(driver.quantity for driver in drivers)
    if total != pool.amount:
        return (
            f"The contracts caused {as_text(total)} of {as_text(pool.amount)}: "
            f"{as_text(pool.amount - total + ZERO)} is left. Direct amounts must make the whole pool."
        )
    odd = next((driver for driver in drivers if not is_multiple(driver.quantity, pool.rounding)), None)
    if odd:
        return f"The amount of {odd.target} is {as_text(odd.quantity)}: it must be a multiple of {pool.rounding}."
    return ""
