"""Say what revenue a contract has earned by a day: the target, to which the books are brought by difference.

The price of a contract is spread over its promises by their standalone selling prices, and earned as they are kept:
what is earned is what was delivered, at standalone prices, times one *factor* – the price over the standalone value.
A discount on the whole, a ramp of prices or free months are then nothing special. A modification gives a new factor:

* *prospective*: what is not earned yet, over what is not delivered yet (ASC 606-10-25-13(a), IFRS 15.21(a));
* *catch_up*: the new price over the new whole, as if it had always been so; the difference falls on its day
  (606-10-25-13(b), 15.21(b));
* *separate*: what was added stands alone, with its own factor (606-10-25-12, 15.20). A renewal is one of these.

Where only the price changes, as an estimate of variable consideration does, nothing is modified (*price*): the
difference is shared as the price was, and what of it belongs to the past falls on its day (606-10-32-42 to 44,
15.87 to 89).

Units: dates, half-open spans; money in the contract's currency, exact fractions until `by_month` rounds.
Errors: RecognitionError, a sentence.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .delivery import DAY, NOTHING, Obligation, RecognitionError, check_obligation, delivered, delivered_on
from .series import Series, nearest

TREATMENTS = ("prospective", "catch_up", "separate")
KNOWN = (*TREATMENTS, "price")


@dataclass(frozen=True, slots=True)
class Version:
    """State a contract as it was agreed from a day on: the price of all its promises, kept and to be kept.

    The first version has any treatment; it holds from its first promise.
    """

    day: date
    price: Fraction
    obligations: tuple[Obligation, ...]
    treatment: str = "prospective"

    @property
    def standalone(self) -> Fraction:
        return sum((one.standalone for one in self.obligations), NOTHING)


@dataclass(frozen=True, slots=True)
class Layer:
    """Earn promises at their factors from a day until another; `less` are those that other layers earn already."""

    start: date
    end: date
    obligations: Mapping[Any, Obligation]
    factors: Mapping[Any, Fraction]
    less: Mapping[Any, Obligation]

    def earned_on(self, key: Any, days: tuple[date, ...]) -> Series | None:
        """Return what is earned before each of some days, None where the layer knows nothing of the promise."""
        if key not in self.factors:
            return None
        if days[0] < self.start or days[-1] > self.end:
            days = tuple(min(max(day, self.start), self.end) for day in days)
        gained = self._delivered_on(key, days)
        if self.start > date.min:
            gained = gained.less(self._delivered_on(key, (self.start,)).last)
        return gained.times(self.factors[key])

    def whole(self, key: Any) -> Fraction:
        """Return what the layer comes to once all is delivered, or where it ends before."""
        if key not in self.factors:
            return NOTHING
        if self.end < date.max:
            return self.earned_on(key, (self.end,)).last
        more, less = self.obligations.get(key), self.less.get(key)
        left = (more.standalone if more else NOTHING) - (less.standalone if less else NOTHING)
        if self.start > date.min:
            left -= self._delivered_on(key, (self.start,)).last
        return self.factors[key] * left

    def _delivered_on(self, key: Any, days: tuple[date, ...]) -> Series:
        more, less = self.obligations.get(key), self.less.get(key)
        result = delivered_on(more, days) if more else Series((0,) * len(days))
        return result - delivered_on(less, days) if less else result


@dataclass(frozen=True, slots=True)
class Jump:
    """Earn, or take back, an amount on one day."""

    day: date
    key: Any
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Curve:
    """Tell for each promise what is earned by any day; it differs from `before` only from the day `changed` on."""

    layers: tuple[Layer, ...] = ()
    jumps: tuple[Jump, ...] = ()
    changed: date = date.min
    before: "Curve | None" = None

    def earned(self, key: Any, day: date) -> Fraction:
        """Return what is earned before a day."""
        return self.earned_on(key, (day,)).last

    def earned_on(self, key: Any, days: tuple[date, ...]) -> Series:
        """Return what is earned before each of some days, in their order."""
        jumps = [one for one in self.jumps if one.key == key]
        parts = [part for one in self.layers if (part := one.earned_on(key, days))]
        if jumps or not parts:
            parts.append(Series.of(sum((one.amount for one in jumps if one.day < day), NOTHING) for day in days))
        return sum(parts[1:], parts[0])

    def total(self, day: date) -> Fraction:
        return sum((self.earned(key, day) for key in self.keys()), NOTHING)

    def keys(self) -> list[Any]:
        return list(
            dict.fromkeys([key for one in self.layers for key in one.factors] + [one.key for one in self.jumps])
        )

    def whole(self, key: Any) -> Fraction:
        """Return what is earned once all that was promised has been delivered; of all promises, the price."""
        jumped = sum((one.amount for one in self.jumps if one.key == key), NOTHING)
        return sum((one.whole(key) for one in self.layers), jumped)

    def promised_end(self, key: Any) -> date:
        """Return the first day after the promise as it was made, whatever the facts are."""
        live = [one.obligations[key].end for one in self.layers if one.end == date.max and key in one.obligations]
        return max([date.min, *live, *(one.day + DAY for one in self.jumps if one.key == key)])

    def history(self) -> list["Curve"]:
        """Return the curves that held one after the other, this one as the last."""
        found: list[Curve] = [self]
        while found[-1].before is not None:
            found.append(found[-1].before)
        return found[::-1]

    def cut(self, day: date) -> "Curve":
        """Return what stays of the curve where something else holds from a day on."""
        layers = (replace(one, end=min(one.end, day)) for one in self.layers)
        return Curve(
            tuple(one for one in layers if one.start < one.end), tuple(one for one in self.jumps if one.day < day)
        )


def curve(versions: Iterable[Version]) -> Curve:
    """Return what is earned under versions in the order in which they were agreed.

    One that holds from an earlier day than those before it replaces them from that day on.
    """
    result, before = Curve(), None
    for version in _valued(tuple(versions)):
        _check(version, before)
        found = _modify(result, version, before)
        result = found if before is None else replace(found, changed=version.day, before=result)
        before = version
    return result


def _valued(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    """Let days stand for standalone prices where none is needed: of a sole promise and of residual ones."""
    is_sole = len({one.key for version in versions for one in version.obligations}) == 1
    unpriced = {one.key for version in versions for one in version.obligations if is_sole or one.is_residual} - {
        one.key for version in versions for one in version.obligations if one.standalone
    }
    return tuple(_value_by_days(version, unpriced) for version in versions) if unpriced else versions


def _value_by_days(version: Version, keys: Set[Any]) -> Version:
    if version.price < version.standalone:
        raise RecognitionError(
            f"The price of {version.price} leaves nothing for a promise without a standalone price, as the others "
            f"alone are worth {version.standalone}; give it one."
        )
    return replace(version, obligations=tuple(_by_days(one) if one.key in keys else one for one in version.obligations))


def _by_days(obligation: Obligation) -> Obligation:
    stretches = (replace(one, value=Fraction((one.end - one.start).days)) for one in obligation.stretches)
    return replace(obligation, stretches=tuple(stretches))


def _modify(old: Curve, version: Version, before: Version | None) -> Curve:
    if before is None:
        return _earn_all(version, date.min, Curve())
    if version.treatment == "separate":
        return _add(old, version, before)
    if version.treatment == "catch_up":
        return _catch_up(old, version)
    if version.treatment == "price":
        return _reprice(old, version, before)
    return _earn_all(version, version.day, old.cut(version.day))


def _earn_all(version: Version, start: date, kept: Curve) -> Curve:
    """Earn what is not earned yet over what is not delivered yet."""
    by_key = _by_key(version)
    left = {key: one.standalone - delivered(one, start) for key, one in by_key.items()}
    pool = version.price - kept.total(start)
    factors = _factors(pool, left, by_key)
    if factors is None:
        return replace(kept, jumps=kept.jumps + _spread(pool, start, by_key))
    return replace(kept, layers=(*kept.layers, Layer(start, date.max, by_key, factors, {})))


def _catch_up(old: Curve, version: Version) -> Curve:
    by_key = _by_key(version)
    whole = {key: one.standalone for key, one in by_key.items()}
    factors, kept = _factors(version.price, whole, by_key), old.cut(version.day)
    if factors is None:
        return replace(kept, jumps=kept.jumps + _spread(version.price - kept.total(version.day), version.day, by_key))
    due = {key: factors[key] * delivered(one, version.day) for key, one in by_key.items()}
    jumps = [
        Jump(version.day, key, due.get(key, NOTHING) - kept.earned(key, version.day))
        for key in dict.fromkeys([*kept.keys(), *by_key])
    ]
    layer = Layer(version.day, date.max, by_key, factors, {})
    return Curve((*kept.layers, layer), kept.jumps + tuple(one for one in jumps if one.amount))


def _reprice(old: Curve, version: Version, before: Version) -> Curve:
    """Share a change of the price alone as the price is shared, from the beginning of the promises."""
    by_key, change = _by_key(version), version.price - before.price
    whole = {key: one.standalone for key, one in by_key.items()}
    shares = _factors(before.price or Fraction(1), whole, by_key)
    if shares is None:
        return replace(old, jumps=old.jumps + _spread(change, version.day, by_key))
    worth = sum((share * whole[key] for key, share in shares.items()), NOTHING)
    factors = {key: change * share / worth for key, share in shares.items()}
    jumps = (Jump(version.day, key, factors[key] * delivered(one, version.day)) for key, one in by_key.items())
    layer = Layer(version.day, date.max, by_key, factors, {})
    return Curve((*old.layers, layer), old.jumps + tuple(one for one in jumps if one.amount))


def _add(old: Curve, version: Version, before: Version) -> Curve:
    """Let what was added stand alone."""
    by_key, less = _by_key(version), _by_key(before)
    added = {}
    for key in dict.fromkeys([*by_key, *less]):
        new, known = by_key.get(key), less.get(key)
        added[key] = (new.standalone - delivered(new, version.day) if new else NOTHING) - (
            known.standalone - delivered(known, version.day) if known else NOTHING
        )
    pool = version.price - before.price
    value = sum(added.values(), NOTHING)
    if pool < 0 or any(amount < 0 for amount in added.values()):
        raise RecognitionError(
            "A modification that takes something away cannot stand alone; treat it prospectively or catch up."
        )
    if not value:
        new = {key: one for key, one in by_key.items() if one != less.get(key)}
        return replace(old, jumps=old.jumps + _spread(pool, version.day, new or by_key))
    factors = {key: pool / value for key, amount in added.items() if amount}
    return replace(old, layers=(*old.layers, Layer(version.day, date.max, by_key, factors, less)))


def _factors(
    pool: Fraction, left: Mapping[Any, Fraction], by_key: Mapping[Any, Obligation]
) -> dict[Any, Fraction] | None:
    """Return for each promise what it earns per unit of standalone value, None where nothing is left to deliver."""
    whole = sum(left.values(), NOTHING)
    if not whole:
        return None
    residual = sum((value for key, value in left.items() if by_key[key].is_residual), NOTHING)
    rest = pool - (whole - residual)
    if not residual or residual == whole or rest < 0:
        # A residual below nothing shows that the others' standalone prices do not hold: all share the price.
        return dict.fromkeys(left, pool / whole)
    return {key: rest / residual if by_key[key].is_residual else Fraction(1) for key in left}


def _spread(pool: Fraction, day: date, by_key: Mapping[Any, Obligation]) -> tuple[Jump, ...]:
    """Earn at once what belongs to promises that are all kept, by their standalone values."""
    if not pool:
        return ()
    whole = sum((one.standalone for one in by_key.values()), NOTHING)
    if not whole:
        return (Jump(day, next(iter(by_key)), pool),)
    return tuple(Jump(day, key, pool * one.standalone / whole) for key, one in by_key.items() if one.standalone)


def _by_key(version: Version) -> dict[Any, Obligation]:
    return {one.key: one for one in version.obligations}


def _check(version: Version, before: Version | None) -> None:
    if version.treatment not in KNOWN:
        known = ", ".join(KNOWN)
        raise RecognitionError(f"The treatment {version.treatment!r} is unknown; it must be one of {known}.")
    if not version.obligations:
        raise RecognitionError("A contract without a promise has no revenue; give at least one obligation.")
    if len(_by_key(version)) < len(version.obligations):
        raise RecognitionError("Two promises have the same key; each needs its own.")
    for obligation in version.obligations:
        check_obligation(obligation)
    if before is None and version.price < 0:
        raise RecognitionError(f"A price of {version.price} is negative; it must be 0 or more.")
    if before is None and version.price and not version.standalone:
        raise RecognitionError(
            f"Promises without standalone prices cannot share a price of {version.price}; give at least one of them."
        )


def allocated(version: Version, rounding: Decimal) -> dict[Any, Decimal]:
    """Return the price by promise as it is agreed at signature, rounded so that the sum is the price.

    Source: ASC 606-10-32-31 to 34, IFRS 15.76 to 79. The promise that ends last takes what rounding leaves.
    """
    [version] = _valued((version,))
    _check(version, None)
    factors = _factors(version.price, {one.key: one.standalone for one in version.obligations}, _by_key(version))
    exact = {one.key: (factors or {}).get(one.key, NOTHING) * one.standalone for one in version.obligations}
    last = max(version.obligations, key=lambda one: (one.end, exact[one.key])).key
    return settle_totals(exact, last, rounding)


def settle_totals(exact: Mapping[Any, Fraction], last: Any, rounding: Decimal) -> dict[Any, Decimal]:
    """Round amounts each by itself; the one that is named takes what remains."""
    unit = Fraction(rounding)
    counts = {key: to_units(amount, unit) for key, amount in exact.items()}
    if exact:
        counts[last] += to_units(sum(exact.values(), NOTHING), unit) - sum(counts.values())
    return {key: count * rounding for key, count in counts.items()}


def to_units(amount: Fraction, unit: Fraction) -> int:
    """Return how many of the currency's smallest amounts it is, halves away from zero."""
    return nearest(amount.numerator * unit.denominator, amount.denominator * unit.numerator)


def standalone_after(version: Version, day: date) -> Fraction:
    """Return what is still to be delivered from a day on, at standalone prices."""
    return sum((one.standalone - delivered(one, day) for one in version.obligations), NOTHING)


def first_day(versions: Sequence[Version]) -> date:
    """Return a day before which nothing is earned."""
    return min(min(_days(version)) for version in versions)


def last_day(versions: Sequence[Version]) -> date:
    """Return a day after all that is earned, also at once on the day of a modification."""
    return max(max(_days(version)) for version in versions) + DAY


def _days(version: Version) -> list[date]:
    stretches = [day for one in version.obligations for part in one.stretches for day in (part.start, part.end)]
    return [version.day, *stretches, *(fact.day for one in version.obligations for fact in one.progress)]
