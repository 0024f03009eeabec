from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.kor_contracts.engine.errors import ENGINE_ERRORS
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_price

from ..engine import advice, billing

# So many months are compared; more only where use is priced by longer periods.
MONTHS = 3


@dataclass(frozen=True)
class Comparison:
    """What a plan would have cost in start <= day < end, beside what the contract cost."""

    plan: Any
    start: date
    end: date
    months: int
    current: Decimal
    next: Decimal
    lines: tuple[tuple[str, Decimal], ...]

    @property
    def saving(self):
        return self.current - self.next

    @property
    def saving_monthly(self):
        return self.saving / self.months


class KorContractAdviceMixin(models.AbstractModel):
    """Tell where a higher tier would be cheaper, computed from the customer's own use and holdings."""

    _name = "kor.contract.advice.mixin"
    _description = "Contract Tier Advice"

    tier_advice_text = fields.Char(
        string="Advice",
        compute="_compute_tier_advice_text",
        groups="base.group_user",
        help="Where a higher tier would have been cheaper lately: which, and by how much.",
    )

    def _compute_tier_advice_text(self):
        for contract in self:
            try:
                contract.tier_advice_text = contract._describe_tier_advice() if contract.id else False
            except (UserError, *ENGINE_ERRORS):
                # Terms that cannot be priced are a matter of billing, which says so.
                contract.tier_advice_text = False

    def tier_advice(self):
        """Tell whether a higher tier would have been cheaper, computed from the contract's own use and holdings.

        Compared are recurring charges and use of the last full months, before taxes and with the discounts of
        each side, as if the contract had been made on the other plan.

        :return: a dict; with `cheaper` false it tells the `reason`
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Only staff can ask for advice on tiers."))
        try:
            return self._prepare_tier_advice()
        except ENGINE_ERRORS as error:
            raise UserError(
                self.env._("Contract %(contract)s: %(reason)s", contract=self.name, reason=error)
            ) from error

    def _prepare_tier_advice(self):
        best, reason = self._find_best_plan()
        if not best:
            return {"contract": self.name, "cheaper": False, "reason": reason}
        told = self._prepare_comparison(best)
        if best.saving > 0:
            return {**told, "cheaper": True, "lines": self._prepare_comparison_lines(best)}
        reason = self.env._(
            "“%(plan)s” would have cost %(more)s more.",
            plan=best.plan.name,
            more=format_price(self.env, -best.saving, self.currency_id),
        )
        return {**told, "cheaper": False, "reason": reason}

    def _prepare_comparison(self, one):
        return {
            "contract": self.name,
            "tier": one.plan.tier_id.code,
            "plan": one.plan.name,
            "plan_id": one.plan.id,
            "date_from": fields.Date.to_string(one.start),
            "date_to": fields.Date.to_string(one.end - timedelta(days=1)),
            "current": as_number(one.current),
            "next": as_number(one.next),
            "saving": as_number(one.saving),
            "saving_monthly": self.currency_id.round(float(one.saving_monthly)),
            "currency": self.currency_id.name,
        }

    def _prepare_comparison_lines(self, one):
        return [{"name": name, "amount": as_number(amount)} for name, amount in one.lines]

    def _describe_tier_advice(self):
        """Return the advice in one sentence, empty where there is none."""
        best, _reason = self._find_best_plan()
        if not best or best.saving <= 0:
            return ""
        currency = self.currency_id
        return self.env._(
            "From %(start)s to %(end)s, “%(plan)s” of the tier %(tier)s would have cost %(next)s in place of "
            "%(current)s: %(saving)s less, %(monthly)s a month.",
            start=format_date(self.env, best.start),
            end=format_date(self.env, best.end - timedelta(days=1)),
            plan=best.plan.name,
            tier=best.plan.tier_id.name,
            next=format_price(self.env, best.next, currency),
            current=format_price(self.env, best.current, currency),
            saving=format_price(self.env, best.saving, currency),
            monthly=format_price(self.env, currency.round(float(best.saving_monthly)), currency),
        )

    def _find_best_plan(self):
        """Return the comparison with the cheapest plan of a higher tier, or None and the reason why there is none."""
        self.ensure_one()
        if not self._runs_on(self._get_today()):
            return None, self.env._("The contract does not run at present.")
        charges = {plan: self._get_comparable_charges(plan) for plan in self._get_higher_plans()}
        charges = {plan: found for plan, found in charges.items() if found}
        if not charges:
            return None, self.env._(
                "No higher tier has a public plan in %(currency)s today.", currency=self.currency_id.name
            )
        comparisons = self._compare_plans(charges)
        if not comparisons:
            return None, self.env._("The contract has not run for a full billing period yet.")
        # The first of the best: the nearest tier.
        return max(comparisons, key=lambda one: one.saving_monthly), ""

    def _get_comparable_charges(self, plan):
        """Return what the customer would pay again and again: also what is optional, where it is used today."""
        metrics = self.line_ids.metric_id
        chosen = plan.charge_ids.filtered(lambda charge: charge.optional and charge.metric_id in metrics)
        return (plan._get_included_charges() | chosen).filtered(lambda charge: charge.charge_type != "one_time")

    def _compare_plans(self, charges):
        """Return the comparisons with plans, given with their charges; without those that lack a full period."""
        lines = {plan: self._make_plan_lines(found) for plan, found in charges.items()}
        spans = {plan: self._get_compared_span(plan_lines) for plan, plan_lines in lines.items()}
        spans = {plan: span for plan, span in spans.items() if span}
        if not spans:
            return []
        all_lines = self.env["kor.contract.line"].union(*lines.values())
        longest = relativedelta(months=max((self.line_ids | all_lines).mapped("billing_months")))
        since = min(start for start, _end in spans.values()) - longest
        until = max(end for _start, end in spans.values()) + longest
        own_terms = self._get_engine_terms(self.line_ids._get_meters(since, until))
        meters, held = all_lines._get_meters(since, until), self._get_held(all_lines, since, until)
        own = {span: sum(advice.cost(own_terms, *span).values(), Decimal(0)) for span in set(spans.values())}
        return [self._compare(plan, lines[plan], span, own[span], meters, held) for plan, span in spans.items()]

    def _make_plan_lines(self, charges):
        """Return lines that nobody saves, as a contract made on the plan would have them."""
        line_model = self.env["kor.contract.line"]
        return line_model.union(
            *(
                line_model.new(
                    {
                        **line_model._prepare_from_charge_values(charge),
                        "contract_id": self.id,
                        "date_start": self.date_start,
                    }
                )
                for charge in charges
            )
        )

    def _get_compared_span(self, lines):
        """Return the last full months, or the last full periods in which use is priced where those are longer."""
        usage = (self.line_ids | lines).filtered(lambda line: line.charge_type == "usage")
        months = max(usage.mapped("billing_months"), default=1)
        return advice.last_periods(
            self.date_start, self.anchor_day, months, self._get_today(), max(1, MONTHS // months)
        )

    def _get_held(self, lines, since, until):
        """Return by metric how many the customer holds, from when to when: as agreed, else as measured."""
        metrics = lines.filtered(lambda line: line.charge_type == "per_unit").metric_id
        agreed = self.line_ids.filtered(lambda line: line.charge_type == "per_unit")
        held = {
            metric: [
                (
                    line.date_start,
                    line.date_end + timedelta(days=1) if line.date_end else None,
                    to_decimal(line.quantity),
                )
                for line in own
            ]
            for metric, own in agreed.grouped("metric_id").items()
        }
        series = [(self, metric, "") for metric in metrics if metric not in held]
        for (_contract, metric, _dimension), meter in (
            self.env["kor.usage.rollup"]._read_meters(series, since, until).items()
        ):
            month = self._get_running_month().start
            reading = meter.read(month - relativedelta(months=1), month)
            if reading.reported:
                held[metric] = [(self.date_start, None, reading.quantity)]
        return held

    def _compare(self, plan, lines, span, current, meters, held):
        terms = self._get_engine_terms()
        terms = billing.Terms(
            start=terms.start,
            end=terms.end,
            anchor_day=terms.anchor_day,
            rounding=terms.rounding,
            lines=tuple(one for line in lines for one in self._get_hypothetical_lines(line, lines, meters, held)),
            discounts=tuple(plan.discount_ids._get_engine_discounts()),
            cap=billing.Cap(to_decimal(plan.spend_cap), plan.spend_cap_months) if plan.spend_cap else None,
        )
        amounts = advice.cost(terms, *span)
        start, end = span
        return Comparison(
            plan=plan,
            start=start,
            end=end,
            months=relativedelta(end, start).months + 12 * relativedelta(end, start).years,
            current=current,
            next=sum(amounts.values(), Decimal(0)),
            lines=tuple((line.name, amounts.get(line.id, Decimal(0))) for line in lines),
        )

    def _get_hypothetical_lines(self, line, lines, meters, held):
        """Return one of a plan's lines as the engine takes it, with the customer's own use and holdings."""
        counted = frozenset(one.id for one in line._get_counted_lines(lines))
        one = replace(line._get_engine_line(meters.get(line.id)), counts=counted)
        # Where nobody knows how many are held, a contract on the plan starts with its own number.
        if line.charge_type != "per_unit" or line.metric_id not in held:
            return [one]
        return [
            replace(one, start=start, end=end, quantity=quantity)
            for start, end, quantity in advice.sum_holdings(held[line.metric_id])
        ]
