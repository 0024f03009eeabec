from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.months import ROUNDINGS

# What the accounts are called where a chart has none that fits, with the code to look from.
ACCOUNTS = {
    "kor_liability_account_id": ("liability_current", "deferred revenue", "212000"),
    "kor_asset_account_id": ("asset_current", "contract asset", "121500"),
    "kor_unbilled_account_id": ("asset_current", "unbilled receivable", "121600"),
    "kor_commission_account_id": ("asset_current", "contract cost", "121700"),
    "kor_commission_credit_account_id": ("liability_current", "commission payable", "213000"),
    "kor_commission_expense_account_id": ("expense", "commission expense", "612000"),
}


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_liability_account_id = fields.Many2one(
        "account.account",
        string="Contract Liability",
        check_company=True,
        domain=[("account_type", "in", ("liability_current", "liability_non_current"))],
        help="What is billed and not earned yet (deferred revenue). Invoices of contracts credit it; each close moves "
        "from it to revenue what was earned. Empty: revenue is what was invoiced.",
    )
    kor_asset_account_id = fields.Many2one(
        "account.account",
        string="Contract Asset",
        check_company=True,
        domain=[("account_type", "in", ("asset_current", "asset_non_current", "asset_prepayments"))],
        help="What is earned, and may be billed only when more is done or time has come.",
    )
    kor_unbilled_account_id = fields.Many2one(
        "account.account",
        string="Unbilled Receivable",
        check_company=True,
        domain=[("account_type", "in", ("asset_current", "asset_non_current", "asset_prepayments"))],
        help="Use that was delivered and is billed with its period. Empty: the contract asset.",
    )
    kor_commission_account_id = fields.Many2one(
        "account.account",
        string="Contract Costs",
        check_company=True,
        domain=[("account_type", "in", ("asset_current", "asset_non_current", "asset_prepayments"))],
        help="Commissions that are paid for contracts, until they are expensed over the expected life.",
    )
    kor_commission_credit_account_id = fields.Many2one(
        "account.account",
        string="Commissions Payable",
        check_company=True,
        domain=[("account_type", "in", ("liability_current", "liability_payable", "expense", "expense_direct_cost"))],
        help="What contract costs are credited to: what is owed to those who sold, or the expense account on which "
        "payroll and agents' bills are booked.",
    )
    kor_commission_expense_account_id = fields.Many2one(
        "account.account",
        string="Commission Expense",
        check_company=True,
        domain=[("internal_group", "=", "expense")],
        help="What contract costs are expensed on.",
    )
    kor_breakage_account_id = fields.Many2one(
        "account.account",
        string="Expired Credit",
        check_company=True,
        domain=[("internal_group", "=", "income")],
        help="The income account of prepaid credit that expired. Empty: the one of the prepaid product.",
    )
    kor_cost_months = fields.Integer(
        string="Expected Life (months)",
        default=36,
        required=True,
        help="Over how many months commissions are expensed, where a cost says nothing else.",
    )
    kor_expense_short_costs = fields.Boolean(
        string="Short Commissions at Once",
        help="Commissions whose life is a year or less are expensed when they are incurred.",
    )
    kor_revenue_journal_id = fields.Many2one(
        "account.journal", string="Revenue Journal", check_company=True, domain=[("type", "=", "general")]
    )
    kor_revenue_grouping = fields.Selection(
        [("contract", "One per contract and month"), ("month", "One per month and currency")],
        string="Revenue Entries",
        required=True,
        default="contract",
        help="The detail is kept either way; one entry per month is much faster for many contracts.",
    )
    kor_revenue_method = fields.Selection(
        [
            ("day", "By day"),
            ("month", "By month, parts of months by day"),
            ("half_month", "By month, parts count half"),
            ("equal", "Equal parts"),
        ],
        string="Subscriptions are Earned",
        required=True,
        default="month",
    )
    kor_revenue_rounding = fields.Selection(
        [(ROUNDINGS[0], "Spread over the months"), (ROUNDINGS[1], "In the last month")],
        string="Cents",
        required=True,
        default="last",
        help="Where a price does not divide into months: the cents are spread, or all of them fall on the last month.",
    )
    kor_standalone_tolerance = fields.Float(
        string="Tolerance (%)",
        default=15.0,
        help="What is added by an amendment counts as sold at its standalone price up to so many percent below it.",
    )
    kor_revenue_lock_date = fields.Date(
        string="Revenue Closed until",
        readonly=True,
        help="Closes before this day are locked: what changes them is booked in the next open month.",
    )

    _kor_cost_months_positive = models.Constraint(
        "CHECK (kor_cost_months > 0)", "The expected life of commissions is 1 month or more."
    )
    _kor_standalone_tolerance = models.Constraint(
        "CHECK (kor_standalone_tolerance >= 0 AND kor_standalone_tolerance <= 100)", "A tolerance is 0 to 100 percent."
    )

    def action_kor_setup_revenue(self):
        """Choose, or make, the accounts and the journal that revenue recognition books on.

        :return: True
        """
        self.check_access("write")
        for company in self:
            company._setup_kor_revenue()
        return True

    def _setup_kor_revenue(self):
        self.ensure_one()
        for name, (kind, title, code) in ACCOUNTS.items():
            if not self[name]:
                self[name] = self._find_kor_account(kind, title) or self._make_kor_account(kind, title, code)
        if not self.kor_revenue_journal_id:
            journals = self.env["account.journal"].with_company(self)
            self.kor_revenue_journal_id = journals.search(
                [("company_id", "=", self.id), ("type", "=", "general"), ("code", "=", "KORV")], limit=1
            ) or journals.create(
                {"name": self.env._("Revenue Recognition"), "code": "KORV", "type": "general", "company_id": self.id}
            )

    def _find_kor_account(self, kind, title):
        return self.env["account.account"].search(
            [("company_ids", "in", self.id), ("account_type", "=", kind), ("name", "=ilike", title)], limit=1
        )

    def _make_kor_account(self, kind, title, code):
        accounts = self.env["account.account"].with_company(self)
        return accounts.create(
            {
                "name": title.title(),
                "code": accounts._search_new_account_code(code),
                "account_type": kind,
                "company_ids": [fields.Command.set(self.ids)],
            }
        )

    def _recognizes_kor_revenue(self):
        """Tell whether revenue follows from contracts, or is what was invoiced."""
        self.ensure_one()
        return bool(self.kor_liability_account_id and self.kor_revenue_journal_id)

    def _check_kor_revenue(self):
        self.ensure_one()
        lacking = [
            self._fields[name]._description_string(self.env)
            for name in ("kor_liability_account_id", "kor_asset_account_id", "kor_revenue_journal_id")
            if not self[name]
        ]
        if lacking:
            raise UserError(
                self.env._(
                    "%(company)s has no %(parts)s for revenue. Choose them in Settings › KOR Enterprise › "
                    "Revenue Recognition, or let them be made there.",
                    company=self.name,
                    parts=", ".join(lacking),
                )
            )

    def _get_kor_rates(self, day):
        """Return what a unit of each currency in use is worth in the company's own on a day, by their ids."""
        self.ensure_one()
        currencies = self.env["res.currency"].search([]) | self.currency_id  # pylint: disable=no-search-all  # those in use
        rates = currencies._get_rates(self, day)
        own = rates.get(self.currency_id.id) or 1.0
        return {currency: own / rate for currency, rate in rates.items() if rate}

    def _get_kor_closed_until(self):
        """Return the last day that is closed for revenue entries of the company."""
        self.ensure_one()
        company_sudo = self.sudo()  # lock dates hold for everybody
        lock = company_sudo._get_user_fiscal_lock_date(company_sudo.kor_revenue_journal_id)
        own = company_sudo.kor_revenue_lock_date
        return max(lock, own) if own else lock
