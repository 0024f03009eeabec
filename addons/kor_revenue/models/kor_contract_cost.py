from fractions import Fraction

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine import delivery, months

DAY = delivery.DAY
# What is paid out within a year may be expensed at once: ASC 340-40-25-4, IFRS 15.94.
SHORT = 12
OPEN = {"name", "message_main_attachment_id", "date_impaired"}


class KorContractCost(models.Model):
    """A commission, or another cost of a contract: an asset that is expensed as the contract is expected to live.

    Source: ASC 340-40-25-1 to 8 and 35-1 to 6, IFRS 15.91 to 104. Where the contract ends before, what is left has no
    benefit any more and is expensed on its last day.
    """

    _name = "kor.contract.cost"
    _inherit = ["kor.input.mixin", "mail.thread"]
    _description = "Contract Cost"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Description", required=True, default=lambda self: self.env._("Commission"))
    contract_id = fields.Many2one(
        "kor.contract",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('date_activated', '!=', False)]",
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    user_id = fields.Many2one("res.users", string="Salesperson", help="Fills in who is paid.")
    payee_id = fields.Many2one(
        "res.partner",
        string="Paid to",
        compute="_compute_payee_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    amount = fields.Monetary(
        required=True, tracking=True, help="Below 0: a commission that is paid back, for example by the salesperson."
    )
    balance = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id", readonly=True, copy=False
    )
    date = fields.Date(
        string="Incurred on", required=True, default=fields.Date.context_today, help="The day of the entry."
    )
    kind = fields.Selection(
        [("obtain", "Incremental cost of obtaining it"), ("fulfil", "Cost of fulfilling it")],
        required=True,
        default="obtain",
        help="Obtaining: would not have been incurred without the contract. Fulfilling: work that later promises need.",
    )
    span = fields.Selection(
        [("life", "Over its expected life"), ("term", "Over the contract's term")],
        string="Amortised",
        required=True,
        default="life",
        help="Expected life: renewals that the commission stands for included. Term: where renewals are paid alike.",
    )
    months = fields.Integer(
        string="Expected Life (months)", compute="_compute_months", store=True, readonly=False, precompute=True
    )
    method = fields.Selection(
        lambda self: self.env["res.company"]._fields["kor_revenue_method"].selection,
        string="Cut",
        compute="_compute_method",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_start = fields.Date(
        string="From",
        compute="_compute_date_start",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The first day of its life: not before the contract's.",
    )
    date_end = fields.Date(string="To", compute="_compute_date_end", store=True, help="The last day of its life.")
    credit_account_id = fields.Many2one(
        "account.account",
        string="Credited to",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        domain="[('account_type', 'in', ('liability_current', 'liability_payable', 'expense', 'expense_direct_cost'))]",
        help="Commissions payable, or the expense that the payroll or the agent's bill was booked on.",
    )
    expense_account_id = fields.Many2one(
        "account.account",
        string="Expensed on",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        domain="[('internal_group', '=', 'expense')]",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    is_expensed = fields.Boolean(
        string="Expensed at Once",
        readonly=True,
        copy=False,
        help="Its life is a year or less, and the company says so.",
    )
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    schedule_ids = fields.One2many("kor.revenue.schedule", "cost_id", string="Schedule")
    date_impaired = fields.Date(
        string="Impaired on", readonly=True, copy=False, help="The contract's last day, where it ends before."
    )
    remaining = fields.Monetary(compute="_compute_remaining", string="Left", help="What is not expensed yet.")

    _months_positive = models.Constraint("CHECK (months > 0 OR span = 'term')", "An expected life is 1 month or more.")
    _amount_set = models.Constraint("CHECK (amount != 0)", "A contract cost has an amount.")

    @api.depends("user_id")
    def _compute_payee_id(self):
        for cost in self:
            cost.payee_id = cost.user_id.partner_id or cost.payee_id

    @api.depends("contract_id")
    def _compute_months(self):
        for cost in self:
            company = (cost.contract_id.company_id or self.env.company).sudo()  # settings hold for everybody
            cost.months = cost.months or company.kor_cost_months or 1

    @api.depends("contract_id")
    def _compute_method(self):
        for cost in self:
            company = (cost.contract_id.company_id or self.env.company).sudo()  # settings hold for everybody
            cost.method = cost.method or company.kor_revenue_method or "month"

    @api.depends("contract_id")
    def _compute_accounts(self):
        for cost in self:
            company_sudo = (cost.contract_id.company_id or self.env.company).sudo()  # settings hold for everybody
            cost.credit_account_id = cost.credit_account_id or company_sudo.kor_commission_credit_account_id
            cost.expense_account_id = cost.expense_account_id or company_sudo.kor_commission_expense_account_id

    @api.depends("date", "contract_id")
    def _compute_date_start(self):
        for cost in self.filtered(lambda one: one.state == "draft"):
            days = [day for day in (cost.date, cost.contract_id.date_start) if day]
            cost.date_start = max(days, default=fields.Date.context_today(self))

    @api.depends("date_start", "span", "months", "contract_id")
    def _compute_date_end(self):
        # The contract's end is taken as it is known when the cost is confirmed.
        for cost in self.filtered(lambda one: one.state == "draft" and one.date_start):
            if cost.span == "life":
                cost.date_end = cost.date_start + relativedelta(months=cost.months) - DAY
            else:
                cost.date_end = cost.contract_id.date_end_effective

    @api.depends("state", "amount", "schedule_ids.item_ids.amount")
    def _compute_remaining(self):
        items = self.env["kor.revenue.item"]
        found = dict(items._read_group([("schedule_id.cost_id", "in", self.ids)], ["schedule_id"], ["amount:sum"]))
        for cost in self:
            booked = sum(found.get(schedule, 0) for schedule in cost.schedule_ids)
            is_open = cost.state == "confirmed" and not cost.is_expensed
            cost.remaining = cost.amount - booked if is_open else 0

    @api.constrains("date_start", "contract_id")
    def _check_date_start(self):
        for cost in self:
            if cost.date_start < cost.contract_id.date_start:
                raise ValidationError(
                    self.env._(
                        "The contract starts on %(day)s: its costs are amortised from then on, or later.",
                        day=cost.contract_id.date_start,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("state", "draft") != "draft" or {"move_id", "balance", "is_expensed"} & set(vals):
                raise UserError(self.env._("A contract cost is created as a draft, and booked by action_confirm()."))
        return super().create(vals_list)

    def write(self, vals):
        confirmed = self.filtered(lambda cost: cost.state == "confirmed")
        if (confirmed and set(vals) - OPEN) or {"state", "move_id", "balance", "is_expensed"} & set(vals):
            raise UserError(
                self.env._("A cost that is confirmed stays as it is: what is paid back is another one, below 0.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        if any(cost.state == "confirmed" for cost in self):
            raise UserError(self.env._("A cost that is confirmed is kept as evidence."))

    def action_confirm(self):
        """Book the costs as assets, and let them be expensed over their lives.

        :return: True
        """
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("kor_revenue.group_kor_revenue_user"):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue can confirm contract costs."))
        for cost in self.filtered(lambda one: one.state == "draft"):
            cost._check_can_confirm()
            cost._capitalise()
        return True

    def action_open_move(self):
        """Open the entry.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)

    def _check_can_confirm(self):
        company_sudo = self.company_id.sudo()  # settings hold for everybody
        company_sudo._check_kor_revenue()
        accounts = company_sudo.kor_commission_account_id and self.credit_account_id and self.expense_account_id
        if not accounts:
            raise UserError(
                self.env._(
                    "Choose the accounts of contract costs first: the asset in the settings of %(company)s, and where "
                    "“%(cost)s” is credited and expensed.",
                    company=company_sudo.name,
                    cost=self.name,
                )
            )
        if not self.contract_id.date_activated:
            raise UserError(
                self.env._(
                    "Contract %(contract)s is a draft: nothing was obtained yet.", contract=self.contract_id.name
                )
            )
        if not self.date_end or self.date_end < self.date_start:
            raise UserError(
                self.env._(
                    "Contract %(contract)s has no end after %(day)s: give the expected life in months.",
                    contract=self.contract_id.name,
                    day=self.date_start,
                )
            )

    def _capitalise(self):
        """Book the cost, and make its schedule."""
        is_short = self.date_end < self.date_start + relativedelta(months=SHORT)
        company_sudo = self.company_id.sudo()  # settings hold for everybody
        is_expensed = company_sudo.kor_expense_short_costs and self.kind == "obtain" and is_short
        asset = company_sudo.kor_commission_account_id
        move = self.env["account.move"].with_company(self.company_id)
        move_sudo = move.sudo()  # who may confirm need not be allowed to book otherwise; also below
        move_sudo = move_sudo.create(self._prepare_move(self.expense_account_id if is_expensed else asset))
        move_sudo._post(soft=False)
        balance = move_sudo.line_ids[0].balance
        values = {"state": "confirmed", "move_id": move_sudo.id, "balance": balance, "is_expensed": is_expensed}
        self._write_confirmed(values)
        if not is_expensed:
            schedule_sudo = self.env["kor.revenue.schedule"].sudo().create(self._prepare_schedule(asset))  # as above
            targets = {schedule_sudo.id: self.sudo()._get_targets()}  # as above
            self.env["kor.revenue.month"].sudo()._write_targets(targets)  # as above

    def _write_confirmed(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _prepare_move(self, debit_account):
        company_sudo = self.company_id.sudo()  # settings hold for everybody
        closed = company_sudo._get_kor_closed_until()
        debit = self._prepare_move_line(debit_account, self.partner_id, self.amount)
        credit = self._prepare_move_line(self.credit_account_id, self.payee_id, -self.amount)
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": company_sudo.kor_revenue_journal_id.id,
            "date": max(self.date, closed + DAY),
            "currency_id": self.currency_id.id,
            "partner_id": self.payee_id.id,
            "ref": debit["name"],
            "line_ids": [
                Command.create({**debit, "kor_contract_id": self.contract_id.id}),
                Command.create(credit),
            ],
        }

    def _prepare_move_line(self, account, partner, amount):
        return {
            "name": f"{self.name}: {self.contract_id.name}",
            "account_id": account.id,
            "partner_id": partner.commercial_partner_id.id,
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "tax_ids": [],
        }

    def _prepare_schedule(self, asset):
        return {
            "name": self.name,
            "kind": "cost",
            "cost_id": self.id,
            "contract_id": self.contract_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "method": self.method,
            "account_id": self.expense_account_id.id,
            "deferral_account_id": asset.id,
            "amount": self.amount,
            "origin_balance": self.balance,
            "date_start": self.date_start,
            "date_end": self.date_end,
        }

    def _get_cut(self):
        """Return the contract's last day, where that is known and lies before the end of the cost's life."""
        self.ensure_one()
        contract = self.contract_id
        last = contract.date_cancelled
        if not last and contract.state in ("ended", "cancelled"):
            last = contract.date_end_effective or contract.date_end
        return last if last and last < self.date_end else False

    def _get_targets(self, partial=None):
        """Return what is expensed by month; what a contract's early end leaves, on its last day."""
        self.ensure_one()
        start, end, amount = self.date_start, self.date_end + DAY, Fraction(to_decimal(self.amount))
        span = delivery.Obligation(self.id, self.method, (delivery.Stretch(start, end, amount),))
        last = self._get_cut()
        cut = max(last, start) + DAY if last else end
        company = self.company_id

        def expensed(day):
            return amount if day >= cut else delivery.delivered(span, day)

        rounding = to_decimal(self.currency_id.rounding)
        return months.cut_into_months(expensed, start, end, rounding, company.kor_revenue_rounding, partial)
