from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class KorPlan(models.Model):
    _name = "kor.plan"
    _description = "Plan"
    _inherit = ["kor.input.mixin", "kor.code.mixin", "mail.thread"]
    _order = "tier_sequence, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(copy=False, help="Technical name that other systems ask for.")
    tier_id = fields.Many2one(
        "kor.tier", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    tier_sequence = fields.Integer(string="Tier Order", related="tier_id.sequence", store=True)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        ondelete="restrict",
        tracking=True,
        help="All prices of the plan, and the contracts made from it, are in this currency.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: the plan is offered by every company."
    )
    term = fields.Selection(
        [("monthly", "Monthly"), ("annual", "Annual"), ("multi_year", "Multi-year"), ("custom", "Custom")],
        required=True,
        default="monthly",
        tracking=True,
        help="How long a contract made from the plan runs before it is renewed.",
    )
    charge_ids = fields.One2many("kor.charge", "plan_id", string="Charges", copy=True)
    discount_ids = fields.One2many(
        "kor.discount", "plan_id", string="Discounts", copy=True, help="On all recurring charges of the plan."
    )
    pricing_type = fields.Selection(
        [
            ("flat", "Flat"),
            ("per_user", "Per user"),
            ("per_component", "Per component"),
            ("usage_based", "Usage based"),
            ("hybrid", "Hybrid"),
        ],
        compute="_compute_pricing_type",
        store=True,
        help="Follows from the recurring charges: hybrid where they are of several kinds, empty where there "
        "are none and the price is agreed with the customer.",
    )
    price_summary = fields.Char(string="Price", compute="_compute_price_summary")
    is_public = fields.Boolean(
        string="Public", copy=False, tracking=True, help="Shown with its prices on the comparison page."
    )
    date_start = fields.Date(string="Valid From", help="First day on which the plan is offered.")
    date_end = fields.Date(string="Valid To", help="Last day on which the plan is offered.")
    spend_cap = fields.Monetary(
        help="What use costs at most in a full period, before discounts and taxes. 0: no cap.",
    )
    spend_cap_months = fields.Integer(
        string="Spend Cap Period (months)", default=1, help="The billing period of the usage charges that it caps."
    )
    description = fields.Text(translate=True, help="Shown to customers on the comparison page.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.UniqueIndex("(code) WHERE code IS NOT NULL", "Another plan already has this code.")
    _spend_cap_not_negative = models.Constraint(
        "CHECK (spend_cap >= 0 AND spend_cap_months > 0)", "A spend cap is 0 or more, for 1 month or more."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end IS NULL OR date_start IS NULL OR date_end >= date_start)",
        "The last day of a plan cannot be before its first.",
    )

    @api.depends("charge_ids.charge_type", "charge_ids.metric_id.code")
    def _compute_pricing_type(self):
        for plan in self:
            kinds = {plan._get_charge_kind(charge) for charge in plan.charge_ids} - {None}
            plan.pricing_type = "hybrid" if len(kinds) > 1 else next(iter(kinds), False)

    @api.depends("charge_ids.price_summary", "charge_ids.optional")
    @api.depends_context("lang")
    def _compute_price_summary(self):
        for plan in self:
            prices = plan.charge_ids.filtered(lambda charge: not charge.optional).mapped("price_summary")
            plan.price_summary = " + ".join(prices) or self.env._("As agreed")

    @api.constrains("currency_id")
    def _check_currency(self):
        for plan in self:
            if not plan.currency_id.active:
                raise ValidationError(
                    self.env._(
                        "%(currency)s is not in use: activate it, or choose another currency for “%(plan)s”.",
                        currency=plan.currency_id.name,
                        plan=plan.name,
                    )
                )

    def _get_charge_kind(self, charge):
        """Return the pricing type that one charge alone stands for, None where it does not recur."""
        if charge.charge_type in ("one_time", "commitment"):
            return None
        if charge.charge_type == "fixed":
            return "flat"
        if charge.charge_type == "usage":
            return "usage_based"
        held = {"users": "per_user", "components": "per_component"}
        return held.get(charge.metric_id.code, "usage_based")

    @api.model
    def _get_valid_domain(self, day):
        """Return the domain of the plans that are offered on a day."""
        started = Domain("date_start", "=", False) | Domain("date_start", "<=", day)
        return started & (Domain("date_end", "=", False) | Domain("date_end", ">=", day))
