"""Cut a contract line into the periods it is charged for, and say how much of each period it covers.

Units: calendar dates in the contract's time zone; a span is half-open (start <= day < end); lengths in
whole months or days; a share is numerator / denominator in integers, never rounded.
Errors: PeriodError, whose text is a sentence that says what is wrong and what would be right.
Sources: a boundary is counted from the anchor and clamped to the length of its month; a stub's divisor is
the length of the anchored period it lies in; `thirty_360` follows 30E/360 of the 2006 ISDA Definitions,
section 4.16(h), in which the 31st and the last day of February count as the 30th.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, timedelta

DAY_COUNTS = ("actual", "thirty_day", "thirty_360", "none")


class PeriodError(ValueError):
    """Say in one sentence what is wrong with the dates and what would be right."""


@dataclass(frozen=True, slots=True)
class Period:
    """Describe one full anchored period: start <= day < end, `index` periods after the anchor.

    The anchor day places the months inside the period; 0 stands for the later day of its two ends.
    """

    index: int
    start: date
    end: date
    anchor_day: int = field(default=0, compare=False)

    @property
    def days(self) -> int:
        """Count the days of the period."""
        return (self.end - self.start).days

    @property
    def months(self) -> int:
        """Count the months of the period."""
        return _month_number(self.end) - _month_number(self.start)


@dataclass(frozen=True, slots=True)
class Portion:
    """Describe what a line covers of a period: start <= day < end, numerator / denominator of the whole.

    `days` is the number of calendar days covered, whatever the day count makes of them.
    """

    period: Period
    start: date
    end: date
    days: int
    numerator: int
    denominator: int


def check_span(start: date, end: date | None, until: date | None = None) -> None:
    """Raise PeriodError when the end or the target `until` lies before the start; None means open."""
    if end is not None and end < start:
        raise PeriodError(f"The end {end} lies before the start {start}; it must be {start} or later.")
    if until is not None and until < start:
        raise PeriodError(f"The target {until} lies before the start {start}; it must be {start} or later.")


def anchor_of(start: date, anchor_day: int) -> date:
    """Return the first boundary on or after the start for an anchor day of 1 to 31."""
    _check_anchor_day(anchor_day)
    month = _month_number(start)
    candidate = _clamped(month, anchor_day)
    return candidate if candidate >= start else _clamped(month + 1, anchor_day)


def anchor_day_from(start: date, day: int) -> int:
    """Return the day as the anchor day of periods that begin on the start where it fits, else the start's own.

    What began on the 31st, and goes on from a shorter month's end, comes back to the 31st.
    """
    return day if anchor_of(start, day) == start else start.day


def boundary(anchor: date, anchor_day: int, months: int, n: int) -> date:
    """Return the start of the n-th period of so many months, counted from the anchor; n may be negative.

    Raise PeriodError when the anchor does not lie on the anchor day of its month.
    """
    _check_cycle(anchor, anchor_day, months)
    return _clamped(_month_number(anchor) + n * months, anchor_day)


def period_at(anchor: date, anchor_day: int, months: int, day: date) -> Period:
    """Return the anchored period that contains the day, before or after the anchor."""
    _check_cycle(anchor, anchor_day, months)
    first = _month_number(anchor)
    index = (_month_number(day) - first) // months
    if day < _clamped(first + index * months, anchor_day):
        index -= 1
    month = first + index * months
    return Period(index, _clamped(month, anchor_day), _clamped(month + months, anchor_day), anchor_day)


def share(period: Period, start: date, end: date, day_count: str) -> tuple[int, int]:
    """Return numerator and denominator of what start <= day < end covers of the period.

    A count is cumulative from the start of the period, so that the parts of any cut add up to the whole.
    Only `none` is not: it charges the whole period for any part that has a day.
    """
    _check_day_count(day_count)
    check_span(start, end)
    if start < period.start or end > period.end:
        raise PeriodError(
            f"The span from {start} to {end} leaves the period from {period.start} to {period.end}; "
            "it must lie inside it."
        )
    if day_count == "none":
        return int(end > start), 1
    denominator = period.days if day_count == "actual" else 30 * period.months
    elapsed = _ELAPSED[day_count]
    return elapsed(period, end) - elapsed(period, start), denominator


def portions(
    start: date,
    end: date | None,
    anchor: date,
    anchor_day: int,
    months: int,
    day_count: str,
    until: date,
    since: date | None = None,
) -> Iterator[Portion]:
    """Yield in order what a line from start to end (None: open) covers of each anchored period.

    A portion appears when it starts before `until`, and is then whole: it is clipped to the line, never to
    `until`. With `since`, the periods that end on or before that day are left out without being visited.
    Raise PeriodError at the call, not at the first portion.
    """
    check_span(start, end)
    _check_day_count(day_count)
    _check_cycle(anchor, anchor_day, months)
    stop = until if end is None else min(end, until)
    first = period_at(anchor, anchor_day, months, start if since is None else max(start, since))
    return _portions_from(first, start, end, day_count, stop)


def _portions_from(first: Period, start: date, end: date | None, day_count: str, stop: date) -> Iterator[Portion]:
    """Yield the portions from the first period on that start before `stop`."""
    period, months = first, first.months
    while (portion_start := max(start, period.start)) < stop:
        portion_end = period.end if end is None else min(end, period.end)
        numerator, denominator = share(period, portion_start, portion_end, day_count)
        days = (portion_end - portion_start).days
        yield Portion(period, portion_start, portion_end, days, numerator, denominator)
        if period.end >= stop:
            return
        following = _clamped(_month_number(period.end) + months, period.anchor_day)
        period = Period(period.index + 1, period.end, following, period.anchor_day)


def _elapsed_actual(period: Period, day: date) -> int:
    """Count the calendar days from the start of the period to the day."""
    return (day - period.start).days


def _elapsed_thirty_day(period: Period, day: date) -> int:
    """Count 30 days for each whole anchored month before the day and the days of the running month.

    The running month adds at most 30: a 31st day completes it.
    """
    anchor_day = period.anchor_day or max(period.start.day, period.end.day)
    whole = _month_number(day) - _month_number(period.start)
    if day < _clamped(_month_number(day), anchor_day):
        whole -= 1
    running = _clamped(_month_number(period.start) + whole, anchor_day)
    return 30 * whole + (day - running).days


def _elapsed_thirty_360(period: Period, day: date) -> int:
    """Count 30E/360 days from the start of the period to the day; the end always completes the period."""
    if day == period.end:
        return 30 * period.months
    whole_months = _month_number(day) - _month_number(period.start)
    return 30 * whole_months + _day_of_thirty(day) - _day_of_thirty(period.start)


_ELAPSED = {
    "actual": _elapsed_actual,
    "thirty_day": _elapsed_thirty_day,
    "thirty_360": _elapsed_thirty_360,
}


def _day_of_thirty(day: date) -> int:
    """Return the day of a month of 30 days: the 31st and the last day of February are the 30th."""
    if day.month == 2 and (day + timedelta(days=1)).month == 3:
        return 30
    return min(day.day, 30)


def _month_number(day: date) -> int:
    """Count the months since the year 0."""
    return day.year * 12 + day.month - 1


def _clamped(month_number: int, anchor_day: int) -> date:
    """Return the anchor day of a month, or the month's last day where it is shorter."""
    year, month = divmod(month_number, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise PeriodError(f"The period reaches year {year}; it must lie in years {MINYEAR} to {MAXYEAR}.")
    return date(year, month + 1, min(anchor_day, monthrange(year, month + 1)[1]))


def _check_anchor_day(anchor_day: int) -> None:
    """Raise PeriodError when the anchor day is not a day of a month."""
    if not 1 <= anchor_day <= 31:
        raise PeriodError(f"The anchor day is {anchor_day}; it must be between 1 and 31.")


def _check_cycle(anchor: date, anchor_day: int, months: int) -> None:
    """Raise PeriodError when anchor, anchor day and months do not make a cycle."""
    _check_anchor_day(anchor_day)
    if months < 1:
        raise PeriodError(f"The period is {months} months long; it must be at least 1 month.")
    expected = _clamped(_month_number(anchor), anchor_day)
    if anchor != expected:
        raise PeriodError(
            f"The anchor {anchor} does not lie on the anchor day {anchor_day} of its month; it must be {expected}."
        )


def _check_day_count(day_count: str) -> None:
    """Raise PeriodError when the day count is unknown."""
    if day_count not in DAY_COUNTS:
        known = ", ".join(DAY_COUNTS)
        raise PeriodError(f"The day count {day_count!r} is unknown; it must be one of {known}.")
