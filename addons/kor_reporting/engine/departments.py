"""Let service departments hand their costs on, until only operating departments have any.

Units: costs are decimals in one currency, multiples of its rounding, of any sign; what a department uses of a service
is a quantity in the service's own unit (hours, seats, square metres), zero or more. All is exact until the end: the
costs of the operating departments are rounded once, by the largest remainder, so that no cent is lost.

Methods: `direct` divides each service among operating departments only. `step_down` hands services on one after
another, each among what comes after it; the order is given, or the service that serves the other services most (by its
share of use) goes first, then the dearer one, then by key. `reciprocal` solves gross = own cost + Σ share × gross for
all services at once. What a service uses of itself is left out: it changes nothing of what others pay.
Errors: DepartmentError, whose text is a sentence that says what is wrong and what would be right.
Source: support-department cost allocation as in cost-accounting textbooks (direct, sequential, simultaneous equations).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from odoo.addons.kor_enterprise_tiers.engine.money import as_text

from .figures import NOTHING, is_multiple, settle

METHODS = ("direct", "step_down", "reciprocal")
Shares = dict[str, dict[str, Fraction]]


class DepartmentError(ValueError):
    """Say in one sentence what is wrong with departments and what would be right."""


@dataclass(frozen=True, slots=True)
class Service:
    """Describe a service department: its own cost, and how much each department uses of it."""

    key: str
    cost: Decimal
    use: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Step:
    """Say what a service hands on: its `gross` cost with what it received, and the parts of it, all exact."""

    service: str
    gross: Fraction
    shares: Mapping[str, Fraction]

    @property
    def parts(self) -> dict[str, Fraction]:
        """Return the exact amount that each department receives."""
        return {key: self.gross * share for key, share in self.shares.items()}


@dataclass(frozen=True, slots=True)
class Cost:
    """Say what an operating department costs in all: its `own`, and what it `received` by service, which add up."""

    key: str
    own: Decimal
    received: Mapping[str, Decimal]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Distribution:
    """Hold the costs of the operating departments and the steps that led to them."""

    costs: tuple[Cost, ...]
    steps: tuple[Step, ...]


def distribute(
    method: str,
    services: Iterable[Service],
    operating: Mapping[str, Decimal],
    rounding: Decimal,
    order: Sequence[str] = (),
) -> Distribution:
    """Return what each operating department costs after all services have handed on theirs.

    :param operating: own costs by operating department
    :param order: the services in the order of `step_down`; by default the one that serves services most goes first
    """
    services = tuple(services)
    _check(method, services, operating, rounding)
    if method == "direct":
        steps = _hand_on(services, set(operating))
    elif method == "step_down":
        steps = _step_down(_in_order(services, order), operating)
    else:
        steps = _reciprocal(services, operating)
    return Distribution(_settle_costs(steps, operating, rounding), steps)


def _check(method: str, services: tuple[Service, ...], operating: Mapping[str, Decimal], rounding: Decimal) -> None:
    if method not in METHODS:
        raise DepartmentError(f"“{method}” is no method: choose one of {', '.join(METHODS)}.")
    keys = [service.key for service in services]
    if not operating:
        raise DepartmentError("There is no operating department: name at least one that bears the costs in the end.")
    if len({*keys, *operating}) < len(keys) + len(operating):
        raise DepartmentError("A department is given twice: each is either a service or operating, once.")
    known = {*keys, *operating}
    for service in services:
        for key, quantity in service.use.items():
            if key not in known:
                raise DepartmentError(f"{service.key} serves {key}, which is no department: add it, or take it out.")
            if quantity < 0:
                raise DepartmentError(
                    f"{key} uses {as_text(quantity)} of {service.key}: the quantity must be zero or more."
                )
    for key, cost in [*((one.key, one.cost) for one in services), *operating.items()]:
        if not is_multiple(cost, rounding):
            raise DepartmentError(f"The cost of {key} is {as_text(cost)}: round it to {as_text(rounding)} first.")


def _shares(service: Service, among: set[str]) -> dict[str, Fraction]:
    """Return the share of each department that uses the service, of those it is divided among."""
    used = {key: Fraction(one) for key, one in service.use.items() if key in among and key != service.key and one}
    whole = sum(used.values(), NOTHING)
    return {key: quantity / whole for key, quantity in used.items()}


def _refuse(service: str, among: str) -> DepartmentError:
    return DepartmentError(
        f"Nobody of {among} uses {service}, so its cost has nowhere to go: say who uses it, or make it operating."
    )


def _hand_on(services: tuple[Service, ...], among: set[str]) -> tuple[Step, ...]:
    """Let each service hand its own cost on."""
    steps = []
    for service in services:
        shares = _shares(service, among)
        if service.cost and not shares:
            raise _refuse(service.key, "the operating departments")
        steps.append(Step(service.key, Fraction(service.cost), shares))
    return tuple(steps)


def _in_order(services: tuple[Service, ...], order: Sequence[str]) -> list[Service]:
    by_key = {service.key: service for service in services}
    if order:
        if sorted(order) != sorted(by_key):
            raise DepartmentError(f"The order must name each service once: {', '.join(sorted(by_key))}.")
        return [by_key[key] for key in order]
    every = {key for service in services for key in service.use}

    def rank(service: Service) -> tuple[Fraction, Decimal, str]:
        shares = _shares(service, every)
        served = sum((share for key, share in shares.items() if key in by_key), NOTHING)
        return -served, -abs(service.cost), service.key

    return sorted(services, key=rank)


def _step_down(services: list[Service], operating: Mapping[str, Decimal]) -> tuple[Step, ...]:
    received: dict[str, Fraction] = {}
    steps = []
    for number, service in enumerate(services):
        among = {*operating, *(later.key for later in services[number + 1 :])}
        step = Step(service.key, Fraction(service.cost) + received.get(service.key, NOTHING), _shares(service, among))
        if step.gross and not step.shares:
            raise _refuse(service.key, "the departments that come after it")
        for key, part in step.parts.items():
            received[key] = received.get(key, NOTHING) + part
        steps.append(step)
    return tuple(steps)


def _reciprocal(services: tuple[Service, ...], operating: Mapping[str, Decimal]) -> tuple[Step, ...]:
    keys = {service.key for service in services}
    shares = {service.key: _shares(service, {*operating, *keys}) for service in services}
    _check_solvable(shares, set(operating))
    names = [service.key for service in services]
    matrix = [[Fraction(key == other) - shares[other].get(key, NOTHING) for other in names] for key in names]
    gross = solve(matrix, [Fraction(service.cost) for service in services])
    return tuple(Step(key, amount, shares[key]) for key, amount in zip(names, gross, strict=True))


def _check_solvable(shares: Shares, operating: set[str]) -> None:
    """Refuse services whose costs go round among themselves for ever: exactly then the system is singular."""
    reaching = set(operating)
    while True:
        more = {key for key, parts in shares.items() if key not in reaching and reaching & set(parts)}
        if not more:
            break
        reaching |= more
    stuck = sorted(set(shares) - reaching)
    if len(stuck) == 1:
        raise _refuse(stuck[0], "the operating departments, directly or through others,")
    if stuck:
        raise DepartmentError(
            f"{', '.join(stuck)} serve only each other, so their costs go round for ever: "
            "at least one of them must serve an operating department."
        )


def solve(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> list[Fraction]:
    """Solve a square linear system exactly by elimination; a singular one raises DepartmentError."""
    rows = [[*map(Fraction, row), Fraction(value)] for row, value in zip(matrix, right, strict=True)]
    for at in range(len(rows)):
        pivot = next((number for number in range(at, len(rows)) if rows[number][at]), None)
        if pivot is None:
            raise DepartmentError("The departments have no single solution: let each serve an operating one.")
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for number, row in enumerate(rows):
            if number != at and row[at]:
                factor = row[at]
                rows[number] = [value - factor * above for value, above in zip(row, rows[at], strict=True)]
    return [row[-1] for row in rows]


def _settle_costs(steps: tuple[Step, ...], operating: Mapping[str, Decimal], rounding: Decimal) -> tuple[Cost, ...]:
    received: Shares = {key: {} for key in operating}
    for step in steps:
        for key, part in step.parts.items():
            if key in received:
                received[key][step.service] = part
    exacts = [Fraction(own) + sum(received[key].values(), NOTHING) for key, own in operating.items()]
    totals = settle(exacts, rounding)
    return tuple(
        _settle_received(key, own, received[key], total, rounding)
        for (key, own), total in zip(operating.items(), totals, strict=True)
    )


def _settle_received(
    key: str, own: Decimal, received: Mapping[str, Fraction], total: Decimal, rounding: Decimal
) -> Cost:
    """Round what came from each service so that it adds up to the department's total."""
    rest = Fraction(total) - Fraction(own) - sum(received.values(), NOTHING)
    parts = list(received.values())
    if parts:
        # The cent by which the total was rounded goes where most of the cost came from.
        widest = max(range(len(parts)), key=lambda at: abs(parts[at]))
        parts[widest] += rest
    amounts = settle(parts, rounding)
    return Cost(key, own, dict(zip(received, amounts, strict=True)), total)
