from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.kor_contracts.models.kor_contract import TERM_MONTHS
from odoo.addons.kor_enterprise_tiers.engine.discounts import DiscountError
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.engine.pricing import apply_minimum
from odoo.addons.kor_enterprise_tiers.tools import format_price, format_quantity, get_rounding

from ..engine import estimate as engine

KINDS = {"fixed": "recurring", "per_unit": "recurring"}
# Where nothing says how long a contract is expected to run.
DEFAULT_TERM_MONTHS = 12


class KorLeadEstimateMixin(models.AbstractModel):
    """Hold the contract that is expected of an opportunity, and estimate what it is worth.

    It is worth what its current proposal comes to, less discounts; without one, what the plan's prices come to. These
    prices are those of the time when the expectation was last changed, or `kor_update_estimate()` was called.
    """

    _name = "kor.lead.estimate.mixin"
    _description = "Expected Contract"

    kor_plan_id = fields.Many2one(
        "kor.plan", string="Plan", index="btree_not_null", ondelete="restrict", check_company=True, tracking=True
    )
    kor_tier_id = fields.Many2one(
        "kor.tier",
        string="Tier",
        compute="_compute_kor_tier_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    kor_users = fields.Integer(string="Users", help="0: as many as the plan starts with.")
    kor_components = fields.Integer(string="Components", help="0: as many as the plan starts with.")
    kor_usage_ids = fields.One2many("kor.lead.usage", "lead_id", string="Expected Usage", copy=True)
    kor_option_ids = fields.Many2many(
        "kor.charge",
        "kor_lead_option_rel",
        "lead_id",
        "charge_id",
        string="Options",
        domain="[('plan_id', '=', kor_plan_id), ('optional', '=', True)]",
        groups="kor_enterprise_tiers.group_kor_catalog_user",
        copy=False,
        help="Optional charges of the plan that the customer is expected to choose.",
    )
    kor_term_months = fields.Integer(
        string="Term (months)", compute="_compute_kor_term_months", store=True, readonly=False
    )
    kor_date_start = fields.Date(string="Contract Start", copy=False)
    kor_currency_id = fields.Many2one(
        "res.currency", string="Contract Currency", compute="_compute_kor_currency_id", store=True
    )
    kor_mrr = fields.Monetary(
        string="Contract MRR",
        compute="_compute_kor_figures",
        store=True,
        currency_field="kor_currency_id",
        help="Recurring fees of the first period by the month, less discounts. Use is left out, as in contracts.",
    )
    kor_arr = fields.Monetary(
        string="ARR",
        compute="_compute_kor_figures",
        store=True,
        currency_field="kor_currency_id",
        help="Twelve times the MRR.",
    )
    kor_tcv = fields.Monetary(
        string="TCV",
        compute="_compute_kor_figures",
        store=True,
        currency_field="kor_currency_id",
        help="What is owed over the term for certain: recurring fees, one-time charges and minimum commitments.",
    )
    kor_one_time = fields.Monetary(
        string="One-time", compute="_compute_kor_figures", store=True, currency_field="kor_currency_id"
    )
    kor_usage_revenue = fields.Monetary(
        string="Expected Use",
        compute="_compute_kor_figures",
        store=True,
        currency_field="kor_currency_id",
        help="What the expected usage costs over the term, beyond what is owed for certain.",
    )
    kor_first_year = fields.Monetary(
        string="Expected Value",
        compute="_compute_kor_figures",
        store=True,
        currency_field="kor_currency_id",
        help="TCV and expected use over the term, at least over the first year: a contract by the month is "
        "expected to go on.",
    )
    kor_estimate = fields.Json(compute="_compute_kor_estimate", store=True, export_string_translation=False)
    # Rendered from a template of this addon, which escapes every value.
    kor_estimate_html = fields.Html(string="Estimate", compute="_compute_kor_estimate_html", sanitize=False)

    @api.depends("kor_plan_id")
    def _compute_kor_tier_id(self):
        for lead in self:
            lead.kor_tier_id = lead.kor_plan_id.tier_id or lead.kor_tier_id

    @api.depends("kor_plan_id")
    def _compute_kor_term_months(self):
        for lead in self:
            by_plan = lead.kor_plan_id and TERM_MONTHS.get(lead.kor_plan_id.term, DEFAULT_TERM_MONTHS)
            lead.kor_term_months = by_plan or lead.kor_term_months

    @api.depends("kor_plan_id", "company_id", "order_ids.state", "order_ids.kor_approval_state")
    def _compute_kor_currency_id(self):
        for lead in self:
            lead.kor_currency_id = lead._kor_get_current_order().currency_id or lead._kor_get_plan_currency()

    # Not of the plan's prices: what was expected of a deal that is closed does not change with a price list.
    @api.depends(
        "kor_plan_id", "kor_users", "kor_components", "kor_option_ids", "kor_term_months", "kor_date_start",
        "kor_usage_ids.metric_id", "kor_usage_ids.quantity", "kor_usage_ids.events",
    )  # fmt: skip
    def _compute_kor_estimate(self):
        for lead in self:
            lead.kor_estimate = lead._kor_estimate() if lead.kor_plan_id else False

    # Of a proposal that counts, only the options are still chosen.
    @api.depends(
        "kor_estimate", "order_ids.state", "order_ids.kor_approval_state",
        "order_ids.order_line.product_uom_qty", "order_ids.order_line.kor_terms_ids.quantity",
    )  # fmt: skip
    def _compute_kor_figures(self):
        for lead in self:
            figures = lead._kor_get_estimate()
            lead.kor_mrr = figures.get("mrr", 0)
            lead.kor_arr = figures.get("arr", 0)
            lead.kor_tcv = figures.get("tcv", 0)
            lead.kor_one_time = figures.get("one_time", 0)
            lead.kor_usage_revenue = figures.get("usage", 0)
            lead.kor_first_year = figures.get("value", 0)

    @api.depends("kor_estimate", "kor_first_year")
    @api.depends_context("lang")
    def _compute_kor_estimate_html(self):
        for lead in self:
            currency, estimate = lead.kor_currency_id, lead.sudo()._kor_get_estimate()  # in sudo: as it is stored
            values = {
                "estimate": estimate,
                "ramp": lead.sudo().kor_plan_id.step_ids.mapped("summary"),  # for everybody who sees the lead
                "format_quantity": lambda value: format_quantity(self.env, value),
                "format": lambda value, currency=currency: format_price(self.env, value, currency),
            }
            lead.kor_estimate_html = estimate and self.env["ir.qweb"]._render(
                "kor_sales_pipeline.lead_estimate", values
            )

    @api.constrains("kor_users", "kor_components", "kor_term_months")
    def _check_kor_expected(self):
        for lead in self:
            if min(lead.kor_users, lead.kor_components, lead.kor_term_months) < 0:
                raise ValidationError(
                    self.env._("“%(lead)s”: users, components and the term are 0 or more.", lead=lead.name)
                )

    def kor_update_estimate(self):
        """Estimate anew by the plan's present prices. An opportunity with a proposal stays worth what that comes to.

        :return: by the id of each lead, the estimate with its lines
        """
        self.check_access("write")
        # As if the expectation had changed, so that all that follows from it does.
        self.modified(["kor_users"])
        return {str(lead.id): lead.kor_estimate or {} for lead in self}

    def _kor_get_plan_currency(self):
        return self.kor_plan_id.currency_id or (self.company_id or self.env.company).currency_id

    def _kor_get_estimate(self):
        """Return the estimate that counts: of the current proposal, without one by the plan's prices. Extensible."""
        return self.kor_estimate or {}

    def _kor_estimate(self):
        """Return figures and lines by the plan's prices, as plain JSON, rounded by the plan's currency."""
        self.ensure_one()
        plan = self.kor_plan_id
        options = self.kor_option_ids._origin.filtered(lambda charge: charge.plan_id == plan._origin)
        charges = plan._origin._get_included_charges() | options
        return self._kor_estimate_prices(
            [(charge, charge.discount_ids._get_engine_discounts()) for charge in charges],
            plan,
            start=self.kor_date_start or fields.Date.context_today(self),
            term=self.kor_term_months or DEFAULT_TERM_MONTHS,
            discounts=plan.discount_ids._get_engine_discounts(),
            currency=self._kor_get_plan_currency(),
        )

    def _kor_estimate_prices(self, prices, plan, start, term, discounts, currency):
        """Return what priced records come to over a term, as plain JSON.

        :param prices: pairs of a charge, or the terms of a proposal's line, and its own discounts
        :param plan: whose spend cap holds
        :param discounts: those on the whole
        """
        try:
            lines = [self._kor_prepare_line(price, own) for price, own in prices]

            def run(months):
                items, cap = [line["item"] for line in lines], to_decimal(plan.spend_cap)
                return engine.estimate(items, start, months, discounts, cap, plan.spend_cap_months or 1)

            found = run(term)
            year = found if term >= DEFAULT_TERM_MONTHS else run(DEFAULT_TERM_MONTHS)
        except (ValidationError, engine.EstimateError, DiscountError) as error:
            # A form computes while the terms are being entered.
            return {"error": str(error), "lines": [], "discounts": [], "mrr": 0, "arr": 0, "tcv": 0}
        return self._kor_describe_estimate(lines, found, year, term, currency)

    def _kor_prepare_line(self, price, discounts):
        """Return a charge, or terms, with its expected quantity, rated for one full period."""
        quantity, events = self._kor_get_quantity(price)
        rated = price._rate(quantity, events)
        amount, added = apply_minimum(rated.amount, to_decimal(price.minimum_amount))
        return {
            "price": price,
            "rated": rated,
            "minimum_added": added,
            "item": engine.Item(
                price.id,
                KINDS.get(price.charge_type, price.charge_type),
                amount,
                price.billing_months,
                tuple(discounts),
                price.metric_id.id or None,
                price.commitment_scope,
            ),
        }

    def _kor_get_quantity(self, price):
        """Return quantity and events of one billing period: of use what is expected, else what the terms agree."""
        given = {"users": self.kor_users, "components": self.kor_components}.get(price.metric_id.code)
        usage = self.kor_usage_ids.filtered(lambda one: one.metric_id == price.metric_id and one.metric_id)[:1]
        if price.charge_type == "usage":
            return usage._get_for_period(price.billing_months) if usage else (given or 0, 0)
        if price._name == "kor.proposal.terms":
            return price.quantity, price.events
        if price.charge_type == "per_unit":
            return given or usage.quantity or price.quantity, usage.events
        return price.quantity, 0

    def _kor_describe_estimate(self, lines, found, year, term, currency):
        rounding = get_rounding(currency)

        def money(amount):
            return as_number(round_money(amount, rounding))

        mrr, tcv, usage = (money(amount) for amount in (found.mrr, found.tcv, found.usage))
        by_key = {line["item"].key: line for line in lines}
        return {
            "currency": currency.name,
            "term_months": term,
            "mrr": mrr,
            "arr": money(found.arr),
            "tcv": tcv,
            "one_time": money(found.one_time),
            "usage": usage,
            "value": money(year.tcv + year.usage),
            "discount": money(found.discount),
            "lines": [self._kor_describe_line(line, by_key.get(line.key), money) for line in found.lines],
            "discounts": [step.as_dict() for step in found.steps],
        }

    def _kor_describe_line(self, line, source, money):
        price = source["price"] if source else self.env["kor.charge"]
        described = {
            "charge_id": price.id or 0,
            "name": price.name or self._kor_name_adjustment(line),
            "kind": line.kind,
            "months": line.months,
            "price": price._describe_price() if price else "",
            "quantity": as_number(source["rated"].quantity) if source else 0,
            "amount": money(line.amount),
            "discounts": [step.as_dict() for step in line.steps],
            "net": money(line.net),
            "monthly": money(line.monthly),
            "total": money(line.total),
        }
        if source:
            described["steps"] = source["rated"].as_dict()["steps"]
            described["minimum_added"] = money(source["minimum_added"])
        return described

    def _kor_name_adjustment(self, line):
        if line.key == "spend_cap":
            return self.env._("Above the spend cap")
        return self.env._("Covered by the minimum commitment")
