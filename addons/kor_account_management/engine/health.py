"""The health of a customer: what is known of it, weighted; what is not known is never a bad mark.

Readings are in the unit of their component (a percentage, days, a number of breaches). A weight says at which reading
the component scores 0 and at which 100; in between it goes straight, and beyond both it stays. The score is the mean
of the known components by their weights, and the coverage says how much of the weights that is. Everything is exact:
`Decimal` in, `Fraction` inside, rounded only where a record holds it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

FULL = Fraction(100)


class HealthError(ValueError):
    """Say in a sentence what is wrong with a model of health."""


@dataclass(frozen=True)
class Weight:
    """How much a component counts, and what its readings mean.

    :param weight: share of the whole in percent, more than 0
    :param worst: the reading that scores 0
    :param best: the reading that scores 100, on either side of the worst
    """

    component: str
    weight: Decimal
    worst: Decimal
    best: Decimal


@dataclass(frozen=True)
class Bands:
    """Where the bands begin, as scores; with less coverage than the least, in percent, there is no band."""

    healthy: Decimal
    watch: Decimal
    least_coverage: Decimal = Decimal(0)


@dataclass(frozen=True)
class Part:
    """What a component adds. Of an unknown one, score and points are None.

    :param points: what it adds to the score
    :param lost: what it takes away from the 100, among the known ones
    """

    component: str
    reading: Decimal | None
    score: Fraction | None
    weight: Decimal
    points: Fraction | None
    lost: Fraction | None


@dataclass(frozen=True)
class Health:
    """The score from 0 to 100, None where nothing is known; the coverage in percent; the parts, worst first."""

    score: Fraction | None
    coverage: Fraction
    band: str
    parts: tuple[Part, ...]

    @property
    def reasons(self) -> tuple[Part, ...]:
        """Return the known parts that take something away, the most first."""
        return tuple(part for part in self.parts if part.lost)


def check_weights(weights: Iterable[Weight]) -> None:
    """Raise HealthError unless the weights are more than 0, name each component once and make 100 together."""
    weights = tuple(weights)
    names = [one.component for one in weights]
    if len(set(names)) < len(names):
        raise HealthError("Each component has one weight.")
    for one in weights:
        if one.weight <= 0:
            raise HealthError(f"The weight of {one.component} is {one.weight}: it must be more than 0, or left out.")
        if one.worst == one.best:
            raise HealthError(f"The worst and the best reading of {one.component} are the same: {one.worst}.")
    total = sum((one.weight for one in weights), Decimal(0))
    if total != 100:
        raise HealthError(f"The weights make {total} together: they must make 100.")


def score_reading(weight: Weight, reading: Decimal) -> Fraction:
    """Return the score of a reading, from 0 to 100."""
    worst, best = Fraction(weight.worst), Fraction(weight.best)
    share = (Fraction(reading) - worst) / (best - worst)
    return max(Fraction(0), min(FULL, share * 100))


def measure(readings: Mapping[str, Decimal | None], weights: Iterable[Weight], bands: Bands) -> Health:
    """Return the health that readings by component make; a missing one and None are unknown alike.

    The weights need not make 100: they count by their share of all that are given.
    """
    weights = tuple(weights)
    whole = sum((Fraction(one.weight) for one in weights), Fraction(0))
    scores = {
        one.component: None if readings.get(one.component) is None else score_reading(one, readings[one.component])
        for one in weights
    }
    known = sum((Fraction(one.weight) for one in weights if scores[one.component] is not None), Fraction(0))
    parts = tuple(_part(one, readings.get(one.component), scores[one.component], known) for one in weights)
    score = sum((part.points for part in parts if part.points is not None), Fraction(0)) if known else None
    coverage = known / whole * 100 if whole else Fraction(0)
    ordered = sorted(parts, key=lambda part: (part.lost is None, -(part.lost or 0)))
    return Health(score, coverage, _band(score, coverage, bands), tuple(ordered))


def _part(weight: Weight, reading: Decimal | None, score: Fraction | None, known: Fraction) -> Part:
    if score is None:
        return Part(weight.component, None, None, weight.weight, None, None)
    share = Fraction(weight.weight) / known
    return Part(weight.component, reading, score, weight.weight, score * share, (FULL - score) * share)


def _band(score: Fraction | None, coverage: Fraction, bands: Bands) -> str:
    if score is None or coverage < Fraction(bands.least_coverage):
        return "unknown"
    if score >= Fraction(bands.healthy):
        return "healthy"
    return "watch" if score >= Fraction(bands.watch) else "at_risk"
