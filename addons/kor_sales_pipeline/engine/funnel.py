"""Measure a sales pipeline from the visits of its deals to stages.

Stages come in their order, first to last. A deal has reached a stage when it has stood in it or in any later
one for the first time: a skipped stage is passed at the moment of the skip, and a stage entered again after
going back counts once, at its first time. Moments are datetimes of one time zone, times are days, values are
decimals of one currency, rates are percentages (0 where there is nothing to divide by).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from statistics import median
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, ZERO, exact

DAY_SECONDS = Decimal(86400)


class FunnelError(ValueError):
    """Say in a sentence what is wrong with the stages or the deals, and what would be right."""


@dataclass(frozen=True)
class Visit:
    """Hold one stay of a deal in a stage; `left` is None while it lasts."""

    stage: Any
    entered: datetime
    left: datetime | None = None

    def __post_init__(self) -> None:
        if self.left is not None and self.left < self.entered:
            raise FunnelError(f"A visit that begins at {self.entered} cannot end before, at {self.left}.")


@dataclass(frozen=True)
class Deal:
    """Hold the facts of one deal; `won` and `lost` say when it became what it still is, None where it is not."""

    key: Any
    visits: tuple[Visit, ...]
    won: datetime | None = None
    lost: datetime | None = None
    value: Decimal = ZERO
    probability: Decimal = ZERO
    closing: date | None = None

    def __post_init__(self) -> None:
        if self.won is not None and self.lost is not None:
            raise FunnelError(f"Deal {self.key} is both won and lost: give only the later one.")

    @property
    def is_open(self) -> bool:
        return self.won is None and self.lost is None


@dataclass(frozen=True)
class Conversion:
    """Say how many of the deals that reached one stage reached a later one, were lost before it, or may still."""

    source: Any
    target: Any
    reached: int
    converted: int
    lost: int

    @property
    def open(self) -> int:
        return self.reached - self.converted - self.lost

    @property
    def rate(self) -> Decimal:
        return percentage(self.converted, self.reached)


@dataclass(frozen=True)
class StageTime:
    """Say how many days deals spent in a stage in total: those that have left it, and those that stand in it."""

    left: int
    mean: Decimal
    median: Decimal
    standing: int
    standing_mean: Decimal


@dataclass(frozen=True)
class Outcome:
    """Say what became of the deals that were closed within a time."""

    won: int
    lost: int
    won_value: Decimal
    lost_value: Decimal
    cycle: Decimal

    @property
    def rate(self) -> Decimal:
        return percentage(self.won, self.won + self.lost)

    @property
    def mean_value(self) -> Decimal:
        with exact():
            return self.won_value / self.won if self.won else ZERO


@dataclass(frozen=True)
class Expected:
    """Sum the open deals that are expected to close in a month; `month` is None where nobody gave a date."""

    month: str | None
    deals: int
    value: Decimal
    weighted: Decimal


def percentage(part: int | Decimal, whole: int | Decimal) -> Decimal:
    """Return the part as a percentage of the whole, 0 where the whole is nothing."""
    with exact():
        return HUNDRED * part / whole if whole else ZERO


def month_of(moment: date) -> str:
    """Return the month of a day or moment, written 2026-01."""
    return f"{moment.year:04d}-{moment.month:02d}"


def reached(deal: Deal, stages: Sequence[Any]) -> dict[Any, datetime]:
    """Return when the deal first stood in each stage or beyond it; stages it never reached are left out."""
    ranks = _rank(stages)
    firsts: dict[Any, datetime] = {}
    for visit in deal.visits:
        if visit.stage not in ranks:
            raise FunnelError(f"Deal {deal.key} stood in “{visit.stage}”, which is none of the given stages.")
        for stage in stages[: ranks[visit.stage] + 1]:
            firsts[stage] = min(firsts.get(stage, visit.entered), visit.entered)
    return firsts


def conversion(deals: Iterable[Deal], stages: Sequence[Any], source: Any, target: Any) -> Conversion:
    """Return how many of the deals that reached the source reached the target, which is a later stage."""
    ranks = _rank(stages)
    if source not in ranks or target not in ranks or ranks[source] >= ranks[target]:
        raise FunnelError(f"From “{source}” to “{target}” leads no way forward: give an earlier and a later stage.")
    return _count([(deal, reached(deal, stages)) for deal in deals], source, target)


def conversions(
    deals: Iterable[Deal], stages: Sequence[Any], start: datetime | None = None, end: datetime | None = None
) -> tuple[Conversion, ...]:
    """Return the conversion of every pair of stages, for the deals that reached its first within [start, end)."""
    known = [(deal, reached(deal, stages)) for deal in deals]
    return tuple(
        _count(
            [(deal, firsts) for deal, firsts in known if source in firsts and _within(firsts[source], start, end)],
            source,
            target,
        )
        for source, target in combinations(stages, 2)
    )


def cohorts(deals: Iterable[Deal], stages: Sequence[Any], source: Any) -> dict[str, dict[Any, int]]:
    """Return, by the month in which deals reached the source, how many of them reached it and each later stage."""
    later = stages[_rank(stages)[source] :]
    months: dict[str, Counter[Any]] = {}
    for deal in deals:
        firsts = reached(deal, stages)
        if source in firsts:
            months.setdefault(month_of(firsts[source]), Counter()).update(stage for stage in later if stage in firsts)
    return {month: {stage: counts[stage] for stage in later} for month, counts in sorted(months.items())}


def time_in_stages(deals: Iterable[Deal], stages: Sequence[Any], now: datetime) -> dict[Any, StageTime]:
    """Return the days spent in each stage; the visits of one deal to one stage add up."""
    gone: dict[Any, list[Decimal]] = {stage: [] for stage in stages}
    standing: dict[Any, list[Decimal]] = {stage: [] for stage in stages}
    for deal in deals:
        totals, last = _sum_visits(deal, now)
        for stage, days in totals.items():
            (standing if stage == last else gone)[stage].append(days)
    return {
        stage: StageTime(
            len(gone[stage]),
            _mean(gone[stage]),
            Decimal(median(gone[stage] or [ZERO])),
            len(standing[stage]),
            _mean(standing[stage]),
        )
        for stage in stages
    }


def outcome(deals: Iterable[Deal], start: datetime | None = None, end: datetime | None = None) -> Outcome:
    """Return what was won and lost within [start, end), and the mean days from first visit to winning."""
    deals = list(deals)
    won = [deal for deal in deals if deal.won is not None and _within(deal.won, start, end)]
    lost = [deal for deal in deals if deal.lost is not None and _within(deal.lost, start, end)]
    cycles = [_days(min(visit.entered for visit in deal.visits), deal.won) for deal in won if deal.visits]
    return Outcome(
        len(won),
        len(lost),
        sum((deal.value for deal in won), ZERO),
        sum((deal.value for deal in lost), ZERO),
        _mean(cycles),
    )


def velocity(deals: int, value: Decimal, win_rate: Decimal, cycle: Decimal) -> Decimal:
    """Return what a pipeline brings a day: deals × value × win rate / cycle length.

    The deals are those open at one time: by Little's law a stock divided by its cycle is what flows through a day.
    """
    with exact():
        return deals * value * win_rate / HUNDRED / cycle if cycle else ZERO


def forecast(deals: Iterable[Deal]) -> tuple[Expected, ...]:
    """Return the open deals by the month in which they are expected to close, undated ones last."""
    months: dict[str | None, list[Deal]] = {}
    for deal in deals:
        if deal.is_open:
            months.setdefault(month_of(deal.closing) if deal.closing else None, []).append(deal)
    with exact():
        return tuple(
            Expected(
                month,
                len(found),
                sum((deal.value for deal in found), ZERO),
                sum((deal.value * deal.probability / HUNDRED for deal in found), ZERO),
            )
            for month, found in sorted(months.items(), key=lambda pair: (pair[0] is None, pair[0] or ""))
        )


def _rank(stages: Sequence[Any]) -> Mapping[Any, int]:
    ranks = {stage: number for number, stage in enumerate(stages)}
    if len(ranks) != len(stages):
        raise FunnelError("A stage is given twice: each stage has one place in the order.")
    return ranks


def _count(known: list[tuple[Deal, dict[Any, datetime]]], source: Any, target: Any) -> Conversion:
    inside = [(deal, firsts) for deal, firsts in known if source in firsts]
    missed = [deal for deal, firsts in inside if target not in firsts]
    lost = sum(deal.lost is not None for deal in missed)
    return Conversion(source, target, len(inside), len(inside) - len(missed), lost)


def _sum_visits(deal: Deal, now: datetime) -> tuple[dict[Any, Decimal], Any]:
    """Return the days in each stage, and the stage in which the deal still stands."""
    totals: dict[Any, Decimal] = {}
    last = None
    for visit in deal.visits:
        totals[visit.stage] = totals.get(visit.stage, ZERO) + _days(
            visit.entered, visit.left or max(now, visit.entered)
        )
        if visit.left is None:
            last = visit.stage
    return totals, last


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= moment) and (end is None or moment < end)


def _days(start: datetime, end: datetime) -> Decimal:
    with exact():
        return Decimal(int((end - start).total_seconds())) / DAY_SECONDS


def _mean(values: Sequence[Decimal]) -> Decimal:
    with exact():
        return sum(values, ZERO) / len(values) if values else ZERO
