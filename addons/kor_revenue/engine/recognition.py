"""Say what revenue a contract has earned by a day: the target, to which the books are brought by difference.

The price of a contract is spread over its promises by their standalone selling prices, and earned as they are kept:
what is earned is what was delivered, at standalone prices, times one *factor* – the price over the standalone value.
A discount on the whole, a ramp of prices or free months are then nothing special. A modification gives a new factor:

* *prospective*: what is not earned yet, over what is not delivered yet (ASC 606-10-25-13(a), IFRS 15.21(a));
* *catch_up*: the new price over the new whole, as if it had always been so; the difference falls on its day
  (606-10-25-13(b), 15.21(b));
* *separate*: what was added stands alone, with its own factor (606-10-25-12, 15.20). A renewal is one of these.

Units: dates, half-open spans; money in the contract's currency, exact fractions until `by_month` rounds.
Errors: RecognitionError, a sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .delivery import DAY, NOTHING, Obligation, RecognitionError, check_obligation, delivered

TREATMENTS = ("prospective", "catch_up", "separate")


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

    def earned(self, key: Any, day: date) -> Fraction:
        day = min(day, self.end)
        if day <= self.start or key not in self.factors:
            return NOTHING
        return self.factors[key] * (self._delivered(key, day) - self._delivered(key, self.start))

    def _delivered(self, key: Any, day: date) -> Fraction:
        more, less = self.obligations.get(key), self.less.get(key)
        return (delivered(more, day) if more else NOTHING) - (delivered(less, day) if less else NOTHING)


@dataclass(frozen=True, slots=True)
class Jump:
    """Earn, or take back, an amount on one day."""

    day: date
    key: Any
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Curve:
    """Tell for each promise what is earned by any day."""

    layers: tuple[Layer, ...] = ()
    jumps: tuple[Jump, ...] = ()

    def earned(self, key: Any, day: date) -> Fraction:
        """Return what is earned before a day."""
        jumped = (one.amount for one in self.jumps if one.key == key and one.day < day)
        return sum((one.earned(key, day) for one in self.layers), NOTHING) + sum(jumped, NOTHING)

    def total(self, day: date) -> Fraction:
        return sum((self.earned(key, day) for key in self.keys()), NOTHING)

    def keys(self) -> list[Any]:
        return list(
            dict.fromkeys([key for one in self.layers for key in one.factors] + [one.key for one in self.jumps])
        )

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
    for version in versions:
        _check(version, before)
        result = _modify(result, version, before)
        before = version
    return result


def _modify(old: Curve, version: Version, before: Version | None) -> Curve:
    if before is None:
        return _earn_all(version, date.min, Curve())
    if version.treatment == "separate":
        return _add(old, version, before)
    if version.treatment == "catch_up":
        return _catch_up(old, version)
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
    jumps = [
        Jump(
            version.day,
            key,
            factors.get(key, NOTHING) * (delivered(by_key[key], version.day) if key in by_key else NOTHING)
            - kept.earned(key, version.day),
        )
        for key in dict.fromkeys([*kept.keys(), *by_key])
    ]
    layer = Layer(version.day, date.max, by_key, factors, {})
    return Curve((*kept.layers, layer), kept.jumps + tuple(one for one in jumps if one.amount))


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
    if value < 0 or pool < 0 or any(amount < 0 for amount in added.values()):
        raise RecognitionError(
            "A modification that takes something away cannot stand alone; treat it prospectively or catch up."
        )
    if not value:
        return replace(old, jumps=old.jumps + _spread(pool, version.day, by_key))
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
    if version.treatment not in TREATMENTS:
        known = ", ".join(TREATMENTS)
        raise RecognitionError(f"The treatment {version.treatment!r} is unknown; it must be one of {known}.")
    if not version.obligations:
        raise RecognitionError("A contract without a promise has no revenue; give at least one obligation.")
    if len(_by_key(version)) < len(version.obligations):
        raise RecognitionError("Two promises have the same key; each needs its own.")
    for obligation in version.obligations:
        check_obligation(obligation)
    if before is None and version.price < 0:
        raise RecognitionError(f"A price of {version.price} is negative; it must be 0 or more.")


@dataclass(frozen=True, slots=True)
class Share:
    """Say what a version gives a promise: of a `pool` over a standalone value of `whole`, for its `own` part of it.

    `kept` is what the promise has from the terms before, `kept_in_all` what all of them have.
    """

    pool: Fraction
    whole: Fraction
    own: Fraction
    amount: Fraction
    kept: Fraction = NOTHING
    kept_in_all: Fraction = NOTHING

    @property
    def total(self) -> Fraction:
        return self.kept + self.amount


def shares(versions: Sequence[Version]) -> list[dict[Any, Share]]:
    """Return for each of the versions, in their order, the part that each promise has in its price."""
    result: list[dict[Any, Share]] = []
    old, before, earlier = Curve(), None, None
    for version in versions:
        if before:
            old = _modify(old, before, earlier)
        if before and version.treatment == "separate":
            result.append(_share_added(version, before, result[-1]))
        else:
            is_new = before is None or version.treatment == "catch_up"
            result.append(_share_all(version, date.min if is_new else version.day, Curve() if is_new else old))
        before, earlier = version, before
    return result


def _share_all(version: Version, start: date, old: Curve) -> dict[Any, Share]:
    by_key, kept = _by_key(version), old.cut(start)
    own = {key: one.standalone - delivered(one, start) for key, one in by_key.items()}
    in_all = kept.total(start)
    pool, whole = version.price - in_all, sum(own.values(), NOTHING)
    factors = _factors(pool, own, by_key)
    at_once = {one.key: one.amount for one in _spread(pool, start, by_key)} if factors is None else {}
    return {
        key: Share(
            pool, whole, value, (factors or {}).get(key, NOTHING) * value + at_once.get(key, NOTHING),
            kept.earned(key, start), in_all,
        )
        for key, value in own.items()
    }  # fmt: skip


def _share_added(version: Version, before: Version, last: Mapping[Any, Share]) -> dict[Any, Share]:
    by_key, less = _by_key(version), _by_key(before)
    own = {
        key: one.standalone
        - delivered(one, version.day)
        - (less[key].standalone - delivered(less[key], version.day) if key in less else NOTHING)
        for key, one in by_key.items()
    }
    pool, whole = version.price - before.price, sum(own.values(), NOTHING)
    at_once = {one.key: one.amount for one in _spread(pool, version.day, by_key)} if not whole else {}
    return {
        key: Share(
            pool, whole, value, pool * value / whole if whole else at_once.get(key, NOTHING),
            last[key].total if key in last else NOTHING, before.price,
        )
        for key, value in own.items()
    }  # fmt: skip


def allocated(version: Version, rounding: Decimal) -> dict[Any, Decimal]:
    """Return the price by promise as it is agreed at signature, rounded so that the sum is the price."""
    factors = _factors(version.price, {one.key: one.standalone for one in version.obligations}, _by_key(version))
    exact = {one.key: (factors or {}).get(one.key, NOTHING) * one.standalone for one in version.obligations}
    last = max(version.obligations, key=lambda one: (one.end, exact[one.key])).key
    return settle_totals(exact, last, rounding)


def settle_totals(exact: Mapping[Any, Fraction], last: Any, rounding: Decimal) -> dict[Any, Decimal]:
    """Round amounts each by itself; the one that is named takes what remains."""
    unit = Fraction(rounding)
    counts = {key: nearest(amount / unit) for key, amount in exact.items()}
    if exact:
        counts[last] += nearest(sum(exact.values(), NOTHING) / unit) - sum(counts.values())
    return {key: count * rounding for key, count in counts.items()}


def nearest(number: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    whole = (2 * abs(number.numerator) + number.denominator) // (2 * number.denominator)
    return whole if number >= 0 else -whole


def standalone_after(version: Version, day: date) -> Fraction:
    """Return what is still to be delivered from a day on, at standalone prices."""
    return sum((one.standalone - delivered(one, day) for one in version.obligations), NOTHING)


def last_day(versions: Sequence[Version]) -> date:
    """Return the first day after all that was promised in any of the versions."""
    return max(max(one.end for one in version.obligations) for version in versions) + DAY
