"""Say what a customer is worth, what it costs to win one, and how soon that is paid back.

Units: amounts are decimals in one currency; revenue and cost are of one customer in one period (a month), churn is the
share of customers lost in the same period (0.15 is 15 %). Each measure carries its rule, its inputs and the sum
written out; where it cannot be told, it has a reason instead of a value, and nothing is divided by zero.

- lifetime = 1 ÷ churn, in periods
- lifetime value = (revenue − cost) ÷ churn; of a customer that is there already: earned so far + the same
- acquisition cost = sales and marketing ÷ new customers
- payback = acquisition cost ÷ (revenue − cost), in periods
- value to cost = lifetime value ÷ acquisition cost
Errors: LifetimeError, whose text is a sentence that says what is wrong and what would be right.
Source: the margin-based lifetime value under constant churn: (20 − 2) ÷ 0.15 = 120.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, as_text

from .figures import round_exact

CENT = Decimal("0.01")
NO_LOSS = "No customer was lost, so churn does not say how long customers stay: choose a longer period."


class LifetimeError(ValueError):
    """Say in one sentence what is wrong with an input and what would be right."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Hold a measure: its exact value or the reason why there is none, its rule and the inputs by their names in it.

    :param sums: the rule with the inputs filled in
    """

    key: str
    rule: str
    inputs: Mapping[str, Decimal]
    sums: str
    value: Fraction | None = None
    reason: str = ""

    def rounded(self, rounding: Decimal = CENT) -> Decimal | None:
        """Return the value rounded, None where there is none."""
        return None if self.value is None else round_exact(self.value, rounding)

    @property
    def shown(self) -> str:
        """Return the sum written out with its result, or the reason."""
        return self.reason or f"{self.sums} = {as_text(self.rounded())}"

    def as_dict(self, rounding: Decimal = CENT) -> dict[str, Any]:
        """Return plain JSON: the value rounded, left out where there is none."""
        value = self.rounded(rounding)
        found = {"key": self.key, "rule": self.rule, "shown": self.shown, "reason": self.reason}
        inputs = {name: as_number(number) for name, number in self.inputs.items()}
        return {**found, "inputs": inputs, **({} if value is None else {"value": as_number(value)})}


def lifetime(churn: Decimal) -> Measure:
    """Return for how many periods a customer stays."""
    _check_churn(churn)
    found = ("lifetime", "1 ÷ churn", {"churn": churn}, f"1 ÷ {as_text(churn)}")
    return Measure(*found, 1 / Fraction(churn)) if churn else Measure(*found, reason=NO_LOSS)


def lifetime_value(revenue: Decimal, cost: Decimal, churn: Decimal, earned: Decimal = ZERO) -> Measure:
    """Return the margin that a customer brings as long as it stays; below zero where it costs more than it brings.

    :param earned: margin that a customer has brought already
    """
    _check_churn(churn)
    rule, inputs = "(revenue − cost) ÷ churn", {"revenue": revenue, "cost": cost, "churn": churn}
    sums = f"({as_text(revenue)} − {_signed(cost)}) ÷ {as_text(churn)}"
    if earned:
        rule, inputs = f"earned + {rule}", {"earned": earned, **inputs}
        sums = f"{as_text(earned)} + {sums}"
    found = ("lifetime_value", rule, inputs, sums)
    if not churn:
        return Measure(*found, reason=NO_LOSS)
    return Measure(*found, Fraction(earned) + (Fraction(revenue) - Fraction(cost)) / Fraction(churn))


def acquisition_cost(spent: Decimal, customers: int) -> Measure:
    """Return what it costs to win a customer.

    :param spent: sales and marketing of a period
    :param customers: those won in it
    """
    if customers < 0:
        raise LifetimeError(f"{customers} new customers are impossible: give zero or more.")
    inputs = {"sales and marketing": spent, "new customers": Decimal(customers)}
    found = (
        "acquisition_cost",
        "sales and marketing ÷ new customers",
        inputs,
        f"{as_text(spent)} ÷ {customers}",
    )
    if not customers:
        return Measure(*found, reason="No customer was won in the period, so the cost cannot be told for one of them.")
    return Measure(*found, Fraction(spent) / customers)


def payback(acquisition: Measure, revenue: Decimal, cost: Decimal) -> Measure:
    """Return after how many periods the margin of a customer has paid for winning it."""
    spent = acquisition.rounded()
    inputs = {**({} if spent is None else {"acquisition cost": spent}), "revenue": revenue, "cost": cost}
    sums = f"{'' if spent is None else as_text(spent)} ÷ ({as_text(revenue)} − {_signed(cost)})"
    found = ("payback", "acquisition cost ÷ (revenue − cost)", inputs, sums)
    margin = Fraction(revenue) - Fraction(cost)
    if acquisition.value is None:
        return Measure(*found, reason=acquisition.reason)
    if margin <= 0:
        return Measure(
            *found, reason="A customer costs as much as it brings or more, so winning it is never paid back."
        )
    return Measure(*found, acquisition.value / margin)


def value_to_cost(value: Measure, acquisition: Measure) -> Measure:
    """Return how many times the cost of winning a customer comes back."""
    known = {"lifetime value": value.rounded(), "acquisition cost": acquisition.rounded()}
    inputs = {name: number for name, number in known.items() if number is not None}
    sums = " ÷ ".join(as_text(number) for number in inputs.values())
    found = ("value_to_cost", "lifetime value ÷ acquisition cost", inputs, sums)
    reason = value.reason or acquisition.reason
    if reason:
        return Measure(*found, reason=reason)
    if acquisition.value <= 0:
        return Measure(*found, reason="Winning customers has cost nothing, so there is nothing to compare with.")
    return Measure(*found, value.value / acquisition.value)


def _check_churn(churn: Decimal) -> None:
    if not 0 <= churn <= 1:
        raise LifetimeError(f"Churn of {as_text(churn)} is impossible: give a share from 0 to 1, such as 0.15.")


def _signed(amount: Decimal) -> str:
    return f"({as_text(amount)})" if amount < 0 else as_text(amount)
