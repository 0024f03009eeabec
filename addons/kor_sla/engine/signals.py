"""Outages from what monitors say: facts that may come twice, late, in any order, and from a clock that is off.

Times are naive UTC datetimes of whole seconds. Nothing here reads a clock: when a signal was received is given.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

# Alertmanager's zero time stands for “none”; no monitor watches that long.
EARLIEST = datetime(2000, 1, 1)
UP = "up"
SILENT = "none"


class SignalError(ValueError):
    """Say in one sentence why a signal cannot be taken."""


class Signal(NamedTuple):
    """A fact: the state that a monitor claims from `start` on, until `end` where it knows one.

    `state` is down, degraded, maintenance or unknown; `up` ends what went before, `none` says nothing.
    """

    state: str
    start: datetime
    end: datetime | None = None
    weight: Fraction = Fraction(1)
    title: str = ""
    order: tuple = ()


class Episode(NamedTuple):
    """An outage as the signals of one alert add up to it; `end` is None while it goes on."""

    state: str
    weight: Fraction
    start: datetime
    end: datetime | None
    title: str

    @property
    def key(self):
        return self.start.isoformat()


def settle_time(claimed, received, tolerance, what="time"):
    """Return a claimed time as one that can be: no later than the receipt.

    A clock that is ahead by no more than the tolerance is taken to mean the moment of receipt; one that is ahead by
    more is wrong, and so is what it says: SignalError.

    :param claimed: an aware or naive UTC datetime
    """
    moment = _to_naive(claimed)
    if moment < EARLIEST:
        raise SignalError(f"The {what} {moment.isoformat()}Z lies before the year 2000: send the time in UTC.")
    if moment > received + tolerance:
        raise SignalError(
            f"The {what} {moment.isoformat()}Z lies {_describe(moment - received)} ahead of our clock "
            f"({received.isoformat()}Z): set the monitor's clock right, or allow it more."
        )
    return min(moment, received)


def _to_naive(moment):
    if moment.tzinfo:
        # A year of 0001 or 9999 has no room for another zone.
        offset = moment.utcoffset() or timedelta(0)
        try:
            moment = moment.replace(tzinfo=None) - offset
        except OverflowError:
            moment = moment.replace(tzinfo=None)
    return moment.replace(microsecond=0)


def _describe(delta):
    seconds = int(delta.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def parse_time(text, what="time"):
    """Return the datetime of an ISO 8601 text, with a zone or in UTC; SignalError where it is none."""
    if not isinstance(text, str) or not 10 < len(text) < 64:
        raise SignalError(f"The {what} is missing or no text: send it as 2026-03-01T12:00:00Z.")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SignalError(f"The {what} “{text}” is none: send it as 2026-03-01T12:00:00Z.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def from_alerts(signals):
    """Return the episodes of an alert whose signals name their start, as Alertmanager's do.

    Firing and resolved messages of one alert are bound by the start. A message “resolved” holds both ends, so it
    needs no message “firing”, and none that comes later opens it again. A start without an end goes on until the end
    of a later start: the message that would have ended it was lost, and the alert can be active only once.
    """
    ends, states = {}, {}
    for signal in sorted(signals, key=lambda one: one.order):
        if signal.state == SILENT:
            continue
        known = ends.get(signal.start)
        ends[signal.start] = max(filter(None, (known, signal.end)), default=None)
        states[signal.start] = signal
    episodes = []
    following = None
    for start in sorted(ends, reverse=True):
        end = ends[start] or following
        following = min(filter(None, (following, end)), default=None)
        signal = states[start]
        episodes.append(Episode(signal.state, signal.weight, start, end, signal.title))
    return _merge(episodes[::-1])


def from_beats(signals):
    """Return the episodes of a monitor that tells its state at moments, as Uptime Kuma does.

    The state holds until the next one in time, whenever that one was received.
    """
    episodes, running = [], None
    for signal in sorted(signals, key=lambda one: (one.start, one.order)):
        if signal.state == SILENT or (running and signal.state == running.state):
            continue
        if running:
            episodes.append(running._replace(end=signal.start))
        running = None
        if signal.state != UP:
            running = Episode(signal.state, signal.weight, signal.start, None, signal.title)
    return _merge([*episodes, running] if running else episodes)


def from_statements(signals):
    """Return what was stated last about one outage: nothing where it was taken back."""
    last = max(signals, key=lambda one: one.order, default=None)
    if last is None or last.state in (UP, SILENT):
        return ()
    return _merge([Episode(last.state, last.weight, last.start, last.end, last.title)])


def _merge(episodes):
    """Return episodes in order, those of one state that overlap or touch as one, without empty ones."""
    merged = []
    for episode in episodes:
        if episode.end is not None and episode.end <= episode.start:
            continue
        last = merged[-1] if merged else None
        if last and last.state == episode.state and (last.end is None or episode.start <= last.end):
            end = None if None in (last.end, episode.end) else max(last.end, episode.end)
            merged[-1] = last._replace(end=end, title=episode.title, weight=max(last.weight, episode.weight))
        else:
            merged.append(episode)
    return tuple(merged)
