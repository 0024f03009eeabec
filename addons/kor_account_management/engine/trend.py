"""How use goes: the last four weeks beside the four before, so that weekdays weigh the same in both."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

WEEKS = 4


def change(by_day: Mapping[date, Decimal], today: date, since: date) -> Decimal | None:
    """Return by how much use has changed, in percent: -100 where it has stopped; None where that is not known.

    :param by_day: the quantity of each day with use
    :param today: the running day, which is not over and does not count
    :param since: the first day on which there could be use; eight weeks are needed
    """
    span = timedelta(weeks=WEEKS)
    if since > today - 2 * span:
        return None
    later, earlier = (
        sum((amount for day, amount in by_day.items() if end - span <= day < end), Decimal(0))
        for end in (today, today - span)
    )
    if not earlier:
        # From nothing to something is no percentage; nothing at all in eight weeks is as bad as it gets.
        return Decimal(100) if later else Decimal(-100)
    return (later - earlier) / earlier * 100
