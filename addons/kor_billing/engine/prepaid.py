"""Draw prepaid credit for charges, before an amount is due.

Amounts are decimals in one currency, multiples of its rounding; days are half-open. A credit pays a charge of
whose days at least one lies in its validity: what was used while it held is paid from it, however late that is
billed. Credits are drawn in the order in which they would be lost: the one that expires first, among equals
the one that began first. A credit without a start pays whatever is still to be
billed. Negative charges (use taken back) lower what there is to pay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine import money

COVERS = ("usage", "all")


class PrepaidError(ValueError):
    """Say in a sentence what is wrong with a credit, and what would be right."""


@dataclass(frozen=True)
class Credit:
    """Hold what is left of a credit; it holds start <= day < end, open where None."""

    key: Any
    start: date | None
    end: date | None
    balance: Decimal
    covers: str = "all"

    def __post_init__(self) -> None:
        if self.covers not in COVERS:
            raise PrepaidError(f"A credit covers {' or '.join(COVERS)}, not “{self.covers}”.")
        if self.start and self.end and self.end <= self.start:
            raise PrepaidError(f"The credit ends on {self.end}: its end must be after its start on {self.start}.")

    def pays(self, charge: "Charge") -> bool:
        """Tell whether the credit may be drawn for the charge."""
        covered = self.covers == "all" or charge.charge_type in ("usage", "commitment")
        begun = self.start is None or self.start < charge.end
        return covered and begun and (self.end is None or charge.start < self.end)


@dataclass(frozen=True)
class Charge:
    """Hold what is to be paid for one line and its days; `amount` is below zero for what was taken back."""

    key: Any
    charge_type: str
    start: date
    end: date
    amount: Decimal


@dataclass(frozen=True)
class Draw:
    """State what one credit pays, of which balance, and for which charges, as (key, amount) each."""

    credit: Credit
    amount: Decimal
    charges: tuple[tuple[Any, Decimal], ...]

    @property
    def left(self) -> Decimal:
        return self.credit.balance - self.amount


def draw(credits: Iterable[Credit], charges: Sequence[Charge]) -> tuple[Draw, ...]:
    """Return what each credit pays of the charges; together never more than the charges come to."""
    open_amounts = _net(charges)
    result = []
    for credit in sorted(credits, key=lambda one: (one.end or date.max, one.start or date.min)):
        left, paid = credit.balance, []
        for position, charge in enumerate(charges):
            taken = min(left, open_amounts[position])
            if taken > 0 and credit.pays(charge):
                open_amounts[position] -= taken
                left -= taken
                paid.append((charge.key, taken))
        if paid:
            result.append(Draw(credit, credit.balance - left, tuple(paid)))
    return tuple(result)


def _net(charges: Sequence[Charge]) -> list[Decimal]:
    """Return the positive amounts, lowered from the last one on by what the negative ones take back."""
    amounts = [max(charge.amount, money.ZERO) for charge in charges]
    back = -sum((charge.amount for charge in charges if charge.amount < 0), money.ZERO)
    for position in reversed(range(len(amounts))):
        taken = min(back, amounts[position])
        amounts[position] -= taken
        back -= taken
    return amounts
