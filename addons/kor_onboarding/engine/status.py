"""Say how an onboarding stands, from facts: a state, its colour, and the reasons as keys with their values."""

from dataclasses import dataclass
from datetime import date

COLORS = {
    "not_started": "grey",
    "on_track": "green",
    "at_risk": "amber",
    "late": "red",
    "blocked": "red",
    "done": "green",
}


@dataclass(frozen=True)
class Facts:
    """What is known of an onboarding today.

    :param today: the day on which one asks
    :param is_started: anything is done
    :param is_done: all is done
    :param blocked: (step, reason) of each step that cannot go on
    :param late: (step, working days) of each open step that is expected, or was due, later than planned
    :param agreed: the go-live that was agreed
    :param forecast: the go-live as it is expected now
    :param went_live: the go-live as it was
    :param slip: working days from the agreed to the expected go-live, 0 where it is kept
    :param idle: working days since anything went on
    :param patience: after so many idle working days somebody has to look; 0: never
    """

    today: date
    is_started: bool = False
    is_done: bool = False
    blocked: tuple = ()
    late: tuple = ()
    agreed: date | None = None
    forecast: date | None = None
    went_live: date | None = None
    slip: int = 0
    idle: int = 0
    patience: int = 0


@dataclass(frozen=True)
class Status:
    state: str
    color: str
    reasons: tuple


def judge(facts: Facts) -> Status:
    """Return the state; the gravest reason comes first, and all that hold are told.

    Done before blocked, blocked before late, late before at risk. Late is who will not keep, or has not kept, the
    agreed go-live; at risk is who still may, though a step is behind its plan or nothing has gone on for too long.
    """
    if facts.is_done:
        return Status("done", COLORS["done"], (("done", {"day": facts.went_live or facts.forecast}),))
    blocked = [("blocked", {"step": step, "reason": reason}) for step, reason in facts.blocked]
    late = _find_late(facts)
    risks = _find_risks(facts)
    reasons = (*blocked, *late, *risks)
    if blocked:
        state = "blocked"
    elif late:
        state = "late"
    elif risks:
        state = "at_risk"
    elif not facts.is_started:
        state, reasons = "not_started", (("not_started", {}),)
    else:
        state, reasons = "on_track", _praise(facts)
    return Status(state, COLORS[state], reasons)


def _find_late(facts: Facts) -> list:
    if facts.went_live or not facts.agreed:
        return []
    if facts.today > facts.agreed:
        return [("overdue", {"agreed": facts.agreed, "forecast": facts.forecast})]
    if facts.forecast and facts.forecast > facts.agreed:
        return [("forecast_late", {"agreed": facts.agreed, "forecast": facts.forecast, "days": facts.slip})]
    return []


def _find_risks(facts: Facts) -> list:
    risks = [("step_late", {"step": step, "days": days}) for step, days in facts.late]
    if facts.patience and facts.idle >= facts.patience:
        risks.append(("idle", {"days": facts.idle}))
    return risks


def _praise(facts: Facts) -> tuple:
    if facts.went_live:
        return (("live", {"day": facts.went_live}),)
    return (("on_track", {"forecast": facts.forecast, "agreed": facts.agreed}),)
