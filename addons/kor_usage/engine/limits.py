"""Say which thresholds of a limit its use has passed.

Units: thresholds in whole percent of the limit, use and limit in the metric's unit, as decimals that are never
rounded. Errors: ThresholdError with a sentence.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, exact

LIMIT_REACHED = 100
HIGHEST = 1000


class ThresholdError(ValueError):
    """Say in one sentence what is wrong with the thresholds and what would be right."""


def parse_thresholds(text: str) -> tuple[int, ...]:
    """Return the thresholds of a text such as “80, 100”, each once and in order; none of an empty text."""
    parts = [part.strip() for part in (text or "").split(",")]
    if parts == [""]:
        return ()
    for part in parts:
        if not (part.isascii() and part.isdecimal() and 1 <= int(part) <= HIGHEST):
            raise ThresholdError(
                f"“{part}” is no threshold: give whole percentages from 1 to {HIGHEST} with commas between them, "
                "such as 80, 100."
            )
    return tuple(sorted({int(part) for part in parts}))


def passed(used: Decimal, limit: Decimal, thresholds: Sequence[int], known: Collection[int] = ()) -> tuple[int, ...]:
    """Return in order the thresholds that the use has reached and that are not known yet; none without a limit."""
    if limit <= 0:
        return ()
    with exact():
        return tuple(one for one in sorted(thresholds) if one not in known and used * HUNDRED >= limit * one)
