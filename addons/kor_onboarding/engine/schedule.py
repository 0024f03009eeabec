"""Plan tasks over working days: the critical path method (Kelley and Walker 1959), on a calendar with closed days.

Days are counted as working days from the first one on or after the origin (number 0). A task takes whole working days
from its first to its last one, both inclusive. Finish to start: a task begins on the working day after the last day of
what it waits for, or so many working days of lag later. What is done counts with the day on which it was; what is open
ends today at the earliest, for nothing ends in the past.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

# A calendar with no working day for so long has none.
SEARCHED_DAYS = 400
DAY = timedelta(days=1)


class ScheduleError(ValueError):
    """A sentence that says what is wrong and what would be right."""


@dataclass(frozen=True)
class Task:
    """What is planned.

    :param duration: working days that it takes, 1 or more
    :param offset: it begins so many working days after the origin at the earliest
    :param needs: keys of the tasks that have to be done before
    :param lag: working days between the last of those and its own first day
    :param not_before: a day that is agreed for it, for example an appointment
    :param done: the day on which it was done
    """

    key: Hashable
    name: str = ""
    duration: int = 1
    offset: int = 0
    needs: tuple = ()
    lag: int = 0
    not_before: date | None = None
    done: date | None = None


@dataclass(frozen=True)
class Slot:
    """When a task takes place; slack is how many working days it may slip before the goal does."""

    start: date
    end: date
    slack: int
    is_critical: bool
    is_done: bool


@dataclass(frozen=True)
class Plan:
    slots: dict
    go_live: date | None
    end: date | None


class WorkingDays:
    """Number the working days from an origin on."""

    def __init__(self, origin: date, is_open: Callable[[date], bool]):
        self.is_open = is_open
        self._next = origin
        self._days: list[date] = []

    def day(self, number: int) -> date:
        """Return the working day with a number."""
        while len(self._days) <= number:
            self._grow()
        return self._days[number]

    def number_from(self, day: date) -> int:
        """Return the number of the first working day on or after a day; 0 for all before the origin."""
        while not self._days or self._days[-1] < day:
            self._grow()
        return bisect_left(self._days, day)

    def number_after(self, day: date) -> int:
        """Return the number of the first working day after a day."""
        return self.number_from(day + DAY)

    def _grow(self):
        first = self._next
        while not self.is_open(self._next):
            self._next += DAY
            if (self._next - first).days > SEARCHED_DAYS:
                raise ScheduleError(
                    f"There is no working day from {first} to {self._next}. Give the working hours of the company an "
                    "attendance."
                )
        self._days.append(self._next)
        self._next += DAY


def plan(
    tasks: Iterable[Task],
    origin: date,
    is_open: Callable[[date], bool],
    today: date | None = None,
    goal: Hashable | None = None,
) -> Plan:
    """Return when each task takes place, the day of the goal and the last day of all.

    :param origin: the day of the signature
    :param today: open tasks end today at the earliest; without it, the plan as it was made
    :param goal: the key of the task that is the go-live; without it, the last day of all is the go-live
    :raises ScheduleError: for unknown or circular dependencies, and for impossible durations
    """
    by_key = {task.key: task for task in tasks}
    order = _sort(by_key)
    if not order:
        return Plan({}, None, None)
    days = WorkingDays(origin, is_open)
    spans = _place(by_key, order, days, today)
    slacks = _find_slacks(by_key, order, spans, goal)
    slots = {}
    for key in order:
        first, after = spans[key]
        done = by_key[key].done
        start, end = days.day(first), done or days.day(after - 1)
        slots[key] = Slot(min(start, end), end, slacks[key], not done and not slacks[key], bool(done))
    end = max(slot.end for slot in slots.values())
    return Plan(slots, slots[goal].end if goal in slots else end, end)


def delay(
    tasks: Iterable[Task],
    key: Hashable,
    days: int,
    origin: date,
    is_open: Callable[[date], bool],
    today: date | None = None,
    goal: Hashable | None = None,
) -> dict:
    """Return what moves if a task takes so many working days more: {key: (end before, end after)}.

    :raises ScheduleError: where the task is unknown or done, or the delay is below 0
    """
    tasks = tuple(tasks)
    by_key = {task.key: task for task in tasks}
    if key not in by_key or by_key[key].done:
        raise ScheduleError("Only a task of the plan that is still open can be delayed.")
    if days < 0:
        raise ScheduleError(f"A delay is 0 working days or more, not {days}.")
    before = plan(tasks, origin, is_open, today, goal).slots
    # Counted from where it is expected to end, which may be later than its duration says.
    numbers = WorkingDays(min(origin, before[key].start), is_open)
    length = numbers.number_from(before[key].end) - numbers.number_from(before[key].start) + 1
    longer = replace(by_key[key], duration=max(by_key[key].duration, length) + days)
    after = plan([longer if task.key == key else task for task in tasks], origin, is_open, today, goal).slots
    return {one: (before[one].end, after[one].end) for one in before if before[one].end != after[one].end}


def leave_out(tasks: Iterable[Task], left_out: Iterable[Hashable]) -> list[Task]:
    """Return the other tasks; who waited for one that is left out waits for what that one has waited for."""
    by_key, left_out = {task.key: task for task in tasks}, set(left_out)
    _sort(by_key)

    def bridge(key):
        if key not in left_out:
            return [key]
        return [found for need in by_key[key].needs for found in bridge(need)]

    kept = []
    for task in by_key.values():
        if task.key not in left_out:
            needs = tuple(dict.fromkeys(found for need in task.needs for found in bridge(need)))
            kept.append(replace(task, needs=needs))
    return kept


def _sort(by_key: dict) -> list:
    """Return the keys so that each comes after what it needs; the order of the input does not matter."""
    waiting, dependents = {}, defaultdict(list)
    for task in by_key.values():
        _check(task, by_key)
        waiting[task.key] = len(set(task.needs))
        for need in set(task.needs):
            dependents[need].append(task.key)
    order = [key for key, count in waiting.items() if not count]
    for key in order:
        for dependent in dependents[key]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                order.append(dependent)
    if len(order) < len(by_key):
        _refuse_cycle(by_key, set(by_key) - set(order))
    return order


def _check(task: Task, by_key: dict):
    if task.duration < 1 or task.offset < 0 or task.lag < 0:
        raise ScheduleError(
            f"Task “{task.name or task.key}”: a task takes 1 working day or more, and begins 0 or more after the "
            "signature and after what it waits for."
        )
    unknown = [need for need in task.needs if need not in by_key]
    if unknown:
        raise ScheduleError(
            f"Task “{task.name or task.key}” waits for one that is not in the plan. Remove the dependency."
        )


def _refuse_cycle(by_key: dict, left: set):
    key, path = next(key for key in by_key if key in left), []
    while key not in path:
        path.append(key)
        key = next(need for need in by_key[key].needs if need in left)
    circle = [*path[path.index(key) :], key]
    names = " → ".join(str(by_key[one].name or one) for one in circle)
    raise ScheduleError(f"These tasks wait for each other: {names}. Remove one of the dependencies.")


def _place(by_key: dict, order: list, days: WorkingDays, today: date | None) -> dict:
    """Return the numbers of the first working day of each task, and of the first one after it."""
    spans = {}
    for key in order:
        task = by_key[key]
        first = max((spans[need][1] + task.lag for need in task.needs), default=0)
        first = max(first, task.offset)
        if task.not_before:
            first = max(first, days.number_from(task.not_before))
        after = first + task.duration
        if task.done:
            after = days.number_after(task.done)
            first = min(first, max(after - 1, 0))
        elif today:
            after = max(after, days.number_from(today) + 1)
        spans[key] = (first, after)
    return spans


def _find_slacks(by_key: dict, order: list, spans: dict, goal: Hashable | None) -> dict:
    """Return by how many working days each task may end later before the goal moves, or else the end of all."""
    ends = {key: spans[key][1] for key in order}
    last = max(ends.values())
    leading = _find_leading(by_key, goal) if goal in by_key else set()
    latest = {key: spans[goal][1] if key in leading else last for key in order}
    for key in reversed(order):
        task = by_key[key]
        if task.done:
            # What is done moves nothing any more.
            continue
        begin = latest[key] - (spans[key][1] - spans[key][0])
        for need in task.needs:
            # What comes after the goal does not hurry what leads to it.
            if key in leading or need not in leading:
                latest[need] = min(latest[need], begin - task.lag)
    return {key: 0 if by_key[key].done else max(latest[key] - ends[key], 0) for key in order}


def _find_leading(by_key: dict, goal: Hashable) -> set:
    """Return the goal and all that it waits for, directly or not."""
    found, queue = {goal}, [goal]
    for key in queue:
        for need in by_key[key].needs:
            if need not in found:
                found.add(need)
                queue.append(need)
    return found
