from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.infrastructure_cost import Price, Quantity, measure_costs


class KorInfrastructureCostMixin(models.AbstractModel):
    """What infrastructure costs us: facts that the allocation of costs rests on."""

    _name = "kor.infrastructure.cost.mixin"
    _description = "Costs of Infrastructure"

    def _get_costs(self, date_from, date_to):
        """Return what the infrastructures cost in a span of days, both included; many take no more queries than one.

        Allocated quantities cost, not used ones. Costs of adjacent spans add up to those of the whole.

        :return: a list of `{contract_id, infrastructure_id, resource_id, month, date_from, date_to, days, quantity,
            unit_cost, currency_id, amount}` by resource and day; dates are dates, numbers are Decimals
        """
        start, end = fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        if not start or not end or end < start:
            raise UserError(self.env._("Costs are measured from a first to a last day that is not before it."))
        resources_sudo = self._get_costing_resources()
        quantities, prices = resources_sudo._get_cost_steps(end)
        after = end + timedelta(days=1)
        costs = []
        for resource in resources_sudo:
            infrastructure = resource.infrastructure_id
            until = infrastructure.date_end and infrastructure.date_end + timedelta(days=1)
            found = measure_costs(quantities[resource.id], prices[resource.id], start, after, until or None)
            costs += [resource._prepare_cost(cost) for cost in found]
        return costs

    def _get_costing_resources(self):
        """Return all resources of the infrastructures, with what is read of each."""
        resources_sudo = self.env["kor.infrastructure.resource"].sudo()  # whoever allocates costs, for all colleagues
        # Also archived ones: they have cost something.
        resources_sudo = resources_sudo.with_context(active_test=False).search_fetch(
            [("infrastructure_id", "in", self.ids)], ["infrastructure_id"], order="infrastructure_id, id"
        )
        resources_sudo.infrastructure_id.fetch(["contract_id", "date_end"])
        return resources_sudo


class KorInfrastructureResourceCostMixin(models.AbstractModel):
    """Read the steps of quantity and price that costs are measured from."""

    _name = "kor.infrastructure.resource.cost.mixin"
    _description = "Costs of Resources"

    def _get_cost_steps(self, last):
        """Return by resource id the quantities and the prices that hold until a day."""
        domain = [("resource_id", "in", self.ids), ("date_from", "<=", last)]
        quantities, prices = defaultdict(list), defaultdict(list)
        # The last one noted of a day counts.
        for fact in self.env["kor.infrastructure.capacity"].search_fetch(
            domain, ["resource_id", "date_from", "allocated"], order="date_from, id"
        ):
            quantities[fact.resource_id.id].append(Quantity(fact.date_from, _exact(fact.allocated)))
        for fact in self.env["kor.infrastructure.cost"].search_fetch(
            domain, ["resource_id", "date_from", "unit_cost", "currency_id"], order="date_from, id"
        ):
            currency = fact.currency_id
            price = Price(fact.date_from, _exact(fact.unit_cost), currency.id, currency.decimal_places)
            prices[fact.resource_id.id].append(price)
        return quantities, prices

    def _prepare_cost(self, cost):
        self.ensure_one()
        return {
            "contract_id": self.infrastructure_id.contract_id.id,
            "infrastructure_id": self.infrastructure_id.id,
            "resource_id": self.id,
            "month": cost.month,
            "date_from": cost.start,
            "date_to": cost.end - timedelta(days=1),
            "days": cost.days,
            "quantity": cost.quantity,
            "unit_cost": cost.unit_cost,
            "currency_id": cost.currency,
            "amount": cost.amount,
        }


def _exact(number):
    """Return a stored number as it was entered."""
    return Decimal(str(number))
