from odoo import models
from odoo.exceptions import AccessError

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal

from ..engine.allocation import Basis, Driver, Pool, spend
from ..engine.departments import DepartmentError, Service, distribute
from ..engine.figures import add_up


class KorCostAllocateMixin(models.AbstractModel):
    """Spend pools on contracts: services are handed on first, then each pool is divided by its driver."""

    _name = "kor.cost.allocate.mixin"
    _inherit = ["kor.cost.source.mixin", "kor.cost.driver.mixin", "kor.cost.book.mixin"]
    _description = "Allocation of Costs"

    def allocate(self):
        """Spend the pools on contracts, to the cent, and book what the books do not say yet.

        Asked twice it books once; where a driver has changed since, it books the difference. Services of the months
        are handed on first. The amount of a pool is read from its source until it is allocated.

        :return: a list with a dict for each pool: `pool`, `name`, `month`, `role`, `amount`, `allocated`, `booked` (by
            this call), `reason` (empty, or why the pool could not be spent), `shares` (of contracts, or of pools for
            a service; each with its `amount`, and `percent` of the pool)
        """
        self._check_can_allocate()
        results = {}
        pools_sudo = self.sudo()  # whoever may allocate reads what costs come from, and writes what follows from it
        for company, pools in pools_sudo.grouped("company_id").items():
            results.update(pools.with_company(company)._allocate())
        return [results[pool.id] for pool in self]

    def refresh(self):
        """Read the amounts of the pools from their sources anew, also of those that are allocated.

        :return: a list with a dict for each pool: `pool`, `before`, `amount`, `open` (not allocated yet)
        """
        self._check_can_allocate()
        before = {pool.id: pool.amount for pool in self}
        self.sudo()._refresh()  # as in allocate()
        return [
            {"pool": pool.id, "before": before[pool.id], "amount": pool.amount, "open": pool.open_amount}
            for pool in self
        ]

    def _check_can_allocate(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("kor_reporting.group_kor_reporting_user"):
            raise AccessError(self.env._("Only members of KOR Enterprise › Reporting allocate costs. Ask for that."))

    def _allocate(self):
        """Allocate pools of one company; return {pool id: result}."""
        month_pools = self.search(
            [("company_id", "=", self.company_id.id), ("month", "in", list(set(self.mapped("month"))))]
        )
        services = month_pools.filtered(lambda pool: pool.role == "service")
        # What is not booked follows its source; services are handed on along with the pools that they serve.
        (self | services).lock_for_update()
        (self | services).filtered(lambda pool: pool.state != "allocated")._refresh()
        handed = services._hand_on(month_pools - services)
        outcomes = (self - services)._spend()
        booked = (self - services)._book(outcomes)
        self._note_outcomes(outcomes, services, handed)
        results = {pool.id: pool._describe_outcome(outcome, booked[pool]) for pool, outcome in outcomes.items()}
        results.update({pool.id: pool._describe_handed(handed[pool]) for pool in self & services})
        return results

    def _hand_on(self, operating):
        """Hand on the costs of services by month; return {service: (reason, {pool: amount})}.

        What pools receive is written on them; those of services that cannot be handed on receive nothing.
        """
        handed, received = {}, {}
        operating_by_month = operating.grouped("month")
        for month, services in self.grouped("month").items():
            users = operating_by_month.get(month, operating.browse())
            try:
                distribution = services._distribute(users)
            except DepartmentError as error:
                handed.update(dict.fromkeys(services, (str(error), {})))
                continue
            by_name = {pool.name: pool for pool in users}
            parts = {by_name[cost.key]: cost.received for cost in distribution.costs}
            received.update(parts)
            for service in services:
                own = {pool: amounts[service.name] for pool, amounts in parts.items() if amounts.get(service.name)}
                handed[service] = ("", own)
        for pool in operating:
            told = {name: as_number(amount) for name, amount in received.get(pool, {}).items() if amount}
            if (pool.received or {}) != told:
                whole = add_up(received.get(pool, {}).values())
                pool.write({"received": told, "received_amount": float(whole)})
        return handed

    def _distribute(self, operating):
        method = self.company_id.kor_cost_method
        by_order = self.sorted(lambda pool: (pool.handing_order, pool.id))
        order = by_order.mapped("name") if all(self.mapped("handing_order")) else ()
        services = [
            Service(
                pool.name,
                pool._round_cost(pool.amount),
                {use.target_pool_id.name: to_decimal(use.quantity) for use in pool.use_ids},
            )
            for pool in self
        ]
        own = {pool.name: pool._round_cost(pool.amount) for pool in operating}
        return distribute(method, services, own, self._get_rounding(), order)

    def _spend(self):
        """Return {pool: the outcome of the engine}; contracts are named there, so that its sentences name them."""
        drivers = self._read_drivers()
        contract_ids = {contract for own in drivers.values() for contract in own}
        contracts = self.env["kor.contract"].browse(contract_ids)
        names = {contract.id: contract.name for contract in contracts}
        return {
            pool: spend(
                Pool(pool.id, pool.category, pool.month, pool._round_cost(pool.total_amount), pool._get_rounding()),
                Basis(
                    pool.method,
                    tuple(Driver(names[contract], quantity) for contract, quantity in drivers[pool].items()),
                    pool._get_unit(),
                ),
            )
            for pool in self
        }

    def _note_outcomes(self, outcomes, services, handed):
        """Write on the pools what became of them."""
        for pool, outcome in outcomes.items():
            state = "blocked" if outcome.reason else "allocated"
            pool.write({"state": state, "reason": outcome.reason, "booked_amount": float(outcome.spent)})
        for service in services:
            reason, parts = handed[service]
            state = "blocked" if reason else "allocated"
            service.write({"state": state, "reason": reason, "booked_amount": float(sum(parts.values()))})

    def _describe_outcome(self, outcome, booked):
        return {
            **self._describe_pool(),
            "allocated": as_number(outcome.spent),
            "booked": as_number(booked),
            "reason": outcome.reason,
            "shares": [
                {
                    "contract": share.target,
                    "amount": as_number(share.amount),
                    "quantity": as_number(share.quantity),
                    "unit": share.unit,
                    "percent": share.as_dict()["share"],
                }
                for share in outcome.shares
            ],
        }

    def _describe_handed(self, handed):
        reason, parts = handed
        whole = sum(parts.values())
        return {
            **self._describe_pool(),
            "allocated": as_number(to_decimal(whole)),
            "booked": 0,
            "reason": reason,
            "shares": [
                {
                    "pool": pool.id,
                    "name": pool.name,
                    "amount": as_number(amount),
                    "percent": round(float(amount / whole * 100), 6) if whole else 0,
                }
                for pool, amount in parts.items()
            ],
        }

    def _describe_pool(self):
        return {
            "pool": self.id,
            "name": self.name,
            "month": self.month.strftime("%Y-%m"),
            "role": self.role,
            "amount": self.total_amount,
        }
