from odoo import fields, models
from odoo.tools import format_date


class KorPlan(models.Model):
    _inherit = "kor.plan"

    contract_ids = fields.One2many(
        "kor.contract", "plan_id", string="Contracts", groups="kor_contracts.group_kor_contract_user"
    )
    # Copied by copy(), with the charges of the copy.
    step_ids = fields.One2many("kor.plan.step", "plan_id", string="Ramp")
    contract_count = fields.Integer(compute="_compute_contract_count", groups="kor_contracts.group_kor_contract_user")

    def _compute_contract_count(self):
        counts = dict(self.env["kor.contract"]._read_group([("plan_id", "in", self.ids)], ["plan_id"], ["__count"]))
        for plan in self:
            plan.contract_count = counts.get(plan, 0)

    def copy(self, default=None):
        plans = super().copy(default)
        for plan, new in zip(self, plans, strict=True):
            charges = dict(zip(plan.charge_ids, new.charge_ids, strict=False))
            for step in plan.step_ids:
                own = charges.get(step.charge_id)
                if own or not step.charge_id:
                    step.copy({"plan_id": new.id, "charge_id": own.id if own else False})
        return plans

    def _find_offer_problem(self, *days):
        """Return why the plan is offered on none of the days, empty where it is on one.

        What is agreed before the last day may begin after it, and what is written down later may have begun before.
        """
        self.ensure_one()
        if not self.active:
            return self.env._("plan “%(plan)s” is archived. Choose one that is offered.", plan=self.name)
        if any(self.filtered_domain(self._get_valid_domain(day)) for day in days):
            return ""
        if self.date_end and self.date_end < max(days):
            return self.env._(
                "plan “%(plan)s” was offered until %(day)s. Choose one that is offered, or give the lines themselves.",
                plan=self.name,
                day=format_date(self.env, self.date_end),
            )
        return self.env._(
            "plan “%(plan)s” is offered from %(day)s. Choose one that is offered, or give the lines themselves.",
            plan=self.name,
            day=format_date(self.env, self.date_start),
        )

    def _get_included_charges(self):
        """Return the charges that every contract on this plan starts with. Extensible."""
        return self.charge_ids.filtered(lambda charge: not charge.optional)

    def action_open_contracts(self):
        """Open the plan's contracts.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {"default_plan_id": self.id}}
