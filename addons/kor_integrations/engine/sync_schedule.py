"""When files go out next: by the clock of a time zone, and after failures sooner and then less and less often."""

from datetime import UTC, datetime, timedelta

import pytz

INTERVALS = ("hourly", "daily", "weekly")
# Minutes after the first failure, the second and so on; then the schedule alone.
DELAYS = (5, 15, 60, 180, 360)


def next_run(now: datetime, interval: str, hour: int, weekday: int, tz: str) -> datetime:
    """Return the first moment after `now` that the schedule names; both are naive and in UTC.

    :param hour: of the day in the time zone, 0 to 23; not looked at where it is `hourly`
    :param weekday: 0 is Monday; looked at where it is `weekly`
    """
    if interval == "hourly":
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    zone = pytz.timezone(tz or "UTC")
    day = now.replace(tzinfo=UTC).astimezone(zone).date()
    # Eight days on there is one of each kind, whatever the clocks do.
    for number in range(9):
        date = day + timedelta(days=number)
        if interval == "weekly" and date.weekday() != weekday:
            continue
        moment = _at(zone, datetime(date.year, date.month, date.day, hour))
        if moment > now:
            return moment
    raise AssertionError("a week without one of its days")


def retry_at(now: datetime, failures: int, regular: datetime) -> datetime:
    """Return when to try again after failures in a row: never later than the schedule would have it."""
    if not 0 < failures <= len(DELAYS):
        return regular
    return min(now + timedelta(minutes=DELAYS[failures - 1]), regular)


def _at(zone: pytz.BaseTzInfo, wall: datetime) -> datetime:
    try:
        local = zone.localize(wall, is_dst=None)
    except pytz.AmbiguousTimeError:
        local = zone.localize(wall, is_dst=True)
    except pytz.NonExistentTimeError:
        # The clocks jump over it: as long after midnight as it would have been.
        local = zone.normalize(zone.localize(wall, is_dst=False))
    return local.astimezone(UTC).replace(tzinfo=None)
