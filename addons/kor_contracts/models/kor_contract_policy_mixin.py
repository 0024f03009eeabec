from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorContractPolicyMixin(models.AbstractModel):
    """Say when a change of tier holds that is asked for today."""

    _name = "kor.contract.policy.mixin"
    _description = "Policy of a Contract's Changes"

    def propose_plan_change(self, plan):
        """Tell from when a change to a plan would hold, and what is given back, and write nothing.

        :param plan: the id of the plan
        :return: a dict with `date_effective`, `credit` and `reason`, empty where no policy fits
        """
        self.ensure_one()
        self.check_access("read")
        if not isinstance(plan, int) or isinstance(plan, bool):
            raise UserError(self.env._("Give the id of a plan as a number, not “%(plan)s”.", plan=plan))
        found = self.env["kor.plan"].browse(plan).exists()
        if not found or not found.has_access("read"):
            raise AccessError(self.env._("There is no plan with the id %(id)s.", id=plan))
        proposed = self._propose_tier_change(found.tier_id)
        return proposed and {**proposed, "date_effective": fields.Date.to_string(proposed["date_effective"])}

    def _propose_tier_change(self, tier):
        """Return day, credit and reason for a change to a tier; empty where no policy fits."""
        if not self or not self.date_start:
            return {}
        policy = self.env["kor.tier.change.policy"]._get_for(self.company_id, self.tier_id, tier)
        if not policy:
            return {}
        day = policy._get_day(self)
        return {"date_effective": day, "credit": policy.credit, "reason": policy._describe(day)}

    def _get_next_period_day(self, today):
        """Return the first day on which no recurring line is inside a period that has begun."""
        running = self.line_ids.filtered(lambda line: line._runs_at(today) and line.charge_type != "one_time")
        found = max((line._get_period_at(today).end for line in running), default=today)
        end = self.date_end and self.date_end + timedelta(days=1)
        return min(found, end) if end and end > today else found

    def _get_written_lines(self):
        """Return the lines that stand on paper: not those taken away, and none of a term that is not agreed."""
        last = False if self._renews_itself() else self.date_end
        return self.line_ids.filtered(lambda line: not line._is_void() and not (last and line.date_start > last))

    def _get_commitment_facts(self):
        """Return pairs of label and text on uplift, minimum term and fee, as customers read them."""
        facts = []
        if self.renewal_uplift_kind == "percent" and self.renewal_uplift:
            percent = format_quantity(self.env, self.renewal_uplift)
            facts.append((self.env._("Prices at renewal"), self.env._("%(percent)s %% more", percent=percent)))
        elif self.renewal_uplift_kind == "index":
            facts.append((self.env._("Prices at renewal"), self._describe_index_clause()))
        if self.date_minimum_end:
            until = format_date(self.env, self.date_minimum_end)
            facts.append((self.env._("Minimum term"), self.env._("until %(day)s", day=until)))
        if self.termination_fee_kind != "none":
            facts.append((self.env._("Ending early costs"), self._describe_fee_clause()))
        return facts

    def _describe_index_clause(self):
        bounds = [self.env._("at least %(floor)s %%", floor=format_quantity(self.env, self.index_floor))]
        if self.index_cap:
            bounds.append(self.env._("at most %(cap)s %%", cap=format_quantity(self.env, self.index_cap)))
        name = self.sudo().price_index_id.name  # customers read the name of the index in their contract, not the index
        return self.env._("by the index %(index)s, %(bounds)s", index=name, bounds=", ".join(bounds))

    def _describe_fee_clause(self):
        if self.termination_fee_kind == "amount":
            return format_amount(self.env, self.termination_fee, self.currency_id)
        percent = format_quantity(self.env, self.termination_fee)
        if self.termination_fee_kind == "minimum":
            return self.env._("%(percent)s %% of the recurring fees left of the minimum term", percent=percent)
        return self.env._("%(percent)s %% of the recurring fees left of the term", percent=percent)
