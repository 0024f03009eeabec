"""Turn what was missed into credits.

Units: percentages of the fees of a period; amounts in the contract's currency. Only `settle` rounds: the sum once, to
the currency's rounding, then the parts so that they add up to it.
Errors: BandError and CreditError, whose text is a sentence that says what is wrong and what would be right.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, ZERO, allocate, as_text, exact, round_money

KINDS = ("uptime", "response", "resolution")


class BandError(ValueError):
    """Say in one sentence what is wrong with a table of credits and what would be right."""


class CreditError(ValueError):
    """Say in one sentence what is wrong with a credit and what would be right."""


@dataclass(frozen=True, slots=True)
class Band:
    """Give a credit for an uptime from a percentage (inclusive) to another (exclusive)."""

    start: Decimal
    end: Decimal
    percent: Decimal


def check_bands(bands: Iterable[Band], target: Decimal) -> None:
    """Raise BandError where an uptime below the target has no credit, or more than one."""
    bands = sorted(bands, key=lambda one: (one.start, one.end))
    if not 0 < target <= HUNDRED:
        raise BandError(f"A target of {as_text(target)} % is impossible; it must be above 0 and at most 100.")
    if not bands:
        raise BandError(f"No uptime has a credit; give the bands from 0 up to the target of {as_text(target)} %.")
    for band in bands:
        _check_band(band)
    reached = ZERO
    for band in bands:
        if band.start != reached:
            _refuse(reached, band.start)
        reached = band.end
    if reached < target:
        raise BandError(
            f"Uptimes from {as_text(reached)} up to the target of {as_text(target)} % have no credit; the last band "
            "must end at the target."
        )
    if reached > target:
        raise BandError(
            f"The bands reach up to {as_text(reached)} %, beyond the target of {as_text(target)} %; the last one must "
            "end at the target."
        )


def _check_band(band: Band) -> None:
    if band.end <= band.start:
        raise BandError(
            f"A band from {as_text(band.start)} % ends below {as_text(band.end)} %; it must end above its start."
        )
    if not 0 <= band.percent <= HUNDRED:
        raise BandError(f"A credit of {as_text(band.percent)} % is impossible; it must lie between 0 and 100.")


def _refuse(reached: Decimal, start: Decimal) -> None:
    if start > reached:
        raise BandError(
            f"Uptimes from {as_text(reached)} up to {as_text(start)} % have no credit; each band must start where the "
            "one below it ends, the lowest at 0."
        )
    if start < 0:
        raise BandError(f"A band starts at {as_text(start)} %; the lowest must start at 0.")
    raise BandError(
        f"Uptimes from {as_text(start)} up to {as_text(reached)} % have more than one credit; each band must start "
        "where the one below it ends."
    )


def band_of(bands: Iterable[Band], availability: Fraction) -> Band | None:
    """Return the band of an unrounded availability, None where there is none, as when the target is met."""
    return next((band for band in bands if Fraction(band.start) <= availability < Fraction(band.end)), None)


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask for a percentage of the fees; `why` is handed on as it is."""

    key: Hashable
    kind: str
    percent: Decimal
    why: Any = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise CreditError(f"A credit for “{self.kind}” is unknown; it must be one of {', '.join(KINDS)}.")
        if self.percent < 0:
            raise CreditError(f"A credit of {as_text(self.percent)} % is negative; it must be 0 or more.")


@dataclass(frozen=True, slots=True)
class Line:
    """State what a claim is worth by itself, unrounded, and what is given for it."""

    claim: Claim
    raw: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
    """State what the claims of a period are worth by themselves, and what is given for them together."""

    lines: tuple[Line, ...]
    raw: Decimal
    total: Decimal
    capped: bool
    below_minimum: bool


def settle(
    claims: Iterable[Claim], base: Decimal, cap_percent: Decimal, minimum: Decimal, rounding: Decimal
) -> Settlement:
    """Return the credits of a period: capped together, nothing where they are no more than the minimum.

    Where fees are nothing or less, so are credits. Never is more given than the cap, not by rounding either.
    """
    claims = tuple(claims)
    if cap_percent < 0 or minimum < 0:
        raise CreditError("The cap and the minimum of credits must be 0 or more.")
    base = max(base, ZERO)
    with exact():
        raws = [base * claim.percent / HUNDRED for claim in claims]
        raw = sum(raws, ZERO)
        cap = base * cap_percent / HUNDRED
        ceiling = (cap / rounding).to_integral_value(ROUND_FLOOR) * rounding
    total = min(round_money(raw, rounding), ceiling)
    below_minimum = bool(raw) and total <= minimum
    if below_minimum:
        total = ZERO
    amounts = allocate(total, [claim.percent for claim in claims], rounding) if total else [ZERO] * len(claims)
    lines = tuple(map(Line, claims, raws, amounts))
    return Settlement(lines, raw, total, raw > cap, below_minimum)
