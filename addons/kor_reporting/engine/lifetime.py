"""Say what a customer is worth, what it costs to win one, and how soon that is paid back.

Units: amounts are decimals or fractions (averages) in one currency; revenue and cost are of one customer in one period
(a month), churn is the share of customers lost in the same period (0.15 is 15 %). All is exact; what is shown is
rounded, amounts to hundredths and churn to six places. Each measure carries the sum written out; where it cannot be
told, it has a reason instead of a value, and nothing is divided by zero.

- lifetime = 1 ÷ churn, in periods
- lifetime value = (revenue − cost) ÷ churn; of a customer that is there already: earned so far + the same
- acquisition cost = sales and marketing ÷ new customers
- payback = acquisition cost ÷ (revenue − cost), in periods
- value to cost = lifetime value ÷ acquisition cost
Errors: LifetimeError, whose text is a sentence that says what is wrong and what would be right.
Source: the margin-based lifetime value under constant churn: (20 − 2) ÷ 0.15 = 120.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_text

from .figures import round_exact, round_ratio

Number = Decimal | Fraction
CENT = Decimal("0.01")
MILLIONTH = Decimal("0.000001")
NO_LOSS = "No customer was lost, so churn does not say how long customers stay: choose a longer period."


class LifetimeError(ValueError):
    """Say in one sentence what is wrong with an input and what would be right."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Hold a measure: its exact value or the reason why there is none, and the sum that it comes from."""

    sums: str = ""
    value: Fraction | None = None
    reason: str = ""
    cents: Decimal | None = field(init=False, repr=False, compare=False)
    shown: str = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        # Asked for again and again: by itself, written out (the reason where there is none), and by what follows.
        cents = None if self.value is None else round_exact(self.value, CENT)
        object.__setattr__(self, "cents", cents)
        object.__setattr__(self, "shown", self.reason or f"{self.sums} = {as_text(cents)}")

    def rounded(self) -> Decimal | None:
        """Return the value rounded, None where there is none."""
        return self.cents


def lifetime(churn: Number) -> Measure:
    """Return for how many periods a customer stays."""
    sums = f"1 ÷ {as_text(_rate(churn))}"
    return Measure(sums, 1 / _fraction(churn)) if churn else Measure(sums, reason=NO_LOSS)


def lifetime_value(revenue: Number, cost: Number, churn: Number, earned: Number = ZERO) -> Measure:
    """Return the margin that a customer brings as long as it stays; below zero where it costs more than it brings.

    :param earned: margin that a customer has brought already
    """
    margin, shown = _margin(revenue, cost)
    sums = f"({shown}) ÷ {as_text(_rate(churn))}"
    if earned:
        sums = f"{as_text(_cents(earned))} + {sums}"
    if not churn:
        return Measure(sums, reason=NO_LOSS)
    value = margin / _fraction(churn)
    return Measure(sums, _fraction(earned) + value if earned else value)


def acquisition_cost(spent: Number, customers: int) -> Measure:
    """Return what it costs to win a customer.

    :param spent: sales and marketing of a period
    :param customers: those won in it
    """
    if customers < 0:
        raise LifetimeError(f"{customers} new customers are impossible: give zero or more.")
    sums = f"{as_text(_cents(spent))} ÷ {customers}"
    if not customers:
        return Measure(sums, reason="No customer was won in the period, so the cost cannot be told for one of them.")
    return Measure(sums, Fraction(spent) / customers)


def payback(acquisition: Measure, revenue: Number, cost: Number) -> Measure:
    """Return after how many periods the margin of a customer has paid for winning it."""
    if acquisition.value is None:
        return Measure(reason=acquisition.reason)
    margin, shown = _margin(revenue, cost)
    if margin.numerator <= 0:
        return Measure(reason="A customer costs what it brings or more, so winning it is never paid back.")
    return Measure(f"{as_text(acquisition.rounded())} ÷ ({shown})", acquisition.value / margin)


def value_to_cost(value: Measure, acquisition: Measure) -> Measure:
    """Return how many times the cost of winning a customer comes back."""
    reason = value.reason or acquisition.reason
    if reason:
        return Measure(reason=reason)
    if acquisition.value <= 0:
        return Measure(reason="Winning customers has cost nothing, so there is nothing to compare with.")
    sums = f"{as_text(value.rounded())} ÷ {as_text(acquisition.rounded())}"
    return Measure(sums, value.value / acquisition.value)


@lru_cache(maxsize=1000)
def _rate(churn: Number) -> Decimal:
    """Return churn as it is shown; refuse what is no share."""
    if not 0 <= churn <= 1:
        raise LifetimeError(f"Churn of {churn} is impossible: give a share from 0 to 1, such as 0.15.")
    return round_exact(Fraction(churn), MILLIONTH)


@lru_cache(maxsize=16)
def _margin(revenue: Number, cost: Number) -> tuple[Fraction, str]:
    """Return revenue − cost, and the difference written out: two measures of a row ask."""
    return _fraction(revenue) - _fraction(cost), f"{as_text(_cents(revenue))} − {_signed(_cents(cost))}"


def _cents(amount: Number) -> Decimal:
    return round_ratio(*amount.as_integer_ratio(), CENT)


def _fraction(amount: Number) -> Fraction:
    return amount if type(amount) is Fraction else Fraction(amount)


def _signed(amount: Decimal) -> str:
    return f"({as_text(amount)})" if amount < 0 else as_text(amount)
