"""Divide what a contract earns and costs among its components: the products that its lines charge for.

Units: revenue and costs are decimals in one currency, multiples of its rounding; a credit or a refund is below zero.
Components are any keys that can be sorted; `NOWHERE` is the key of what is on no component.

- revenue of a component is what was recognised on it
- a cost that was divided by a metric goes to the components that are priced by the metric, all other costs, and those
  of a metric that prices none of them, to all components: in proportion to their revenue, in equal parts where none of
  them has any. Revenue below zero weighs nothing
- a contract without components keeps its costs on `NOWHERE`
Cents follow the largest remainder, so that the parts of each cost make it exactly.
Source: relative sales value method of dividing joint costs.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .figures import settle, share_out

NOWHERE = None
ONE = Decimal(1)


def divide_costs(
    revenue: Mapping[Hashable, Decimal],
    metrics: Mapping[Hashable, frozenset],
    costs: Mapping[tuple[str, Hashable], Decimal],
    rounding: Decimal,
) -> dict[Hashable, dict[str, Decimal]]:
    """Return the costs of a contract by component and category.

    :param revenue: of the contract, by component
    :param metrics: its components, each with the metrics that price it
    :param costs: by category and metric, the metric being None where the cost was not divided by one
    """
    every = sorted({*metrics, *revenue} - {NOWHERE})
    found: dict[Hashable, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for (category, metric), amount in costs.items():
        priced = [key for key in every if metric in metrics.get(key, ())] if metric is not None else []
        bearing = priced or every or [NOWHERE]
        for key, part in zip(bearing, _divide(amount, revenue, bearing, rounding), strict=True):
            found[key][category] += part
    return {key: dict(own) for key, own in found.items()}


def _divide(
    amount: Decimal, revenue: Mapping[Hashable, Decimal], keys: Sequence[Hashable], rounding: Decimal
) -> Sequence[Decimal]:
    if len(keys) == 1:
        return (amount,)
    weights = [max(revenue.get(key, ZERO), ZERO) for key in keys]
    return share_out(amount, weights if any(weights) else [ONE] * len(keys), rounding)


def divide_value(
    whole: Decimal, parts: Mapping[Hashable, Decimal], rate: Decimal, rounding: Decimal
) -> dict[Hashable, Decimal]:
    """Return what parts are worth in another currency, so that they make the value of the whole to the cent.

    :param whole: the value of the sum of all parts, rounded
    :param parts: amounts before the rate, of any sign
    """
    if len(parts) < 2:
        return dict.fromkeys(parts, whole)
    exact = {key: Fraction(amount) * Fraction(rate) for key, amount in parts.items()}
    # What rounding has made of the whole stands on the greatest part.
    greatest = max(exact, key=lambda key: abs(exact[key]))
    exact[greatest] += Fraction(whole) - sum(exact.values())
    return dict(zip(exact, settle([*exact.values()], rounding), strict=True))
