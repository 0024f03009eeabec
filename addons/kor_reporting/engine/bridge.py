"""Walk from recurring fees over recognised revenue and invoices to the cash of a period, without a gap.

Units: amounts are decimals in the company's currency; above zero adds, below zero takes away. Each step is a figure
from its own books: `mrr` from contracts (the recurring fees that fall to the period), `recognized` from revenue
entries, `invoiced` from posted invoices without taxes, `cash` from payments. What is known to lead from one to the next
is told by its key; what is not is the `rest`, so step + differences + rest = next step always.
Errors: BridgeError, whose text is a sentence that says what is wrong and what would be right.
Source: the reconciliation of recurring revenue to reported revenue, billings (revenue + change in deferred revenue)
and collections (billings + taxes − change in receivables).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .figures import add_up

STEPS = ("mrr", "recognized", "invoiced", "cash")
REST = "rest"
# What can lead to each step from the one before, in the order in which it is shown.
DIFFERENCES = {
    # Fees that do not recur, use, months that are not whole, credits, what is earned in other periods than agreed.
    "recognized": ("one_time", "usage", "commitments", "proration", "discounts", "credits", "timing", "currency"),
    # Billed ahead of being earned, billed for what was earned before, prepaid credit, lines that earn nothing.
    "invoiced": ("deferred", "released", "accrued", "prepaid", "credit_notes", "by_hand", "exchange"),
    # On top of invoices, not paid yet, paid on earlier ones, ahead of any, paid back, settled without money.
    "cash": ("taxes", "open", "earlier", "advance_payments", "refunds", "write_offs", "settled"),
}


class BridgeError(ValueError):
    """Say in one sentence what is wrong with the figures of a bridge and what would be right."""


class Difference(NamedTuple):
    """Say what a cause adds."""

    key: str
    amount: Decimal


class Step(NamedTuple):
    """State a figure, and the differences that lead to it from the one before, the rest as the last of them."""

    key: str
    amount: Decimal
    differences: tuple[Difference, ...] = ()

    @property
    def rest(self) -> Decimal:
        """Return what is not explained."""
        return add_up(one.amount for one in self.differences if one.key == REST)


class Bridge(NamedTuple):
    """Hold the steps from the first figure to the last."""

    steps: tuple[Step, ...]

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Return the figures by step."""
        return {step.key: step.amount for step in self.steps}

    @property
    def is_explained(self) -> bool:
        """Tell whether nothing is left without a cause."""
        return not any(step.rest for step in self.steps)


def bridge(amounts: Mapping[str, Decimal], known: Mapping[str, Mapping[str, Decimal]]) -> Bridge:
    """Return the bridge between the figures; differences of nothing are left out.

    :param amounts: the figure of each of the STEPS
    :param known: by step, the differences that lead to it, by their keys
    """
    _check(amounts, known)
    steps = [Step(STEPS[0], amounts[STEPS[0]])]
    for key in STEPS[1:]:
        steps.append(_step(key, steps[-1].amount, amounts[key], known.get(key, {})))
    return Bridge(tuple(steps))


def add(bridges: Iterable[Bridge]) -> Bridge:
    """Return the bridge of all together: that of a customer from those of its contracts."""
    amounts = dict.fromkeys(STEPS, ZERO)
    known: dict[str, dict[str, Decimal]] = {key: {} for key in STEPS[1:]}
    for one in bridges:
        for step in one.steps:
            amounts[step.key] += step.amount
            for found in step.differences:
                if found.key != REST:
                    known[step.key][found.key] = known[step.key].get(found.key, ZERO) + found.amount
    return bridge(amounts, known)


def _step(key: str, before: Decimal, amount: Decimal, known: Mapping[str, Decimal]) -> Step:
    explained = {name: known[name] for name in DIFFERENCES[key] if known.get(name)}
    explained[REST] = amount - before - add_up(explained.values())
    return Step(key, amount, tuple(Difference(name, value) for name, value in explained.items() if value))


def _check(amounts: Mapping[str, Decimal], known: Mapping[str, Mapping[str, Decimal]]) -> None:
    if set(amounts) != set(STEPS):
        raise BridgeError(f"A bridge needs exactly these figures: {', '.join(STEPS)}.")
    for step, differences in known.items():
        allowed = DIFFERENCES.get(step)
        if allowed is None:
            raise BridgeError(f"“{step}” is no step that something leads to: choose one of {', '.join(STEPS[1:])}.")
        for key in differences:
            if key not in allowed:
                raise BridgeError(f"“{key}” does not lead to {step}: choose one of {', '.join(allowed)}.")
