from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..engine import periods


class KorContractStep(models.Model):
    """A change that is agreed with the contract: from which month on a line has another quantity or price."""

    _name = "kor.contract.step"
    _inherit = ["kor.step.mixin", "kor.contract.part.mixin"]
    _description = "Step of a Contract"
    _order = "contract_id, date_start, id"

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    line_id = fields.Many2one(
        "kor.contract.line",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('contract_id', '=', contract_id)]",
        help="Empty: all recurring lines.",
    )
    date_start = fields.Date(
        string="From", compute="_compute_date_start", store=True, readonly=False, precompute=True, required=True
    )
    date_end = fields.Date(string="Free until", compute="_compute_date_end")

    @api.depends("contract_id.date_start", "month")
    def _compute_date_start(self):
        for step in self:
            start = step.contract_id.date_start
            if start and step.month > 0:
                step.date_start = periods.boundary(start, start.day, 1, step.month - 1)
            else:
                step.date_start = step.date_start or start

    @api.depends("kind", "date_start", "free_months", "contract_id.date_start")
    def _compute_date_end(self):
        for step in self:
            step.date_end = step._get_free_until() if step.kind == "free" else False

    def _get_free_until(self):
        first = self.contract_id.date_start
        if not (first and self.date_start) or self.free_months < 1:
            return False
        # A month of the contract begins on the day on which the contract did.
        day = periods.anchor_day_from(self.date_start, first.day)
        return periods.boundary(self.date_start, day, 1, self.free_months) - timedelta(days=1)

    @api.depends("kind", "line_id.name", "quantity", "unit_price", "percent", "date_start", "date_end")
    @api.depends_context("lang")
    def _compute_summary(self):
        for step in self:
            step.summary = step._describe()

    @api.constrains("line_id", "kind", "date_start", "quantity", "unit_price", "percent", "free_months", "contract_id")
    def _check_step(self):
        for step in self:
            problem = step._find_problem()
            if problem:
                raise ValidationError(self.env._("%(step)s: %(problem)s", step=step.summary, problem=problem))

    def _find_problem(self):
        """Return a sentence on what is missing or wrong, empty where nothing is."""
        contract, line = self.contract_id, self.line_id
        first = (line.date_start or contract.date_start) + timedelta(days=self.kind != "free")
        if line and line.contract_id != contract:
            return self.env._("the line belongs to another contract.")
        if self.kind in ("quantity", "price") and not line:
            return self.env._("choose the line.")
        if self.date_start < first or (line.date_end and self.date_start > line.date_end):
            return self.env._("a step lies within the contract, after the first day of the line that it changes.")
        if contract.date_end and self.date_start > contract.date_end and not contract._renews_itself():
            return self.env._(
                "a step lies within the contract, which ends on %(end)s for certain. Choose an earlier month, or let "
                "the contract renew automatically.",
                end=format_date(self.env, contract.date_end),
            )
        return self._find_value_problem()

    def _describe(self):
        """Return what the step does, as customers read it."""
        if self.kind != "free":
            return self._describe_step(self.line_id.name)
        line = self.line_id.name or self.env._("All recurring fees")
        until = format_date(self.env, self.date_end) if self.date_end else ""
        return self.env._("%(line)s: free until %(day)s", line=line, day=until)

    def _prepare_change_values(self):
        """Return the change of an amendment that the step stands for."""
        values = {"line_id": self.line_id.id}
        if self.kind == "quantity":
            return {**values, "kind": "quantity", "quantity": self.quantity}
        if self.kind == "price":
            return {**values, "kind": "price", "unit_price": self.unit_price}
        if self.kind == "percent":
            return {**values, "kind": "price", "percent": self.percent}
        return {**values, "kind": "free", "date_end": self.date_end}
