"""Round exact amounts, and divide only where there is something to divide by.

Units: amounts are decimals in a currency's main unit, its rounding is its smallest amount (0.01, 1, 0.05); what is not
rounded yet is a `Fraction`. Ties are rounded away from zero, as Odoo does.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_text, exact

NOTHING = Fraction(0)
HUNDREDTH = Decimal("0.01")
# As `exact` calculates: to open a context takes longer than a product.
_EXACT = Context(prec=50)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Hold a division: what was divided by what, and why there is no value where there is none."""

    numerator: Decimal
    denominator: Decimal
    reason: str = ""

    @property
    def times(self) -> Decimal | None:
        """Return the quotient to hundredths, None where there is a reason against it."""
        return self._rounded(1)

    @property
    def percent(self) -> Decimal | None:
        """Return the quotient in percent, to hundredths, None where there is a reason against it."""
        return self._rounded(100)

    def _rounded(self, factor: int) -> Decimal | None:
        if self.reason:
            return None
        (over, under), (by, part) = self.numerator.as_integer_ratio(), self.denominator.as_integer_ratio()
        return round_ratio(over * part * factor, under * by, HUNDREDTH)


def divide(numerator: Decimal, denominator: Decimal, reason: str) -> Ratio:
    """Return the ratio; where the denominator is zero or less it has the reason instead of a value."""
    return Ratio(numerator, denominator, "" if denominator > 0 else reason)


def round_exact(amount: Fraction, rounding: Decimal) -> Decimal:
    """Round an exact amount to a multiple of the rounding, ties away from zero."""
    return round_ratio(amount.numerator, amount.denominator, rounding)


def round_ratio(numerator: int, denominator: int, rounding: Decimal) -> Decimal:
    """Round a quotient of whole numbers, the denominator above zero, to a multiple of the rounding, as `round_exact`.

    In whole numbers, as thousands of them are rounded: floor(quotient ÷ rounding + ½).
    """
    over, under = rounding.as_integer_ratio()
    units, unit = 2 * abs(numerator) * under, 2 * denominator * over
    count = (units + unit // 2) // unit
    return _EXACT.multiply(count if numerator >= 0 else -count, rounding)


def settle(amounts: Sequence[Fraction], rounding: Decimal) -> tuple[Decimal, ...]:
    """Round amounts of any sign so that they add up to what they add up to exactly, each by less than one unit.

    The method is the largest remainder: all are cut down, the units left over go to the largest remainders, the
    earlier one first among equals. The sum must be a multiple of the rounding, else ValueError.
    """
    unit = Fraction(rounding)
    units = [Fraction(amount) / unit for amount in amounts]
    whole = sum(units, NOTHING)
    if whole.denominator != 1:
        raise ValueError(f"The amounts do not add up to a multiple of {as_text(rounding)}: round their sum first.")
    counts = [one.__floor__() for one in units]
    order = sorted(range(len(units)), key=lambda at: counts[at] - units[at])
    for at in order[: whole.numerator - sum(counts)]:
        counts[at] += 1
    with exact():
        return tuple(count * rounding + ZERO for count in counts)


def share_out(amount: Decimal, quantities: Sequence[Decimal], rounding: Decimal) -> tuple[Decimal, ...]:
    """Split an amount by quantities of zero or more, not all zero: `money.allocate` for thousands, in whole numbers.

    The amount must be a multiple of the rounding.
    """
    with exact():
        places = max(0, *(-one.as_tuple().exponent for one in quantities))
        weights = [int(one.scaleb(places)) for one in quantities]
        units, whole = int(abs(amount) / rounding), sum(weights)
        signed = rounding.copy_sign(amount)
        quotas = [divmod(units * weight, whole) for weight in weights]
        counts = [count for count, _left in quotas]
        order = sorted(range(len(weights)), key=lambda at: (quotas[at][1], at), reverse=True)
        for at in order[: units - sum(counts)]:
            counts[at] += 1
        return tuple(count * signed + ZERO for count in counts)


def is_multiple(amount: Decimal, rounding: Decimal) -> bool:
    """Tell whether an amount needs no rounding."""
    return (Fraction(amount) / Fraction(rounding)).denominator == 1


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum, exactly."""
    with exact():
        return sum(amounts, ZERO)


def add_dicts(parts: Iterable[Mapping[Hashable, Decimal]]) -> dict[Hashable, Decimal]:
    """Return the sums by key."""
    sums: dict[Hashable, Decimal] = defaultdict(lambda: ZERO)
    with exact():
        for part in parts:
            for key, amount in part.items():
                sums[key] += amount
    return sums


def differ(target: Mapping[Hashable, Decimal], booked: Mapping[Hashable, Decimal]) -> dict[Hashable, Decimal]:
    """Return what is still to be booked by key, target less booked, without what is nothing."""
    with exact():
        found = {key: target.get(key, ZERO) - booked.get(key, ZERO) for key in (*target, *booked)}
    return {key: amount for key, amount in found.items() if amount}
