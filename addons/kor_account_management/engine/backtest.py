"""What a score would have foretold: precision, recall and lead time of its warnings.

An account is warned of from the day on which its score falls below the threshold until it is back at it; a warning is
right where the account was lost within the horizon after the first day of it, and undecided where the period that is
known ends before the horizon does. A loss is caught where a warning began within the horizon before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median_low


@dataclass(frozen=True)
class Verdict:
    """What became of an account: its warnings, and the day on which it was lost, if it was."""

    key: int
    warnings: tuple[date, ...]
    lost: date | None
    outcome: str  # caught, missed, false, undecided, quiet
    lead_days: int | None


@dataclass(frozen=True)
class Backtest:
    """Shares as exact fractions from 0 to 1, None where there is nothing to divide by; the lead in days."""

    precision: Fraction | None
    recall: Fraction | None
    lead_days: int | None
    verdicts: tuple[Verdict, ...]

    def count(self, outcome: str) -> int:
        """Return how many accounts have an outcome."""
        return sum(verdict.outcome == outcome for verdict in self.verdicts)


def warnings_of(scores: Iterable[tuple[date, Decimal | None]], threshold: Decimal) -> tuple[date, ...]:
    """Return the first days of the times below the threshold; days without a score end no warning."""
    found, below = [], False
    for day, score in sorted(scores):
        if score is None:
            continue
        if score < threshold and not below:
            found.append(day)
        below = score < threshold
    return tuple(found)


def run(
    scores: Mapping[int, Sequence[tuple[date, Decimal | None]]],
    losses: Mapping[int, date],
    threshold: Decimal,
    horizon_days: int,
    until: date,
) -> Backtest:
    """Compare the warnings of each account with what became of it.

    :param scores: days and scores by account
    :param losses: the day on which an account was lost
    :param until: the last day on which losses are known
    """
    horizon = timedelta(days=horizon_days)
    verdicts = tuple(
        _judge(key, warnings_of(series, threshold), losses.get(key), horizon, until) for key, series in scores.items()
    )
    caught, missed, false = (
        sum(one.outcome == outcome for one in verdicts) for outcome in ("caught", "missed", "false")
    )
    leads = [one.lead_days for one in verdicts if one.lead_days is not None]
    return Backtest(
        precision=Fraction(caught, caught + false) if caught + false else None,
        recall=Fraction(caught, caught + missed) if caught + missed else None,
        lead_days=median_low(leads) if leads else None,
        verdicts=verdicts,
    )


def _judge(key: int, warnings: tuple[date, ...], lost: date | None, horizon: timedelta, until: date) -> Verdict:
    if lost:
        right = [day for day in warnings if day <= lost <= day + horizon]
        # The first one: whoever had acted on it would have had the most time.
        lead = (lost - right[0]).days if right else None
        return Verdict(key, warnings, lost, "caught" if right else "missed", lead)
    if not warnings:
        return Verdict(key, warnings, None, "quiet", None)
    decided = any(day + horizon <= until for day in warnings)
    return Verdict(key, warnings, None, "false" if decided else "undecided", None)
