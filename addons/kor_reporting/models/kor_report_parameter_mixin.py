from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import read_whole_number

REPORTS = [
    ("revenue", "Revenue"),
    ("cost", "Cost"),
    ("profitability", "Profitability"),
    ("lifetime_value", "Lifetime Value"),
    ("churn", "Churn and Retention"),
    ("bridge", "From MRR to Cash"),
]
SPANS = [
    ("last_month", "Last month"),
    ("last_quarter", "Last quarter"),
    ("last_12_months", "Last 12 months"),
    ("this_year", "This year"),
]

# Contracts × months above which a report is made in the background, where no parameter says otherwise.
LARGE = 250_000
LARGE_PARAMETER = "kor_reporting.large_report"


class KorReportParameterMixin(models.AbstractModel):
    """Say which report is wanted: its kind, company, currency and rows."""

    _name = "kor.report.parameter.mixin"
    _description = "Parameters of a Report"

    report = fields.Selection(REPORTS, required=True, default="revenue")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Amounts in other currencies are valued at the rates of their months.",
    )
    group_by = fields.Selection(
        [
            ("month", "Month"),
            ("tier", "Tier"),
            ("plan", "Plan"),
            ("customer", "Customer"),
            ("contract", "Contract"),
            ("component", "Component"),
            ("account_manager", "Account manager"),
            ("country", "Country"),
        ],
        string="By",
        required=True,
        default="month",
    )

    @api.onchange("report")
    def _onchange_report(self):
        if not self._is_told_by(self.report, self.group_by):
            self.group_by = "customer"

    @api.model
    def _is_told_by(self, report, group_by):
        """Tell whether a report has rows of this kind."""
        if report == "lifetime_value":
            return group_by not in ("month", "component")
        return group_by != "component" or report == "profitability"

    @api.model
    def _get_span(self, span, today):
        """Return the first and the last day of a period that is told from today, None of one that is not."""
        this_month = today.replace(day=1)
        last_day = fields.Date.subtract(this_month, days=1)
        if span == "last_quarter":
            day = fields.Date.subtract(today, months=3)
            return fields.Date.start_of(day, "quarter"), fields.Date.end_of(day, "quarter")
        return {
            "last_month": (last_day.replace(day=1), last_day),
            "last_12_months": (fields.Date.subtract(this_month, months=12), last_day),
            "this_year": (today.replace(month=1, day=1), today),
        }.get(span)

    def _generate(self, limit):
        """Return the result of the chosen report; what has it has `date_from` and `date_to`."""
        self._check_days()
        files = self.env["kor.report.file"]
        return files._generate(self.report, self.date_from, self.date_to, self._get_options(limit))

    def _is_large(self):
        """Tell whether a report is better made in the background: contracts × months say how much is read."""
        self._check_days()
        manager = self.env["kor.financial.report"]._check_reader()
        domain = self._get_contracts_domain()
        if manager:
            domain.append(("account_manager_id", "=", manager.id))
        contracts = self.env["kor.contract"].sudo().search_count(domain)  # a number only, of what the report sums up
        months = (self.date_to.year - self.date_from.year) * 12 + self.date_to.month - self.date_from.month + 1
        return contracts * months > read_whole_number(self.env, LARGE_PARAMETER, LARGE)

    def _get_contracts_domain(self):
        """Return the domain of the contracts that run in the period."""
        return self.env["kor.contract"]._get_running_domain(self.company_id, self.date_from, self.date_to)

    def _check_days(self):
        if not (self.date_from and self.date_to):
            raise UserError(self.env._("Choose the days of the report."))

    def _get_options(self, limit=0):
        return {
            "company": self.company_id.id,
            "currency": self.currency_id.name,
            "group_by": self.group_by,
            "limit": limit,
        }
