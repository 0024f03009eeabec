"""Rate a quantity with a price: standard, graduated, volume, package, stairstep or percentage.

Quantities are in the metric's unit (money for percentage), belong to one full billing period and are never
rounded. The included quantity comes off first; the rest is billable, priced from the first tier on.

- standard: every unit at the unit price.
- graduated: every tier's units at that tier's price, plus the flat amount of each tier that is reached.
- volume: all units at the price of the one tier that the quantity falls in, plus that tier's flat amount.
- stairstep: the flat amount of the one tier that the quantity falls in.
- package: the unit price for each package begun.
- percentage: a percentage of the quantity, plus a fee for each event that is not included.

The first tier holds quantity zero, so its flat amount is always due. Fields that a model does not name are
not looked at, except tiers. Errors are `PricingError`. The models are those of Lago, Kill Bill and OpenMeter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

from .money import HUNDRED, ZERO, Number, as_number, as_text, exact, prorate, to_decimal

PRICE_MODELS = ("standard", "graduated", "volume", "package", "stairstep", "percentage")
TIERED_MODELS = ("graduated", "volume", "stairstep")

_LABELS = {
    "up_to": "upper bound",
    "unit_price": "unit price",
    "flat_amount": "flat amount",
    "package_size": "package size",
    "included_quantity": "included quantity",
    "minimum_amount": "minimum amount",
    "percentage": "percentage",
    "event_fee": "event fee",
    "included_events": "number of included events",
}


class PricingError(ValueError):
    """Say in a sentence what is wrong with a price or a quantity, and what would be right."""


@dataclass(frozen=True)
class PriceTier:
    """Hold one band of a tiered price; `up_to` is the last quantity in it, None where it has no end."""

    up_to: Decimal | None
    unit_price: Decimal = ZERO
    flat_amount: Decimal = ZERO

    def __post_init__(self) -> None:
        _convert(self, ["unit_price", "flat_amount"] + ["up_to"] * (self.up_to is not None))


@dataclass(frozen=True)
class Price:
    """Hold the terms of a price; integers, texts and floats are turned into decimals."""

    model: str
    unit_price: Decimal = ZERO
    tiers: tuple[PriceTier, ...] = ()
    package_size: Decimal = Decimal(1)
    included_quantity: Decimal = ZERO
    minimum_amount: Decimal = ZERO
    percentage: Decimal = ZERO
    event_fee: Decimal = ZERO
    included_events: Decimal = ZERO

    def __post_init__(self) -> None:
        names = set(_LABELS) - {"up_to", "flat_amount"}
        _convert(self, sorted(names))
        object.__setattr__(self, "tiers", tuple(self.tiers))


@dataclass(frozen=True)
class Step:
    """Explain one tier used: above `lower`, up to and with `upper` (None where open), in billable quantity.

    The amount is quantity × unit price + flat amount; with packages it is packages × unit price instead. The
    unit price of a percentage is its hundredth, and its flat amount the event fees.
    """

    lower: Decimal
    upper: Decimal | None
    quantity: Decimal
    unit_price: Decimal
    flat_amount: Decimal
    amount: Decimal
    packages: Decimal | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON; `upper` and `packages` are left out where there are none."""
        return {name: as_number(value) for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Rated:
    """Hold the unrounded amount before any minimum or discount, with the steps that add up to it."""

    quantity: Decimal
    billable_quantity: Decimal
    events: Decimal
    amount: Decimal
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON with numbers, for the explanation of a booked amount."""
        return {
            "quantity": as_number(self.quantity),
            "billable_quantity": as_number(self.billable_quantity),
            "events": as_number(self.events),
            "amount": as_number(self.amount),
            "steps": [step.as_dict() for step in self.steps],
        }


def check_price(price: Price) -> None:
    """Raise a PricingError where the price cannot be rated without a doubt."""
    if price.model not in PRICE_MODELS:
        raise PricingError(f"“{price.model}” is not a price model: choose one of {', '.join(PRICE_MODELS)}.")
    _check_not_negative(price)
    if price.model == "package" and not price.package_size:
        raise PricingError("A package price needs a package size above zero, such as 100 units in a package.")
    if price.model in TIERED_MODELS:
        _check_tiers(price)
    elif price.tiers:
        raise PricingError(
            f"A {price.model} price has no tiers: remove them, or choose one of {', '.join(TIERED_MODELS)}."
        )


def rate(price: Price, quantity: Number, events: Number = 0) -> Rated:
    """Price the quantity of one full period; a negative one mirrors the positive one, in standard only."""
    check_price(price)
    number, count = _to_number("quantity", quantity), _to_number("number of events", events)
    if count < 0:
        raise PricingError(f"The number of events is {as_text(count)}: it must be zero or above.")
    if number < 0 and price.model != "standard":
        raise PricingError(
            f"A {price.model} price cannot rate the quantity {as_text(number)}: give zero or more,"
            " and correct an earlier quantity by rating what it should have been."
        )
    with exact():
        rated = _rate_positive(price, abs(number), count)
        return _mirror(rated) if number < 0 else rated


def apply_minimum(amount: Number, minimum: Number, numerator: int = 1, denominator: int = 1) -> tuple[Decimal, Decimal]:
    """Return the amount raised to the share of the full period's minimum, and what was added.

    A negative amount is a refund, which a minimum does not touch.
    """
    before, full = _to_number("amount", amount), _to_number("minimum amount", minimum)
    if full < 0 or numerator < 0:
        raise PricingError("A minimum amount and the share of its period must be zero or above.")
    floor = prorate(full, numerator, denominator)
    if before < 0 or before >= floor:
        return before, ZERO
    with exact():
        return floor, floor - before


def _rate_positive(price: Price, quantity: Decimal, events: Decimal) -> Rated:
    billable = max(quantity - price.included_quantity, ZERO)
    steps = _STEPS[price.model](price, billable, events)
    return Rated(quantity, billable, events, sum((step.amount for step in steps), ZERO), steps)


def _standard_steps(price: Price, billable: Decimal, _events: Decimal) -> tuple[Step, ...]:
    return (_make_step(ZERO, None, billable, price.unit_price, ZERO),)


def _graduated_steps(price: Price, billable: Decimal, _events: Decimal) -> tuple[Step, ...]:
    return tuple(
        _make_step(lower, tier.up_to, _capped(billable, tier) - lower, tier.unit_price, tier.flat_amount)
        for lower, tier in _bounded(price.tiers)
        if billable > lower or not lower
    )


def _one_tier_steps(price: Price, billable: Decimal, _events: Decimal) -> tuple[Step, ...]:
    lower, tier = next(pair for pair in _bounded(price.tiers) if _capped(billable, pair[1]) == billable)
    return (_make_step(lower, tier.up_to, billable, tier.unit_price, tier.flat_amount),)


def _package_steps(price: Price, billable: Decimal, _events: Decimal) -> tuple[Step, ...]:
    packages = (billable / price.package_size).to_integral_value(ROUND_CEILING)
    step = _make_step(ZERO, None, billable, price.unit_price, ZERO)
    return (replace(step, amount=packages * price.unit_price, packages=packages),)


def _percentage_steps(price: Price, billable: Decimal, events: Decimal) -> tuple[Step, ...]:
    fees = max(events - price.included_events, ZERO) * price.event_fee
    return (_make_step(ZERO, None, billable, price.percentage / HUNDRED, fees),)


_STEPS = {
    "standard": _standard_steps,
    "graduated": _graduated_steps,
    "volume": _one_tier_steps,
    "package": _package_steps,
    "stairstep": _one_tier_steps,
    "percentage": _percentage_steps,
}


def _make_step(
    lower: Decimal, upper: Decimal | None, quantity: Decimal, unit_price: Decimal, flat_amount: Decimal
) -> Step:
    return Step(lower, upper, quantity, unit_price, flat_amount, quantity * unit_price + flat_amount)


def _bounded(tiers: tuple[PriceTier, ...]) -> Iterator[tuple[Decimal, PriceTier]]:
    lower = ZERO
    for tier in tiers:
        yield lower, tier
        lower = tier.up_to


def _capped(quantity: Decimal, tier: PriceTier) -> Decimal:
    return quantity if tier.up_to is None else min(quantity, tier.up_to)


def _mirror(rated: Rated) -> Rated:
    steps = tuple(replace(step, quantity=-step.quantity, amount=-step.amount) for step in rated.steps)
    return replace(
        rated,
        quantity=-rated.quantity,
        billable_quantity=-rated.billable_quantity,
        amount=-rated.amount,
        steps=steps,
    )


def _check_not_negative(price: Price) -> None:
    for name, label in _LABELS.items():
        # A standard price may be a rebate; elsewhere a negative price would make more usage cost less.
        if name == "unit_price" and price.model == "standard":
            continue
        value = getattr(price, name, ZERO)
        if value < 0:
            raise PricingError(f"The {label} is {as_text(value)}: it must be zero or above.")


def _check_tiers(price: Price) -> None:
    if not price.tiers:
        raise PricingError(f"A {price.model} price needs tiers: add at least one without an upper bound.")
    if price.tiers[-1].up_to is not None:
        raise PricingError(
            f"The last tier ends at {as_text(price.tiers[-1].up_to)}: leave its upper bound empty,"
            " so that every quantity has a price."
        )
    lower = ZERO
    for position, tier in enumerate(price.tiers, start=1):
        _check_tier_amounts(price.model, position, tier)
        if tier.up_to is None and position < len(price.tiers):
            raise PricingError(f"Tier {position} has no upper bound: only the last tier may be without one.")
        if tier.up_to is not None and tier.up_to <= lower:
            raise PricingError(f"Tier {position} ends at {as_text(tier.up_to)}: it must end above {as_text(lower)}.")
        lower = tier.up_to


def _check_tier_amounts(model: str, position: int, tier: PriceTier) -> None:
    for name in ("unit_price", "flat_amount"):
        value = getattr(tier, name)
        if value < 0:
            raise PricingError(f"The {_LABELS[name]} of tier {position} is {as_text(value)}: it must be zero or above.")
    if model == "stairstep" and tier.unit_price:
        raise PricingError(
            f"Tier {position} of a stairstep price has a unit price: use its flat amount, or choose volume."
        )


def _convert(record: Price | PriceTier, names: list[str]) -> None:
    for name in names:
        object.__setattr__(record, name, _to_number(_LABELS[name], getattr(record, name)))


def _to_number(label: str, value: Number) -> Decimal:
    try:
        return to_decimal(value)
    except ValueError as error:
        raise PricingError(f"The {label} cannot be used. {error}") from None
