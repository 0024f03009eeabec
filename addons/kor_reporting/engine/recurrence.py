"""When something that comes back is due: each week on a day, or each month on a day of it."""

from calendar import monthrange
from datetime import timedelta


def next_due(frequency, weekday, month_day, after):
    """Return the first due date after a date.

    :param frequency: weekly or monthly
    :param weekday: 0 is Monday
    :param month_day: 1 to 31; the last day of a month that is too short
    """
    if frequency == "weekly":
        return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)
    own = _day_of_month(after, month_day)
    if own > after:
        return own
    return _day_of_month(after.replace(day=1) + timedelta(days=31), month_day)


def latest_due(frequency, weekday, month_day, due, today):
    """Return the latest due date until today, of those from the given one on: what was missed is made up for once."""
    while (following := next_due(frequency, weekday, month_day, due)) <= today:
        due = following
    return due


def _day_of_month(date, day):
    return date.replace(day=min(day, monthrange(date.year, date.month)[1]))
