"""Count the time of promises: hours of service, pauses, deadlines.

A clock is computed from what happened to a ticket and from nothing else: the same events give the same clocks.
Units: moments are naive in UTC or aware, results naive in UTC, all in whole seconds; targets in seconds of service.
Rules: a deadline at closing time is a deadline; a promise is kept when it is kept no later than its deadline; a
pause costs nothing outside of hours; another priority holds from the beginning of the clock.
Errors: ClockError, whose text is a sentence that says what is wrong and what would be right.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from .intervals import from_calendar, moment

_SECOND = timedelta(seconds=1)

KINDS = ("opened", "answered", "replied", "acknowledged", "paused", "resumed", "priority", "resolved", "reopened")


class ClockError(ValueError):
    """Say in one sentence what is wrong with a clock and what would be right."""


class WorkTime:
    """Answer how much service time lies between moments; the hours must cover all that is asked for."""

    def __init__(self, intervals: Iterable[Sequence[Any]]):
        spans = from_calendar(intervals)
        self._starts = [one.start for one in spans]
        self._lengths = [(one.end - one.start) // _SECOND for one in spans]
        # Before each interval, and after the last one.
        self._sums = list(accumulate(self._lengths, initial=0))

    @staticmethod
    def always() -> "WorkTime":
        """Return service around the clock."""
        return _Always()

    def seconds(self, start: datetime, end: datetime) -> int:
        """Return the seconds of service between two moments, 0 where the second is the earlier one."""
        return max(self._before(end) - self._before(start), 0)

    def due(self, start: datetime, seconds: int) -> datetime | None:
        """Return the earliest moment at which so many seconds are over, None where the hours end before."""
        start = _second(start)
        if seconds <= 0:
            return start
        reached = self._before(start) + seconds
        # Closing time, not the next opening: the earlier of the two at which the sum is the same.
        index = bisect_left(self._sums, reached) - 1
        if index >= len(self._starts):
            return None
        return self._starts[index] + timedelta(seconds=reached - self._sums[index])

    def _before(self, time: datetime) -> int:
        time = _second(time)
        index = bisect_right(self._starts, time) - 1
        if index < 0:
            return 0
        return self._sums[index] + min((time - self._starts[index]) // _SECOND, self._lengths[index])


class _Always(WorkTime):
    """Serve around the clock, without an end."""

    def __init__(self):
        super().__init__(())

    def seconds(self, start: datetime, end: datetime) -> int:
        return max((_second(end) - _second(start)) // _SECOND, 0)

    def due(self, start: datetime, seconds: int) -> datetime | None:
        return _second(start) + timedelta(seconds=max(seconds, 0))


def _second(time: datetime) -> datetime:
    return moment(time).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Event:
    """Note what happened to a ticket; `pauses_response`: the pause stops the clocks of answers, too."""

    time: datetime
    kind: str
    priority: Hashable = None
    pauses_response: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """State the seconds promised for a priority, None or 0 where nothing is, and in which hours they count."""

    response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    hours: Hashable = "support"


@dataclass(frozen=True, slots=True)
class Clock:
    """Say how a promised time stands. `due` is None while it is paused, and where the hours end before."""

    kind: str
    number: int
    priority: Hashable
    target_seconds: int
    start: datetime
    due: datetime | None
    stop: datetime | None
    used_seconds: int
    state: str
    breached_at: datetime | None = None


def run(
    events: Iterable[Event],
    promises: Mapping[Hashable, Promise],
    worktimes: Mapping[Hashable, WorkTime],
    now: datetime,
    reopening: str = "continue",
) -> tuple[Clock, ...]:
    """Return the clocks of a ticket as they stand at `now`; later events have not happened yet.

    Events of one moment count in the order in which they are given. An answer or the solution ends a response; a
    customer's message after an answer begins the next one; one to a solved ticket does once it is opened again.
    """
    if reopening not in ("continue", "restart"):
        raise ClockError(f"Reopening can “continue” a clock or “restart” it; “{reopening}” is neither.")
    now, ticket = _second(now), _Ticket(reopening == "restart")
    for event in sorted(events, key=lambda one: moment(one.time)):
        if event.kind not in KINDS:
            raise ClockError(f"An event “{event.kind}” is unknown; it must be one of {', '.join(KINDS)}.")
        time = _second(event.time)
        if time > now:
            break
        ticket.take(event, time)
    return tuple(_judge(*one, worktimes, now) for one in _promised(ticket.tracks, promises))


@dataclass(slots=True)
class _Track:
    """Follow one clock: the stretches in which it runs, the last one open until it has an end."""

    kind: str
    number: int
    priority: Hashable
    start: datetime
    stretches: list[list[datetime | None]] = field(default_factory=list)
    stop: datetime | None = None

    @property
    def is_running(self) -> bool:
        return bool(self.stretches) and self.stretches[-1][1] is None

    def run(self, time: datetime) -> None:
        if not self.is_running:
            self.stretches.append([time, None])

    def pause(self, time: datetime) -> None:
        if self.is_running:
            self.stretches[-1][1] = time

    def end(self, time: datetime) -> None:
        # Ended in a pause, it is due when it would have been had it gone on then.
        self.run(time)
        self.pause(time)
        self.stop = time


class _Ticket:
    """Turn events into the stretches of each clock."""

    def __init__(self, restarts: bool):
        self.tracks: list[_Track] = []
        self._restarts = restarts
        self._priority: Hashable = None
        self._answered = self._solved = self._waiting = False
        self._paused: set[str] = set()
        self._open: dict[str, _Track] = {}

    def take(self, event: Event, time: datetime) -> None:
        """Let an event move the clocks; before the ticket is opened, nothing does."""
        if self.tracks or event.kind == "opened":
            handler = getattr(self, f"_on_{event.kind}", None)
            if handler:
                handler(event, time)

    def _begin(self, kind: str, time: datetime) -> None:
        if kind in self._open:
            return
        number = 1 + sum(one.kind == kind for one in self.tracks)
        track = _Track(kind, number, self._priority, time)
        if kind not in self._paused:
            track.run(time)
        self._open[kind] = track
        self.tracks.append(track)

    def _end(self, kind: str, time: datetime) -> None:
        track = self._open.pop(kind, None)
        if track:
            track.end(time)

    def _on_opened(self, event: Event, time: datetime) -> None:
        if not self.tracks:
            self._priority = event.priority
            self._begin("response", time)
            self._begin("resolution", time)

    def _on_answered(self, _event: Event, time: datetime) -> None:
        self._answered, self._waiting = True, False
        self._end("response", time)
        self._end("next_response", time)

    def _on_replied(self, _event: Event, time: datetime) -> None:
        if self._solved:
            self._waiting = True
        elif self._answered:
            self._begin("next_response", time)

    def _on_paused(self, event: Event, time: datetime) -> None:
        if self._solved:
            return
        kinds = {"resolution", "response", "next_response"} if event.pauses_response else {"resolution"}
        self._switch(kinds, time)

    def _on_resumed(self, _event: Event, time: datetime) -> None:
        self._switch(set(), time)

    def _switch(self, paused: set[str], time: datetime) -> None:
        """Let the clocks of these kinds stand still and all others run."""
        self._paused = paused
        for kind, track in self._open.items():
            if kind in paused:
                track.pause(time)
            else:
                track.run(time)

    def _on_priority(self, event: Event, _time: datetime) -> None:
        self._priority = event.priority
        for track in self._open.values():
            track.priority = event.priority

    def _on_resolved(self, _event: Event, time: datetime) -> None:
        if self._solved:
            return
        self._solved = self._answered = True
        for kind in tuple(self._open):
            self._end(kind, time)
        self._paused = set()

    def _on_reopened(self, _event: Event, time: datetime) -> None:
        if not self._solved:
            return
        self._solved = False
        if self._restarts:
            self._begin("resolution", time)
        else:
            track = next(one for one in self.tracks if one.kind == "resolution")
            track.stop, track.priority = None, self._priority
            track.run(time)
            self._open["resolution"] = track
        if self._waiting:
            self._begin("next_response", time)
            self._waiting = False


def _promised(tracks: list[_Track], promises: Mapping[Hashable, Promise]) -> Iterator[tuple[_Track, int, Hashable]]:
    """Yield the clocks for which a time is promised, with it and the hours in which it counts."""
    for track in tracks:
        promise = promises.get(track.priority)
        target = getattr(promise, track.kind) if promise else None
        if target:
            yield track, target, promise.hours


def _judge(track: _Track, target: int, hours: Hashable, worktimes: Mapping[Hashable, WorkTime], now: datetime) -> Clock:
    if hours not in worktimes:
        raise ClockError(f"The hours “{hours}” of a promise are not given; give the service time of each.")
    worktime, used, due, breached_at = worktimes[hours], 0, None, None
    for start, end in track.stretches:
        end = end or now
        if breached_at is None:
            due = worktime.due(start, target - used)
            breached_at = due if due and due < end else None
        used += worktime.seconds(start, end)
    stands = not track.stop and not track.is_running
    state = "breached" if breached_at else "met" if track.stop else "paused" if stands else "running"
    due = None if state == "paused" else due
    return Clock(
        track.kind, track.number, track.priority, target, track.start, due, track.stop, used, state, breached_at
    )
