"""When a delivery that failed is tried again, by the schedule that the Standard Webhooks specification publishes.

Nothing here reads a clock or makes random numbers: both are given. Times are seconds.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

MINUTE, HOUR = 60, 3600
# Before each attempt, counted from the one before it.
SCHEDULE = (0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
# Never earlier than published, and up to so much later: what failed together does not come back together.
JITTER = 0.1
ASKED_FOR = (429, 503)
LONGEST_WAIT = 24 * HOUR
# After failures in a row, an end point is left alone for so long: one that hangs must not hold up the others.
REST, LONGEST_REST = 5, 5 * MINUTE


class Outcome(NamedTuple):
    """What follows: delivered, dead, or retrying after `delay` seconds; `is_gone` ends the end point."""

    state: str
    delay: float = 0
    is_gone: bool = False


def judge(attempts, status, random=0.0, retry_after=None):
    """Return what follows from an attempt.

    :param attempts: how many there were with this one, from 1 on
    :param status: of the answer; 0 where there was none
    :param random: a number from 0 to 1
    :param retry_after: seconds for which the receiver asks to wait, where it does
    """
    if attempts < 1:
        raise ValueError("Attempts are counted from 1 on.")
    if 200 <= status < 300:
        return Outcome("delivered")
    if status == 410:
        return Outcome("dead", is_gone=True)
    if attempts >= len(SCHEDULE):
        return Outcome("dead")
    delay = SCHEDULE[attempts] * (1 + JITTER * random)
    if retry_after and status in ASKED_FOR:
        delay = max(delay, min(retry_after, LONGEST_WAIT))
    return Outcome("retrying", delay)


def rest(failures):
    """Return for how long an end point is left alone after so many failures in a row."""
    return min(REST * 2 ** min(failures - 1, 10), LONGEST_REST) if failures > 0 else 0


def read_retry_after(text, now):
    """Return the seconds that a Retry-After header asks for, as number or date; None where it asks for nothing.

    :param now: an aware datetime
    """
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round((moment - now).total_seconds()))
