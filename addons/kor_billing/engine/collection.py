"""When to charge again after a declined charge, and which dunning step an overdue invoice has come to.

Units: dates in the contract's time zone, whole days. Errors: CollectionError, whose text says what would be right.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

MOST_RETRIES = 20
LAST_DAY = 365
DAY = timedelta(days=1)


class CollectionError(ValueError):
    """Say in one sentence what is wrong with the days and what would be right."""


@dataclass(frozen=True)
class Step:
    """One dunning step: so many days after the due date."""

    key: Hashable
    days: int


def parse_days(text: str) -> tuple[int, ...]:
    """Return the retry days of a text such as “3, 5, 7”; none of an empty text."""
    parts = [part.strip() for part in (text or "").split(",")]
    if parts == [""]:
        return ()
    for part in parts:
        if not (part.isascii() and part.isdecimal() and 1 <= int(part) <= LAST_DAY):
            raise CollectionError(
                f"“{part}” is no retry day: give whole days after the first attempt, from 1 to {LAST_DAY}, with commas "
                "between them, such as 3, 5, 7."
            )
    days = tuple(int(part) for part in parts)
    if any(later <= earlier for earlier, later in zip(days, days[1:], strict=False)):
        raise CollectionError(
            f"The retry days “{text}” are not in order: each must be later than the one before, such as 3, 5, 7."
        )
    if len(days) > MOST_RETRIES:
        raise CollectionError(f"{len(days)} retries are too many: give {MOST_RETRIES} days or fewer.")
    return days


def next_attempt(attempts: Iterable[date], retries: tuple[int, ...]) -> date | None:
    """Return the day of the next attempt after these failed ones, None where none is left.

    Days count from the first attempt. An attempt that came late, or one made by hand, uses up its place; the next
    never falls on the day of the last.
    """
    days = sorted(attempts)
    if not days:
        raise CollectionError("The first attempt is made on the due date: there is nothing to retry yet.")
    if len(days) > len(retries):
        return None
    return max(days[0] + timedelta(days=retries[len(days) - 1]), days[-1] + DAY)


def next_step(
    steps: Iterable[Step], due: date, applied: Mapping[Hashable, tuple[int, date]]
) -> tuple[Step, date] | None:
    """Return the step that follows and the day from which it is due, None where none is left.

    `applied` holds by step the days it stood for and the day on which it was applied. Where dunning begins late, the
    days between two steps stay as agreed: nobody is suspended on the day of the first reminder. A step that is put
    in later, before one that was applied, is left out.
    """
    last_days, last_day = max(applied.values(), default=(None, None))
    left = [step for step in steps if step.key not in applied and (last_days is None or step.days >= last_days)]
    if not left:
        return None
    step = min(left, key=lambda one: one.days)
    day = due + timedelta(days=step.days)
    if last_day is not None:
        day = max(day, last_day + timedelta(days=step.days - last_days))
    return step, day
