"""Convert, round, prorate and allocate amounts of money.

Amounts are decimals in the currency's main unit; its rounding is its smallest amount (0.01, 1, 0.05).
Only `round_money` and `allocate` round. Errors are `ValueError` with a sentence.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction

Number = int | float | str | Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
# Leaves room for the product of two such numbers, with their decimals, in 50 digits.
LIMIT = Decimal(10) ** 24

_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=_TRAPS)
_SETTLED = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=_TRAPS)


def exact() -> AbstractContextManager[Context]:
    """Open the 50-digit context in which the engines calculate, whatever the thread's own one is."""
    return localcontext(_EXACT)


def to_decimal(value: Number) -> Decimal:
    """Return the number as a finite decimal; a float is read by its shortest representation (0.1 is 0.1)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(f"{value!r} is not a number: give an integer, a decimal or a text such as 12.50.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        message = f"“{value}” is not a number: write digits with a decimal point, such as 1250.50."
        raise ValueError(message) from None
    if not number.is_finite():
        raise ValueError(f"“{value}” is not a number that can be counted with: give a finite one.")
    if number.copy_abs() >= LIMIT:
        raise ValueError(f"{value} is too large: numbers must be below {LIMIT:,f}.")
    return number


def as_number(value: Decimal) -> int | float:
    """Return the decimal as a JSON number: an int where it is whole, else the nearest float."""
    return int(value) if value == value.to_integral_value() else float(value)


def as_text(value: Decimal) -> str:
    """Return the decimal as digits for a sentence, without an exponent or trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def round_money(amount: Number, rounding: Number) -> Decimal:
    """Round the amount to a multiple of the currency's rounding, ties away from zero (Odoo's HALF-UP)."""
    value, unit = to_decimal(amount), _to_unit(rounding)
    # Chained divisions leave an error in the 50th digit, which must not decide a tie. All is rounded with this, so the
    # context of `exact` is asked by itself: to open it takes longer than the sum.
    multiple = _SETTLED.plus(_EXACT.divide(value.copy_abs(), unit)).to_integral_value(ROUND_HALF_UP)
    # Adding zero turns a negative zero into zero.
    return _EXACT.add(_EXACT.multiply(multiple, unit).copy_sign(value), ZERO)


def prorate(amount: Number, numerator: int, denominator: int) -> Decimal:
    """Return the unrounded share numerator/denominator of the amount; multiplies first, divides once."""
    if denominator <= 0:
        raise ValueError(f"A share out of {denominator} cannot be taken: the denominator must be above zero.")
    with exact():
        return to_decimal(amount) * numerator / denominator


def allocate(total: Number, weights: Iterable[Number], rounding: Number) -> tuple[Decimal, ...]:
    """Split the total over the weights in multiples of the rounding, so that the parts add up to it exactly.

    The method is the largest remainder: every part is cut down, then the units left over go to the largest
    remainders, the later part first among equal ones. A negative total mirrors the positive one. The total
    must be a multiple of the rounding itself, and weights must not be negative.
    """
    value, unit, shares = to_decimal(total), _to_unit(rounding), _to_weights(weights)
    units = Fraction(value.copy_abs()) / Fraction(unit)
    if units.denominator != 1:
        raise ValueError(f"{as_text(value)} is not a multiple of {as_text(unit)}: round it first.")
    with exact():
        signed_unit = unit.copy_sign(value)
        return tuple(count * signed_unit + ZERO for count in _largest_remainder(units.numerator, shares))


def _largest_remainder(units: int, shares: list[Fraction]) -> list[int]:
    whole = sum(shares)
    if not units:
        return [0] * len(shares)
    if not whole:
        raise ValueError("An amount cannot be split over nothing: give at least one weight above zero.")
    quotas = [units * share / whole for share in shares]
    counts = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(shares)), key=lambda i: (quotas[i] - counts[i], i), reverse=True)
    for i in by_remainder[: units - sum(counts)]:
        counts[i] += 1
    return counts


def _to_unit(rounding: Number) -> Decimal:
    unit = to_decimal(rounding)
    if unit <= 0:
        raise ValueError(f"A rounding of {as_text(unit)} is impossible: it must be above zero, such as 0.01.")
    return unit


def _to_weights(weights: Iterable[Number]) -> list[Fraction]:
    numbers = [to_decimal(weight) for weight in weights]
    for number in numbers:
        if number < 0:
            raise ValueError(f"A weight of {as_text(number)} is negative: weights must be zero or above.")
    return [Fraction(number) for number in numbers]
