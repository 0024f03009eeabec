"""Put the treatments of a modification side by side, so that one can be chosen by its numbers.

Units: dates; amounts in the contract's currency, in multiples of its rounding. The months of an outcome begin with
the rest of the one in which the modification holds; what falls on its first day at once is told apart.
Source: ASC 606-10-25-10 to 13, IFRS 15.18 to 21.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .delivery import DAY, RecognitionError, next_month
from .recognition import Curve, Version, curve, last_day, to_units

# From the one that leaves all else as it is to the one that treats it as if it had always been so.
ORDER = ("separate", "prospective", "catch_up")


@dataclass(frozen=True, slots=True)
class Outcome:
    """State what a treatment makes of a contract; `refusal` says why it is impossible, empty where it is not."""

    treatment: str
    refusal: str = ""
    total: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)
    catch_up: Decimal = Decimal(0)
    months: tuple[tuple[date, Decimal], ...] = ()

    @property
    def remaining(self) -> Decimal:
        return self.total - self.earned - self.catch_up


def choose(is_distinct: bool, is_standalone: bool, adds_only: bool) -> str:
    """Return the treatment that follows from the answers: is what goes on distinct, what is added sold as if alone."""
    if not is_distinct:
        return "catch_up"
    return "separate" if is_standalone and adds_only else "prospective"


def compare(versions: Sequence[Version], rounding: Decimal, count: int = 12) -> list[Outcome]:
    """Return what each treatment makes of the last version: in all, on its day, in so many months from it on."""
    *before, version = versions
    if not before:
        raise RecognitionError("The first terms of a contract modify nothing; give those before them, too.")
    old = curve(before)
    return [_try(old, before, replace(version, treatment=one), rounding, count) for one in ORDER]


def _try(old: Curve, before: list[Version], version: Version, rounding: Decimal, count: int) -> Outcome:
    try:
        new = curve([*before, version])
    except RecognitionError as error:
        return Outcome(version.treatment, str(error))
    unit = Fraction(rounding)

    def settle(amount: Fraction) -> Decimal:
        return to_units(amount, unit) * rounding

    end = last_day([*before, version])
    earned = settle(old.total(version.day))
    jumped = [one.amount for one in new.jumps if one.day == version.day and one not in old.jumps]
    catch_up = settle(sum(jumped, Fraction(0)))
    months, done, day = [], earned + catch_up, version.day
    while day < end - DAY and len(months) < count:
        after = next_month(day)
        reached = settle(new.total(after))
        months.append((day.replace(day=1), reached - done))
        done, day = reached, after
    return Outcome(version.treatment, "", settle(new.total(end)), earned, catch_up, tuple(months))
