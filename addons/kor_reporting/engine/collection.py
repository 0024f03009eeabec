"""Tell how invoices of a period became cash, and what else was paid in it.

Units: amounts are decimals in the report's currency; what customers owe is above zero, credit notes are below it, and
so is what is paid back. Days are those of invoices and of what settles them; a window includes both of its days.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

PAYMENT, WRITE_OFF, OTHER = "payment", "write_off", "other"


class Settlement(NamedTuple):
    """Say what of an invoice was settled on a day, and whether by money."""

    invoiced: date
    settled: date
    is_refund: bool
    kind: str
    amount: Decimal


class Collection(NamedTuple):
    """State the cash of a window, and the differences between what its invoices ask for and it."""

    cash: Decimal
    differences: dict[str, Decimal]


def collect(first: date, last: date, asked: Decimal, settlements: Iterable[Settlement]) -> Collection:
    """Return the cash of a window; asked + differences = cash.

    :param asked: what the invoices of the window ask for, with taxes
    :param settlements: those of its invoices, and those that were paid in it; others are passed over
    """
    cash, covered, found = ZERO, ZERO, defaultdict(lambda: ZERO)
    for one in settlements:
        is_paid = one.kind == PAYMENT and first <= one.settled <= last
        cash += one.amount if is_paid else ZERO
        if first <= one.invoiced <= last:
            if one.settled <= last:
                covered += one.amount
                if not is_paid:
                    found[_name(one)] -= one.amount
        elif is_paid:
            key = "refunds" if one.is_refund else "earlier" if one.invoiced < first else "advance_payments"
            found[key] += one.amount
    found["open"] = covered - asked
    return Collection(cash, dict(found))


def _name(one: Settlement) -> str:
    """Return what kept an amount that is settled from being cash of the window."""
    return {PAYMENT: "advance_payments", WRITE_OFF: "write_offs"}.get(one.kind, "settled")
