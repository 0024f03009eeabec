from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorPlanStep(models.Model):
    """A step that contracts made from a plan start with, from a month counted from their start."""

    _name = "kor.plan.step"
    _inherit = ["kor.step.mixin", "kor.input.mixin"]
    _description = "Step of a Plan"
    _order = "plan_id, month, id"
    _rec_name = "summary"

    plan_id = fields.Many2one("kor.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    currency_id = fields.Many2one(related="plan_id.currency_id")
    charge_id = fields.Many2one(
        "kor.charge",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('plan_id', '=', plan_id), ('charge_type', '!=', 'one_time')]",
        help="Empty: all recurring charges.",
    )

    @api.depends("kind", "charge_id.name", "quantity", "unit_price", "percent", "free_months", "currency_id")
    @api.depends_context("lang")
    def _compute_summary(self):
        for step in self:
            step.summary = step._describe_step(step.charge_id.name)

    @api.constrains("plan_id", "charge_id", "kind", "month", "quantity", "unit_price", "percent", "free_months")
    def _check_step(self):
        for step in self:
            problem = step._find_problem()
            if problem:
                raise ValidationError(self.env._("%(step)s: %(problem)s", step=step.summary, problem=problem))

    def _find_problem(self):
        """Return a sentence on what is missing or wrong, empty where nothing is."""
        charge, first = self.charge_id, 1 if self.kind == "free" else 2
        if charge and charge.plan_id != self.plan_id:
            return self.env._("the charge belongs to another plan.")
        if charge.charge_type == "one_time":
            return self.env._("it is charged once: a step changes what recurs.")
        if self.kind in ("quantity", "price") and not charge:
            return self.env._("choose the charge.")
        if self.month < first:
            return self.env._("the step holds from month %(first)s of the contract or later.", first=first)
        return self._find_value_problem()

    def _prepare_contract_step_values(self, contract, line):
        """Return the values of the step as it is agreed with a contract."""
        names = ("kind", "month", "quantity", "unit_price", "percent", "free_months")
        return {**{name: self[name] for name in names}, "contract_id": contract.id, "line_id": line.id}
