from odoo import api, fields, models
from odoo.exceptions import UserError


class KorContractPlanMixin(models.AbstractModel):
    """Take over what a contract starts with: charges and discounts of its plan, limits and features of its tier."""

    _name = "kor.contract.plan.mixin"
    _description = "Contract from a Plan"

    plan_id = fields.Many2one("kor.plan")
    currency_id = fields.Many2one("res.currency")
    spend_cap = fields.Monetary(
        compute="_compute_spend_cap",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="What use costs at most in a full period, before discounts and taxes. 0: no cap.",
    )
    spend_cap_months = fields.Integer(
        string="Spend Cap Period (months)",
        compute="_compute_spend_cap",
        store=True,
        readonly=False,
        precompute=True,
        help="The billing period of the usage lines that it caps.",
    )

    _spend_cap_not_negative = models.Constraint(
        "CHECK (spend_cap >= 0 AND (spend_cap = 0 OR spend_cap_months > 0))",
        "A spend cap is 0 or more, for 1 month or more.",
    )

    @api.depends("plan_id")
    def _compute_spend_cap(self):
        for contract in self:
            contract.spend_cap = contract.plan_id.spend_cap or contract.spend_cap
            contract.spend_cap_months = contract.plan_id.spend_cap_months or contract.spend_cap_months or 1

    def action_apply_plan(self):
        """Replace the lines, discounts, limits and features of drafts by those of their plan.

        :return: True
        """
        self.check_access("write")
        self._check_open(self.env._("the plan"))
        for contract in self:
            if not contract.plan_id:
                raise UserError(
                    self.env._("Contract %(contract)s has no plan to apply. Choose one first.", contract=contract.name)
                )
        self.line_ids.unlink()
        self.discount_ids.unlink()
        self.limit_ids.unlink()
        self.step_ids.unlink()
        self._copy_plan()
        self.feature_ids = False
        self._copy_catalog()
        return True

    def set_quantities(self, quantities):
        """Set how many of a metric the lines of a draft hold.

        :param quantities: the metric's code and the number, for example {"users": 25}; where a price counts
            events, too: {"card_volume": {"quantity": 50000, "events": 1000}}
        :return: the ids of the lines that hold them
        """
        self.check_access("write")
        if not isinstance(quantities, dict):
            raise UserError(self.env._('Give the quantities as metric and number, for example {"users": 25}.'))
        changed = self.env["kor.contract.line"]
        for code, quantity in quantities.items():
            values = self._parse_quantity(quantity)
            lines = self.line_ids.filtered(lambda line, code=code: line.metric_id.code == code)
            if not lines:
                raise UserError(
                    self.env._(
                        "No line is priced by “%(code)s”. The contract's metrics are: %(known)s.",
                        code=code,
                        known=", ".join(sorted(set(self.line_ids.metric_id.mapped("code")))) or "–",
                    )
                )
            lines.write(values)
            changed |= lines
        return changed.ids

    def _parse_quantity(self, quantity):
        """Return the values of a line that holds a quantity, or raise with what would be right."""
        values = quantity if isinstance(quantity, dict) else {"quantity": quantity}
        unknown = set(values) - {"quantity", "events"}
        if unknown:
            raise UserError(
                self.env._(
                    "Of a metric, give quantity and events, not %(given)s.", given=", ".join(sorted(map(str, unknown)))
                )
            )
        lines = self.env["kor.contract.line"]
        for name, value in values.items():
            # A value left empty would be written as 0.
            lines._check_plain_number(lines._fields[name], value)
        return values

    def _copy_plan(self):
        """Take over the plan's charges and discounts where the contract has no lines of its own."""
        line_vals, discount_vals = [], []
        for contract in self.filtered(lambda one: one.plan_id and not one.line_ids):
            contract._check_plan_offered()
            plan = contract.plan_id.with_context(lang=contract._get_customer_lang())
            for charge in plan._get_included_charges():
                values = self.env["kor.contract.line"]._prepare_from_charge_values(charge)
                line_vals.append({**values, "contract_id": contract.id})
            for _command, _id, values in plan.discount_ids._prepare_copy_commands():
                discount_vals.append({**values, "contract_id": contract.id})
        self.env["kor.contract.line"].create(line_vals)
        self.env["kor.discount"].create(discount_vals)

    def _check_plan_offered(self):
        """Raise where the plan is not offered: its prices are agreed anew only by lines that are given."""
        problem = self.plan_id._find_offer_problem(self.date_start, self._get_today())
        if problem:
            raise UserError(self.env._("Contract %(contract)s: %(problem)s", contract=self.name, problem=problem))

    def _copy_catalog(self):
        """Take over the tier's limits and features, and the clauses of new contracts."""
        clauses = self.env["kor.clause"].search([("is_default", "=", True)])
        limit_vals, clause_vals = [], []
        for tier, contracts in self.filtered(lambda one: not one.feature_ids).grouped("tier_id").items():
            contracts.feature_ids = tier.all_feature_ids
        for contract in self:
            if not contract.limit_ids:
                limit_vals += contract._prepare_limits_values()
            if not contract.clause_ids:
                clause_vals += contract._prepare_clauses_values(clauses)
        self.env["kor.contract.limit"].create(limit_vals)
        self.env["kor.contract.clause"].create(clause_vals)

    def _get_customer_lang(self):
        """Return the language in which the contract is written."""
        return self.partner_id.lang or self.env.lang

    def _prepare_limits_values(self):
        return [
            {
                "contract_id": self.id,
                "metric_id": metric.id,
                "kind": limit.kind,
                "quantity": limit.quantity,
                "enforcement": limit.enforcement,
            }
            for metric, limit in self.tier_id._get_limits().items()
        ]

    def _prepare_clauses_values(self, clauses):
        own = clauses.with_context(lang=self._get_customer_lang()).filtered(
            lambda clause: (
                (not clause.tier_ids or self.tier_id in clause.tier_ids)
                and (not clause.company_id or clause.company_id == self.company_id)
            )
        )
        return [
            {
                "contract_id": self.id,
                "clause_id": clause.id,
                "name": clause.name,
                "body": clause.body,
                "sequence": clause.sequence,
            }
            for clause in own
        ]
