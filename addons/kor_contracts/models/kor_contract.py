from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import date_utils

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.kor_enterprise_tiers.tools import parse_day

TERM_MONTHS = {"monthly": 1, "annual": 12, "multi_year": 36}


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract.ramp.mixin",
        "kor.contract.renewal.mixin",
        "kor.contract.reminder.mixin",
        "kor.contract.termination.mixin",
        "kor.contract.leaving.mixin",
        "kor.contract.policy.mixin",
        "kor.contract.amend.mixin",
        "kor.contract.lifecycle.mixin",
        "kor.contract.entitlement.mixin",
        "kor.contract.plan.mixin",
        "kor.contract.mrr.mixin",
        "kor.contract.document.mixin",
        "kor.contract.history.mixin",
        "kor.contract.request.mixin",
        "kor.contract.contact.mixin",
        "kor.input.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Contract"
    _order = "date_start desc, id desc"
    _check_company_auto = True
    # A customer who may read a contract may write messages on it.
    _mail_post_access = "read"

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default="/", index="trigram")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    partner_invoice_id = fields.Many2one(
        "res.partner",
        string="Invoice Address",
        compute="_compute_partner_invoice_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    plan_id = fields.Many2one(
        "kor.plan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="A contract created with a plan takes over the plan's charges as its lines.",
    )
    tier_id = fields.Many2one(
        "kor.tier",
        compute="_compute_from_plan",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_from_plan",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    term = fields.Selection(
        [("monthly", "Monthly"), ("annual", "Annual"), ("multi_year", "Multi-year"), ("custom", "Custom")],
        compute="_compute_term",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    term_months = fields.Integer(
        compute="_compute_term_months",
        store=True,
        readonly=False,
        precompute=True,
        string="Term (months)",
        help="How long one term is; what an automatic renewal adds. 0: no fixed term.",
    )
    date_start = fields.Date(
        string="Start", required=True, default=fields.Date.context_today, index=True, tracking=True
    )
    date_end = fields.Date(
        string="End",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The last day. Empty: open-ended.",
    )
    date_end_effective = fields.Date(
        string="Last Day", compute="_compute_date_end_effective", store=True, index="btree_not_null"
    )
    anchor_day = fields.Integer(
        compute="_compute_anchor_day",
        store=True,
        readonly=False,
        precompute=True,
        string="Billing Day",
        help="The day of the month on which billing periods begin. Months that are shorter begin on their last day.",
    )
    auto_renew = fields.Boolean(string="Renews Automatically", tracking=True)
    notice_days = fields.Integer(
        string="Notice (days)", default=30, help="How long before the end either side can say that it does not renew."
    )
    date_notice = fields.Date(string="Notice Deadline", compute="_compute_date_notice", store=True)
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        compute="_compute_tz",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Where the contract's days begin and end.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        compute="_compute_from_partner",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        compute="_compute_from_partner",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    client_order_ref = fields.Char(string="Purchase Order", copy=False, help="Printed on each invoice.")
    user_id = fields.Many2one("res.users", string="Salesperson", default=lambda self: self.env.user, tracking=True)
    account_manager_id = fields.Many2one("res.users", string="Account Manager", index="btree_not_null", tracking=True)
    line_ids = fields.One2many("kor.contract.line", "contract_id", string="Lines", copy=True)
    discount_ids = fields.One2many("kor.discount", "contract_id", string="Discounts", copy=True)
    clause_ids = fields.One2many("kor.contract.clause", "contract_id", string="Clauses", copy=True)

    _name_unique = models.UniqueIndex("(company_id, name) WHERE name != '/'", "This contract number is taken.")
    _term_months_not_negative = models.Constraint("CHECK (term_months >= 0)", "A term has 0 months or more.")
    _notice_days_not_negative = models.Constraint("CHECK (notice_days >= 0)", "A notice is 0 days or more.")

    @api.depends("partner_id")
    def _compute_partner_invoice_id(self):
        for contract in self:
            address = contract.partner_id.address_get(["invoice"])["invoice"] if contract.partner_id else False
            contract.partner_invoice_id = address

    @api.depends("plan_id")
    def _compute_from_plan(self):
        for contract in self:
            plan = contract.plan_id
            contract.tier_id = plan.tier_id or contract.tier_id
            contract.currency_id = plan.currency_id or contract.currency_id or contract.company_id.currency_id

    # By itself: the end follows from the term, also from one that is given in place of the plan's.
    @api.depends("plan_id")
    def _compute_term(self):
        for contract in self:
            contract.term = contract.plan_id.term or contract.term or "annual"

    @api.depends("term", "date_start", "date_end")
    def _compute_term_months(self):
        for contract in self:
            months = TERM_MONTHS.get(contract.term, 0)
            if contract.date_end and contract.term in ("multi_year", "custom"):
                after = contract.date_end + timedelta(days=1)
                months = (after.year - contract.date_start.year) * 12 + after.month - contract.date_start.month
                if date_utils.add(contract.date_start, months=1) > after:
                    # Two days around the end of a month are none.
                    months = 0
            contract.term_months = months

    @api.depends("term", "date_start")
    def _compute_date_end(self):
        for contract in self:
            months = TERM_MONTHS.get(contract.term)
            if contract.term in ("annual", "multi_year") and contract.date_start:
                contract.date_end = date_utils.add(contract.date_start, months=months) - timedelta(days=1)
            elif contract.term != "custom":
                contract.date_end = False
            else:
                contract.date_end = contract.date_end

    @api.depends("date_end", "date_cancelled")
    def _compute_date_end_effective(self):
        for contract in self:
            ends = [day for day in (contract.date_end, contract.date_cancelled) if day]
            contract.date_end_effective = min(ends, default=False)

    @api.depends("date_start")
    def _compute_anchor_day(self):
        for contract in self:
            contract.anchor_day = contract.date_start.day if contract.date_start else 1

    @api.depends("date_end", "notice_days")
    def _compute_date_notice(self):
        for contract in self:
            contract.date_notice = contract.date_end and contract.date_end - timedelta(days=contract.notice_days)

    @api.depends("partner_id", "company_id")
    def _compute_tz(self):
        for contract in self:
            contract.tz = contract.partner_id.tz or contract.tz or contract.company_id.partner_id.tz or "UTC"

    @api.depends("partner_id", "company_id")
    def _compute_from_partner(self):
        position_model = self.env["account.fiscal.position"]
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.payment_term_id = partner.property_payment_term_id
            contract.fiscal_position_id = position_model.with_company(contract.company_id)._get_fiscal_position(partner)

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/contracts/{contract.id}"
        return result

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for contract in self:
            if contract.date_end and contract.date_end < contract.date_start:
                raise ValidationError(
                    self.env._(
                        "The contract ends on %(end)s, before it starts on %(start)s. Its last day must be "
                        "%(start)s or later.",
                        end=contract.date_end,
                        start=contract.date_start,
                    )
                )

    @api.constrains("partner_id", "tier_id", "plan_id")
    def _check_tier(self):
        for contract in self:
            if not contract.tier_id:
                raise ValidationError(self.env._("Give the contract a plan, or at least a tier."))
            if contract.plan_id.tier_id and contract.plan_id.tier_id != contract.tier_id:
                raise ValidationError(
                    self.env._(
                        "Plan “%(plan)s” is for the tier %(right)s; the contract names %(wrong)s. Choose one of both.",
                        plan=contract.plan_id.name,
                        right=contract.plan_id.tier_id.name,
                        wrong=contract.tier_id.name,
                    )
                )

    @api.constrains("currency_id", "plan_id")
    def _check_currency(self):
        for contract in self:
            if contract.plan_id and contract.plan_id.currency_id != contract.currency_id:
                raise ValidationError(
                    self.env._(
                        "Plan “%(plan)s” is priced in %(right)s; the contract is in %(wrong)s. "
                        "Use %(right)s, or a plan that is priced in %(wrong)s.",
                        plan=contract.plan_id.name,
                        right=contract.plan_id.currency_id.name,
                        wrong=contract.currency_id.name,
                    )
                )
            if not contract.currency_id.active:
                raise ValidationError(
                    self.env._(
                        "The currency %(currency)s is not in use. Activate it under Invoicing › Currencies first.",
                        currency=contract.currency_id.name,
                    )
                )

    @api.constrains("anchor_day")
    def _check_anchor_day(self):
        for contract in self:
            if not 1 <= contract.anchor_day <= 31:
                raise ValidationError(
                    self.env._(
                        "The billing day is a day of the month, from 1 to 31, not %(day)s.", day=contract.anchor_day
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # The company gives the number, before anything else looks at the values.
        self._check_plain_input([{"company_id": vals["company_id"]} for vals in vals_list if "company_id" in vals])
        for vals in vals_list:
            if not vals.get("name") or vals["name"] == "/":
                company = vals.get("company_id") or self.env.company.id
                sequence = self.env["ir.sequence"].with_company(company)
                vals["name"] = sequence.next_by_code("kor.contract", sequence_date=vals.get("date_start")) or "/"
        contracts = super().create(vals_list)
        contracts._copy_plan()
        contracts._copy_catalog()
        return contracts

    def write(self, vals):
        starts = {contract: contract.date_start for contract in self} if "date_start" in vals else {}
        result = super().write(vals)
        for contract, start in starts.items():
            contract.line_ids.filtered(
                lambda line, start=start: line.date_start == start
            ).date_start = contract.date_start
        if "company_id" in vals:
            self.line_ids._check_company()
        return result

    def _get_today(self):
        """Return the date that it is now where the contract's days begin."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self.tz or "UTC"))

    def _get_reference_day(self):
        """Return today, or the nearest day on which the contract runs."""
        self.ensure_one()
        day = max(self._get_today(), self.date_start or fields.Date.context_today(self))
        return min(day, self.date_end_effective) if self.date_end_effective else day

    def _describe_span(self):
        self.ensure_one()
        if self.date_end_effective and self.date_end_effective < self.date_start:
            return self.env._("on no day: it was cancelled before its first one")
        if self.date_end_effective:
            return self.env._("from %(start)s to %(end)s", start=self.date_start, end=self.date_end_effective)
        return self.env._("from %(start)s on", start=self.date_start)

    @api.model
    def _parse_date(self, value, label):
        """Return a date from plain input, or raise with what would be right."""
        day = parse_day(value)
        if not day:
            raise UserError(
                self.env._("%(label)s must be a date written as YYYY-MM-DD, not “%(value)s”.", label=label, value=value)
            )
        return day

    @api.model
    def _parse_text(self, value, label, length):
        """Return a text from plain input, stripped, or raise where it is none or too long."""
        if not isinstance(value, str):
            raise UserError(self.env._("“%(name)s” must be text, not “%(value)s”.", name=label, value=value))
        if len(value) > length:
            raise UserError(
                self.env._("“%(name)s” is longer than %(length)s characters; shorten it.", name=label, length=length)
            )
        return value.strip()

    @api.model
    def _get_running_domain(self, company, first, last):
        """Return the domain of the contracts that run on a day of the period."""
        return [
            ("company_id", "=", company.id),
            ("state", "!=", "draft"),
            ("date_start", "<=", last),
            "|", ("date_end_effective", "=", False), ("date_end_effective", ">=", first),
        ]  # fmt: skip

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Contract %(number)s", number=self.name)
