from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

EPOCH = datetime(2026, 1, 1)
MINUTE = timedelta(minutes=1)

# Intervals of small numbers meet, touch and cover each other often.
PAIRS = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1]))
GROUPS = st.lists(PAIRS, max_size=8)


def at(text):
    return datetime.fromisoformat(text)


def minute(number):
    return EPOCH + number * MINUTE


def moments(pairs):
    return [(minute(start), minute(end)) for start, end in pairs]


def points(intervals):
    """Return the whole numbers that lie in intervals of numbers."""
    return {point for start, end in intervals for point in range(start, end)}


def hours(first, days, opens, closes, tz="UTC", weekdays=(0, 1, 2, 3, 4), holidays=()):
    """Return the opening hours of some days as aware intervals, as a calendar gives them."""
    zone, found = ZoneInfo(tz), []
    for day in (date.fromisoformat(first) + timedelta(number) for number in range(days)):
        if day.weekday() in weekdays and day.isoformat() not in holidays:
            start, end = (datetime.combine(day, time(hour), zone) for hour in (opens, closes))
            found.append((start, end))
    return found


def local_month(year, month, tz="UTC"):
    """Return a month from midnight to midnight in a zone."""
    zone = ZoneInfo(tz)
    return datetime(year, month, 1, tzinfo=zone), datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
