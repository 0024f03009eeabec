"""Take discounts off an amount, one after the other.

Amounts are unrounded decimals in one currency. Discounts stack by sequence, equal ones by position; a
percentage is taken of what the earlier ones left, an amount is meant for a full period and prorated by the
share of it. Dates are half-open: a discount holds from `date_start` to before `date_end`. Errors are
`DiscountError`, or the plain `ValueError` of an amount that is no number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .money import HUNDRED, ZERO, Number, as_number, as_text, exact, prorate, to_decimal

DISCOUNT_KINDS = ("percent", "amount")


class DiscountError(ValueError):
    """Say in a sentence what is wrong with a discount, and what would be right."""


@dataclass(frozen=True)
class Discount:
    """Hold the terms of a discount; `periods` counts billing periods from the first, None for all of them."""

    key: Any
    name: str
    kind: str
    value: Decimal
    sequence: int = 10
    date_start: date | None = None
    date_end: date | None = None
    periods: int | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "value", to_decimal(self.value))
        except ValueError as error:
            raise DiscountError(f"The value of discount “{self.name}” cannot be used. {error}") from None
        _check(self)


@dataclass(frozen=True)
class DiscountStep:
    """Explain one discount: what was there before, what is taken off (zero or above), what is left after."""

    key: Any
    name: str
    kind: str
    value: Decimal
    before: Decimal
    amount: Decimal
    after: Decimal

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON with numbers; the key is passed on as it is."""
        numbers = {name: as_number(getattr(self, name)) for name in ("value", "before", "amount", "after")}
        return {"key": self.key, "name": self.name, "kind": self.kind, **numbers}


def applies(discount: Discount, period_start: date, period_number: int) -> bool:
    """Tell whether the discount holds for the period that starts then, the first one being number 0."""
    started = discount.date_start is None or discount.date_start <= period_start
    ended = discount.date_end is not None and discount.date_end <= period_start
    used_up = discount.periods is not None and discount.periods <= period_number
    return started and not ended and not used_up


def apply_discounts(
    amount: Number, discounts: Iterable[Discount], numerator: int = 1, denominator: int = 1
) -> tuple[Decimal, tuple[DiscountStep, ...]]:
    """Return what is left of the amount and one step for each discount; it never goes below zero.

    From an amount that is negative already nothing is taken off.
    """
    if numerator < 0:
        raise DiscountError(f"The share {numerator}/{denominator} is negative: it must be zero or above.")
    left, steps = to_decimal(amount), []
    with exact():
        for discount in sorted(discounts, key=lambda one: one.sequence):
            taken = min(_offered(discount, left, numerator, denominator), max(left, ZERO))
            after = left - taken
            steps.append(DiscountStep(discount.key, discount.name, discount.kind, discount.value, left, taken, after))
            left = after
    return left, tuple(steps)


def _offered(discount: Discount, left: Decimal, numerator: int, denominator: int) -> Decimal:
    if discount.kind == "percent":
        return max(left, ZERO) * discount.value / HUNDRED
    return prorate(discount.value, numerator, denominator)


def _check(discount: Discount) -> None:
    label = f"Discount “{discount.name}”"
    if discount.kind not in DISCOUNT_KINDS:
        raise DiscountError(f"{label} is of the kind “{discount.kind}”: choose percent or amount.")
    if discount.value < 0:
        raise DiscountError(f"{label} is worth {as_text(discount.value)}: its value must be zero or above.")
    if discount.kind == "percent" and discount.value > HUNDRED:
        raise DiscountError(f"{label} takes off {as_text(discount.value)} %: it can take off 100 % at most.")
    if discount.periods is not None and discount.periods < 1:
        raise DiscountError(f"{label} holds for {discount.periods} periods: give one or more, or none.")
    if discount.date_start and discount.date_end and discount.date_end <= discount.date_start:
        raise DiscountError(
            f"{label} ends on {discount.date_end}: its end must be after its start on {discount.date_start}."
        )
