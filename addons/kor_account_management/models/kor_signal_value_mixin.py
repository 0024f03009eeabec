import math
from decimal import Decimal

from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.engine import discounts
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal

YEAR = 12
# Where all seats are taken, so many percent more are offered, at least one.
MORE_SEATS = Decimal(10)


class KorSignalValueMixin(models.AbstractModel):
    """Compute by the catalogue and the contract's own prices what following a signal would bring in a year."""

    _name = "kor.signal.value.mixin"
    _description = "Value of Signals"

    @api.model
    def _value(self, contract, kind, facts, plans_by_terms):
        """Return (yearly amount in the contract's currency, plan to offer, explanation); (0, no plan, {}) else.

        :param plans_by_terms: a dict that keeps the plans that were found for contracts of the same terms
        """
        none = self.env["kor.plan"]
        if not contract or kind not in ("limit_near", "seats_full", "feature_asked", "tier_cheaper"):
            return Decimal(0), none, {}
        if kind == "seats_full" or facts.get("kind") == "quantity":
            return self._value_seats(contract, facts)
        plan = self._find_plan(contract, kind, facts, plans_by_terms)
        if not plan:
            return Decimal(0), none, {"reason": self.env._("No higher tier with a public plan has more of it.")}
        return self._value_plan(contract, plan)

    @api.model
    def _find_plan(self, contract, kind, facts, plans_by_terms):
        """Return the nearest plan that would answer the signal, empty where there is none."""
        plan_model = self.env["kor.plan"]
        if facts.get("plan_id") or facts.get("kind") == "plan":
            return plan_model.browse(facts.get("plan_id") or facts["plan"]).exists()
        terms = (contract.tier_id, contract.currency_id, contract.company_id, contract.term)
        if terms not in plans_by_terms:
            plans = contract._get_higher_plans()
            plans_by_terms[terms] = plans.filtered(lambda plan: plan._get_included_charges())
        plans = plans_by_terms[terms]
        if kind == "limit_near":
            return plans.filtered(lambda plan: self._allows_more(plan.tier_id, facts))[:1]
        code = facts.get("feature")
        return plans.filtered(lambda plan: code and code in plan.tier_id.all_feature_ids.mapped("code"))[:1]

    @api.model
    def _allows_more(self, tier, facts):
        limits = tier.limit_ids.filtered(lambda limit: limit.metric_id.code == facts["metric"])
        return not limits or any(one.kind != "limited" or one.quantity > facts["limit"] for one in limits)

    @api.model
    def _value_plan(self, contract, plan):
        """Return what recurs in a year on a plan, with as much as is held today, beyond what recurs now."""
        today = contract._get_today()
        held = {}
        for line in contract.line_ids:
            if line.charge_type == "per_unit" and line._runs_at(today):
                held[line.metric_id] = held.get(line.metric_id, 0) + line.quantity
        lines = contract._make_plan_lines(contract._get_comparable_charges(plan))
        for line in lines:
            if line.charge_type == "per_unit":
                line.quantity = held.get(line.metric_id, line.quantity)
        then = self._get_monthly(lines, plan, max(today, contract.date_start))
        now = to_decimal(contract.mrr)
        amount = (then - now) * YEAR
        return amount, plan, {
            "plan": plan.name,
            "tier": plan.tier_id.code,
            "mrr_now": as_number(now),
            "mrr_then": as_number(round(then, 4)),
            "months": YEAR,
            "amount": as_number(round(amount, 4)),
            "currency": contract.currency_id.name,
            "held": {metric.code: quantity for metric, quantity in held.items()},
        }  # fmt: skip

    @api.model
    def _get_monthly(self, lines, plan, day):
        """Return what lines come to each month, less those discounts of the plan that do not run out."""
        terms = plan.discount_ids._filter_lasting()._get_engine_discounts()
        monthly = Decimal(0)
        for months, group in lines.grouped("billing_months").items():
            full = sum((line._get_full_net(day) for line in group), Decimal(0))
            if full:
                monthly += discounts.apply_discounts(full, terms)[0] / months
        return monthly

    @api.model
    def _value_seats(self, contract, facts):
        """Return what more seats would bring in a year, at the price of their line and its discounts."""
        line = self.env["kor.contract.line"].browse(facts["line"]).exists()
        if not line:
            return Decimal(0), self.env["kor.plan"], {}
        if "used" in facts:
            over = to_decimal(facts["used"]) - to_decimal(facts["held"])
            extra = max(math.ceil(over), math.ceil(to_decimal(facts["held"]) * MORE_SEATS / 100), 1)
        else:
            extra = to_decimal(facts["quantity"]) - to_decimal(line.quantity)
        day, months = contract._get_today(), line.billing_months
        more = line.new(origin=line)
        more.quantity = float(to_decimal(line.quantity) + extra)
        full = more._get_full_net(day) - line._get_full_net(day)
        percent = [one for one in contract._get_running_discounts(months, day) if one.kind == "percent"]
        amount = discounts.apply_discounts(full, percent)[0] / months * YEAR if full > 0 else full
        return amount, self.env["kor.plan"], {
            "line": line.name,
            "held": line.quantity,
            "extra": as_number(to_decimal(extra)),
            "monthly": as_number(round(amount / YEAR, 4)),
            "months": YEAR,
            "amount": as_number(round(amount, 4)),
            "currency": contract.currency_id.name,
        }  # fmt: skip

    @api.model
    def _to_company(self, contract, amount):
        """Return an amount of a contract in its company's currency, by today's rate."""
        company = contract.company_id
        return contract.currency_id._convert(float(amount), company.currency_id, company, fields.Date.today())
