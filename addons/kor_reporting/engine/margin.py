"""Say what is left of revenue after costs, layer by layer.

Units: revenue and costs are decimals in one currency; a cost above zero takes away, a refund is below zero.
A category of cost stands in one layer:

- `service`: what it takes to serve customers. Gross margin = revenue − service
- `customer`: what else is spent on a customer. Contribution margin = gross margin − customer
- `overhead`: what is spent on no customer in particular. Profit = contribution margin − overhead

Percentages are of revenue; without revenue there is a reason instead.
Errors: MarginError, whose text is a sentence that says what is wrong and what would be right.
Source: multi-step contribution accounting; hosting and support as cost of revenue, as service companies report them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .figures import Ratio, divide

SERVICE, CUSTOMER, OVERHEAD = LAYERS = ("service", "customer", "overhead")
DEFAULT_LAYERS = MappingProxyType(
    {
        "infrastructure": SERVICE,
        "support": SERVICE,
        "sales_marketing": CUSTOMER,
        "development": OVERHEAD,
        "overhead": OVERHEAD,
    }
)
NO_REVENUE = "There is no revenue, so nothing can be a part of it."


class MarginError(ValueError):
    """Say in one sentence what is wrong with costs and what would be right."""


@dataclass(frozen=True, slots=True)
class Margin:
    """Hold revenue, and costs by category and by layer (all layers)."""

    revenue: Decimal
    costs: Mapping[str, Decimal]
    layers: Mapping[str, Decimal]

    @property
    def gross(self) -> Decimal:
        return self.revenue - self.layers[SERVICE]

    @property
    def contribution(self) -> Decimal:
        return self.gross - self.layers[CUSTOMER]

    @property
    def profit(self) -> Decimal:
        return self.contribution - self.layers[OVERHEAD]

    def share(self, amount: Decimal) -> Ratio:
        """Return an amount as a part of revenue."""
        return divide(amount, self.revenue, NO_REVENUE)


def margin(revenue: Decimal, costs: Mapping[str, Decimal], layers: Mapping[str, str] = DEFAULT_LAYERS) -> Margin:
    """Return the margins of one customer, tier, component or of all.

    :param layers: the layer of each category
    """
    sums = dict.fromkeys(LAYERS, ZERO)
    for category, amount in costs.items():
        layer = layers.get(category)
        if layer not in sums:
            raise MarginError(f"The category {category} stands in no layer: choose one of {', '.join(LAYERS)} for it.")
        sums[layer] += amount
    return Margin(revenue, dict(costs), sums)
