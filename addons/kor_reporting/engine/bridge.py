"""Walk from recurring fees over recognised revenue and invoices to the cash of a period, without a gap.

Units: amounts are decimals in the report's currency; above zero adds, below zero takes away. Each step is a figure
from its own books: `mrr` from contracts (the recurring fees that fall to the period), `recognized` from revenue
entries, `invoiced` from posted invoices without taxes, `cash` from payments. What is known to lead from one to the next
is told by its key; what is not is the `rest`, so step + differences + rest = next step always.
Errors: BridgeError, whose text is a sentence that says what is wrong and what would be right.
Source: the reconciliation of recurring revenue to reported revenue, billings (revenue + change in deferred revenue)
and collections (billings + taxes − change in receivables).
"""

from collections.abc import Mapping
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

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
# The name of a figure: a step, or a step and what leads to it.
Name = str | tuple[str, str]
_DIFFERENCES = {(step, key) for step, keys in DIFFERENCES.items() for key in keys}


class BridgeError(ValueError):
    """Say in one sentence what is wrong with the figures of a bridge and what would be right."""


def bridge(figures: Mapping[Name, Decimal]) -> dict[Name, Decimal]:
    """Return the figures with the rest of each step under (step, REST); what is nothing is left out.

    :param figures: by step its amount, by (step, key) a difference that leads to it; what is not there is nothing
    """
    odd = figures.keys() - _DIFFERENCES - set(STEPS)
    if odd:
        raise BridgeError(_tell(min(odd, key=str)))
    rests, before = {}, figures.get(STEPS[0], ZERO)
    for step in STEPS[1:]:
        amount = figures.get(step, ZERO)
        rests[step, REST] = amount - before
        before = amount
    for name, amount in figures.items():
        if isinstance(name, tuple):
            rests[name[0], REST] -= amount
    return {name: amount for name, amount in (*figures.items(), *rests.items()) if amount}


def _tell(name: Name) -> str:
    if not isinstance(name, tuple):
        return f"“{name}” is no step of a bridge: choose one of {', '.join(STEPS)}."
    step, key = name
    if step not in DIFFERENCES:
        return f"“{step}” is no step that something leads to: choose one of {', '.join(STEPS[1:])}."
    return f"“{key}” does not lead to {step}: choose one of {', '.join(DIFFERENCES[step])}."
