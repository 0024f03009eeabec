"""Place moments on the days of a time zone.

Moments are aware or naive in UTC, days are calendar dates, seconds count from local midnight. Every day has
86,400 seconds: on the days when clocks change, the seconds are stretched or pressed, so that no hour of a
billing period weighs more than its day.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytz

_MICROSECOND = timedelta(microseconds=1)
_FULL_DAY = timedelta(days=1)
_PLACES = Decimal("0.000001")


class LocalDays:
    """Place moments of one time zone, quickly where they come in order."""

    def __init__(self, tz: str):
        self._zone = pytz.timezone(tz)
        self._day = date.min
        self._start = self._end = datetime.min.replace(tzinfo=UTC)
        self._is_plain = True

    def place(self, moment: datetime) -> tuple[date, Decimal | int]:
        """Return the local day of an aware moment and the seconds since its midnight."""
        if not self._start <= moment < self._end:
            self._day = moment.astimezone(self._zone).date()
            self._start, self._end = self.midnight(self._day), self.midnight(self._day + timedelta(days=1))
            self._is_plain = self._end - self._start == _FULL_DAY
        elapsed = moment - self._start
        if self._is_plain:
            second, rest = elapsed.seconds, elapsed.microseconds
            return self._day, Decimal(f"{second}.{rest:06}") if rest else second
        stretched = Decimal(elapsed // _MICROSECOND * 86400) / ((self._end - self._start) // _MICROSECOND)
        return self._day, stretched.quantize(_PLACES)

    def midnight(self, day: date) -> datetime:
        """Return the moment in UTC at which a local day begins."""
        wall = datetime(day.year, day.month, day.day)
        try:
            local = self._zone.localize(wall, is_dst=None)
        except pytz.AmbiguousTimeError:
            local = self._zone.localize(wall, is_dst=True)
        except pytz.NonExistentTimeError:
            # The day begins when the clocks have jumped over its midnight.
            local = self._zone.normalize(self._zone.localize(wall, is_dst=False))
        return local.astimezone(UTC)
