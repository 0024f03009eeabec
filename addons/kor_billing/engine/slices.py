"""Describe what one line charges for one anchored period, and how that amount came about."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine import money, pricing
from odoo.addons.kor_enterprise_tiers.engine.discounts import DiscountStep

from .terms import DAY, Line


@dataclass(frozen=True)
class Booked:
    """What the books hold of a slice: the sum, the first number that no booking of it has, and its days."""

    amount: Decimal
    free_revision: int = 1
    start: date = date.min
    end: date = date.min


@dataclass(frozen=True)
class Capped:
    """Explain a spend cap: what is due at most in the period, what use came to, what this slice was lowered by."""

    due: Decimal
    counted: Decimal
    taken: Decimal

    def as_dict(self) -> dict[str, Any]:
        return {name: money.as_number(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Counted:
    """A charge that counts towards a commitment, or the part of it that lies in the commitment's period."""

    key: Any
    start: date
    end: date
    amount: Decimal

    def as_dict(self) -> dict[str, Any]:
        return {
            "line": self.key,
            "date_start": self.start.isoformat(),
            "date_end": (self.end - DAY).isoformat(),
            "amount": money.as_number(self.amount),
        }


@dataclass(frozen=True)
class Commitment:
    """Explain a true-up: what is due at least in the period, and the charges that count towards it."""

    due: Decimal
    charges: tuple[Counted, ...]

    @property
    def counted(self) -> Decimal:
        with money.exact():
            return sum((one.amount for one in self.charges), money.ZERO)

    def as_dict(self) -> dict[str, Any]:
        return {
            "due": money.as_number(self.due),
            "counted": money.as_number(self.counted),
            "charges": [one.as_dict() for one in self.charges],
        }


@dataclass(frozen=True)
class Highest:
    """Explain a quantity of which only what lies above the highest one before in the period is charged."""

    before: Decimal
    amount_before: Decimal

    def as_dict(self) -> dict[str, Any]:
        return {name: money.as_number(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Slice:
    """What a line charges for the part start <= day < end of its anchored period; `amount` is rounded.

    Where an earlier booking turned out too low or too high, `booked` is its sum and `revision` is above 0.
    """

    line: Line
    period_start: date
    period_end: date
    start: date
    end: date
    number: int
    numerator: int
    denominator: int
    rated: pricing.Rated
    prorated: Decimal
    minimum_added: Decimal
    gross: Decimal
    net: Decimal = Decimal(0)
    steps: tuple[DiscountStep, ...] = ()
    amount: Decimal = Decimal(0)
    reported: bool = True
    cap: Capped | None = None
    commitment: Commitment | None = None
    highest: Highest | None = None
    booked: Decimal = Decimal(0)
    revision: int = 0

    @property
    def difference(self) -> Decimal:
        """Return what is still to be booked."""
        return self.amount - self.booked

    @property
    def key(self) -> tuple[Any, date]:
        return self.line.key, self.period_start

    @property
    def billing_day(self) -> date:
        """Return the day whose invoice the slice belongs to: its first in advance, its last in arrears."""
        return self.start if self.line.timing == "advance" else self.end - DAY

    @property
    def due(self) -> date:
        """Return the day from which the slice can be billed: in arrears, the day after its last."""
        return self.start if self.line.timing == "advance" else self.end

    def explain(self) -> dict[str, Any]:
        """Return as plain JSON how the amount came about, from the quantity to the rounding."""
        return {
            **self._explain_line(),
            "prorated": money.as_number(self.prorated),
            "minimum_added": money.as_number(self.minimum_added),
            **({"highest": self.highest.as_dict()} if self.highest else {}),
            **({"cap": self.cap.as_dict()} if self.cap else {}),
            **({"commitment": self.commitment.as_dict()} if self.commitment else {}),
            "gross": money.as_number(self.gross),
            "discounts": [step.as_dict() for step in self.steps],
            "net": money.as_number(self.net),
            "amount": money.as_number(self.amount),
            "reported": self.reported,
            "booked_before": money.as_number(self.booked),
            "difference": money.as_number(self.difference),
        }

    def _explain_line(self) -> dict[str, Any]:
        """Return what was agreed with the line, the days, and what the full period would cost."""
        line = self.line
        return {
            "charge_type": line.charge_type,
            "timing": line.timing,
            "period": {
                "date_start": self.start.isoformat(),
                "date_end": (self.end - DAY).isoformat(),
                "full_start": self.period_start.isoformat(),
                "full_end": (self.period_end - DAY).isoformat(),
                "months": line.months,
            },
            "share": {
                "days": (self.end - self.start).days,
                "numerator": self.numerator,
                "denominator": self.denominator,
                "day_count": line.day_count,
            },
            "price": {
                "model": line.price.model,
                "unit_price": money.as_number(line.price.unit_price),
                "included_quantity": money.as_number(self.rated.quantity - self.rated.billable_quantity),
                **self.rated.as_dict(),
            },
        }
