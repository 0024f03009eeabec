"""Value amounts in the company's currency, at one rate a month.

Units: rates are the company's currency per unit of another, by the first day of the month; a month without one has
that of the latest month before. Values are rounded to the company's currency.
Errors: MrrError, whose text is a sentence that says what is wrong and what would be right.
"""

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, round_money

# Long divisions leave an error in the last digits, which must not decide a tie.
_SETTLED = Context(prec=40, rounding=ROUND_HALF_UP)


class MrrError(ValueError):
    """Say in one sentence what is wrong with facts or rates and what would be right."""


class Rates:
    """Value amounts of any currency in the company's, rounded to its `rounding`.

    :param by_currency: rates by currency and first day of the month; the company's own currency needs none
    :param home: key of the company's currency
    """

    def __init__(
        self,
        rounding: Decimal = Decimal("0.01"),
        by_currency: Mapping[Hashable, Mapping[date, Decimal]] | None = None,
        home: Hashable = "",
    ):
        self.rounding, self.home = rounding, home
        unit = rounding.normalize().as_tuple()
        self._places = rounding.normalize() if unit.digits == (1,) and unit.exponent <= 0 else None
        for key, rates in (by_currency or {}).items():
            odd = next((day for day, rate in rates.items() if day.day != 1 or rate <= 0), None)
            if odd:
                raise MrrError(f"The rate of {key} on {odd} must be above zero and stand at the first of its month.")
        self._series = {key: sorted(rates.items()) for key, rates in (by_currency or {}).items()}
        self._months = {key: [month for month, _rate in series] for key, series in self._series.items()}
        self._known: dict[tuple, Decimal] = {}

    def is_home(self, currency: Hashable) -> bool:
        return currency in ("", self.home)

    def rate(self, currency: Hashable, day: date) -> Decimal:
        """Return the rate of the month that holds the day, or of the latest month before it."""
        if self.is_home(currency):
            return Decimal(1)
        at = bisect_right(self._months.get(currency, ()), day)
        if not at:
            raise MrrError(f"There is no rate of {currency} for {day:%Y-%m} or before: enter one.")
        return self._series[currency][at - 1][1]

    def value(self, amount: Decimal, currency: Hashable, day: date) -> Decimal:
        """Return the amount in the company's currency at the month's rate, rounded."""
        if not amount:
            return ZERO
        key = (amount, currency, None if self.is_home(currency) else (day.year, day.month))
        if key not in self._known:
            exact = _SETTLED.multiply(amount, self.rate(currency, day))
            # The same, several times faster: thousands of contracts have a value in each month.
            self._known[key] = (
                _SETTLED.quantize(exact, self._places) if self._places else round_money(exact, self.rounding)
            )
        return self._known[key]

    def changes(self, currency: Hashable, after: date, until: date) -> list[date]:
        """Return the first days of months with a rate of their own, later than one day and up to another."""
        known = [] if self.is_home(currency) else self._months.get(currency, [])
        return known[bisect_right(known, after) : bisect_right(known, until)]

    def fixed(self, day: date) -> "Rates":
        """Return rates that stay what they are on a day: what then moves is not the currency.

        A currency without a rate by then has its first one.
        """
        kept = {}
        for key, series in self._series.items():
            at = max(bisect_right(self._months[key], day), 1)
            kept[key] = {date.min: series[at - 1][1]} if series else {}
        return Rates(self.rounding, kept, self.home)
