"""Say what a contract's revenue is worth in the company's currency, and whether it is a liability or an asset.

A contract is one *position*: what was billed less what was earned. Above zero it is a contract liability, below zero
a contract asset (ASC 606-10-45-1, IFRS 15.105). Revenue that was billed first is earned at the rate at which it was
billed; revenue that is earned first at the rate of its month, and what the invoice then differs is an exchange
difference (ASC 830-20-30, IAS 21.21 and 28, IFRIC 22).

Units: amounts in the contract's currency, balances in the company's; above zero is a liability, as in credit. Rates
are the company's currency per unit of the contract's. Balances are rounded to the company's currency.
"""

from dataclasses import dataclass
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact, round_money


@dataclass(frozen=True, slots=True)
class Position:
    """What was billed less what was earned."""

    amount: Decimal = ZERO
    balance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Flow:
    """What is billed and what is earned in a month; `rate` is the one of the month's end."""

    billed: Decimal
    billed_balance: Decimal
    earned: Decimal
    rate: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a month comes to: revenue, exchange difference (above zero a gain), and where the contract then stands."""

    revenue: Decimal
    exchange: Decimal
    closing: Position

    @property
    def liability(self) -> Position:
        """Return what is billed and not earned, as a credit; nothing where the contract is an asset."""
        return self.closing if self.closing.amount > 0 else Position()

    @property
    def asset(self) -> Position:
        """Return what is earned and not billed, as a debit; nothing where the contract is a liability."""
        if self.closing.amount >= 0:
            return Position()
        return Position(-self.closing.amount, -self.closing.balance)


def carry(opening: Position, flow: Flow, rounding: Decimal) -> Outcome:
    """Return what a month makes of a position: first what is billed, then what is earned."""
    billed, gain = _bill(opening, flow, rounding)
    revenue = _earn(billed, flow, rounding)
    closing = Position(billed.amount - flow.earned, billed.balance - revenue)
    if not closing.amount and closing.balance:
        # Cents of rates that nothing stands behind any more.
        gain += closing.balance
        closing = Position()
    return Outcome(revenue, gain, closing)


def _bill(opening: Position, flow: Flow, rounding: Decimal) -> tuple[Position, Decimal]:
    """Return the position with what was billed, and the gain on what had been earned before it."""
    gain = ZERO
    if opening.amount < 0 < flow.billed:
        cleared = min(flow.billed, -opening.amount)
        with exact():
            carried = opening.balance * cleared / opening.amount
            gain = round_money(flow.billed_balance * cleared / flow.billed - carried, rounding)
    return Position(opening.amount + flow.billed, opening.balance + flow.billed_balance - gain), gain


def _earn(position: Position, flow: Flow, rounding: Decimal) -> Decimal:
    """Return the balance of what is earned: from the liability at its own rate, beyond it at the month's."""
    if not flow.earned:
        return ZERO
    ahead = min(flow.earned, position.amount) if min(flow.earned, position.amount) > 0 else ZERO
    if ahead == position.amount == flow.earned:
        return position.balance
    with exact():
        balance = position.balance * ahead / position.amount if ahead else ZERO
        return round_money(balance + (flow.earned - ahead) * flow.rate, rounding)
