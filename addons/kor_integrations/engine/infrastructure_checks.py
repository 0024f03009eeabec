"""When an end point is down: after failures in a row, and up again after successes in a row.

Times are naive UTC datetimes of whole seconds; nothing here reads a clock. An outage begins with the first failure of
the row that made it one, and ends with the first success of the row that ended it: how many are waited for decides
whether it is an outage, not how long it was.
"""

from datetime import datetime
from typing import NamedTuple

MESSAGE = 250


class Outcome(NamedTuple):
    """State what a check found at a moment."""

    time: datetime
    is_good: bool
    message: str = ""
    milliseconds: int = 0
    body: bytes = b""


class Streak(NamedTuple):
    """State where a check stands; `since` is when the row of outcomes began that speak against `is_down`."""

    is_down: bool = False
    count: int = 0
    since: datetime | None = None


class Turn(NamedTuple):
    """State that an end point went down, or up again, and since when."""

    is_down: bool
    time: datetime


def follow(streak: Streak, outcome: Outcome, failures: int, successes: int) -> tuple[Streak, Turn | None]:
    """Return where a check stands after an outcome, and the turn that it made, if any.

    :param failures: how many in a row make it down
    :param successes: how many in a row make it up again
    """
    if outcome.is_good != streak.is_down:
        # As expected: a row that had begun is broken.
        return Streak(streak.is_down), None
    count = streak.count + 1
    since = streak.since if streak.count else outcome.time
    if count < (successes if streak.is_down else failures):
        return Streak(streak.is_down, count, since), None
    return Streak(not streak.is_down), Turn(not streak.is_down, since)


def judge(status: int, body: bytes, expected: int, text: str) -> str:
    """Return why an answer is not the expected one; an empty text where it is.

    :param expected: the status of HTTP; 0 for any from 200 to 399
    :param text: what the body has to contain; empty for anything
    """
    if expected and status != expected:
        return f"The answer has status {status}, not {expected}."
    if not expected and not 200 <= status < 400:
        return f"The answer has status {status}, not one from 200 to 399."
    if text and text not in body.decode("utf-8", "replace"):
        return f"The answer does not contain “{text[:80]}”."
    return ""
