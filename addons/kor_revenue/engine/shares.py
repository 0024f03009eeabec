"""Say what each version of a contract's terms gives each of its promises: what an explanation tells.

Units: as in `recognition`; exact fractions. What a share comes to is read off the curve, so that no explanation says
anything else than what is booked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .delivery import NOTHING, delivered
from .recognition import Curve, Version, curve

# These leave what was earned, and what is still to be earned, by the terms before.
ADDING = ("separate", "price")


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
    curves = curve(versions).history() if versions else []
    result, before = [], None
    for version, found in zip(versions, curves, strict=True):
        earlier = found.before or Curve()
        kept = _keep(version, before, earlier)
        own = _own(version, before)
        in_all = before.price if before and version.treatment in ADDING else sum(kept.values(), NOTHING)
        whole = sum(own.values(), NOTHING)
        result.append(
            {
                key: Share(
                    version.price - in_all,
                    whole,
                    value,
                    found.whole(key) - kept.get(key, NOTHING),
                    kept.get(key, NOTHING),
                    in_all,
                )
                for key, value in own.items()
            }
        )
        before = version
    return result


def _keep(version: Version, before: Version | None, earlier: Curve) -> dict[Any, Fraction]:
    """Return what the promises have from the terms before."""
    if before is None or version.treatment == "catch_up":
        return {}
    if version.treatment in ADDING:
        return {key: earlier.whole(key) for key in earlier.keys()}
    return {key: earlier.earned(key, version.day) for key in earlier.keys()}


def _own(version: Version, before: Version | None) -> dict[Any, Fraction]:
    """Return the standalone values among which the version shares its pool."""
    by_key = {one.key: one for one in version.obligations}
    if before is None or version.treatment in ("catch_up", "price"):
        return {key: one.standalone for key, one in by_key.items()}
    left = {key: one.standalone - delivered(one, version.day) for key, one in by_key.items()}
    if version.treatment != "separate":
        return left
    known = {one.key: one.standalone - delivered(one, version.day) for one in before.obligations}
    return {key: value - known.get(key, NOTHING) for key, value in left.items()}
