import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

# More is for the workbook.
SHOWN = 200
# What the report alone writes.
RESULT = {"result", "file", "file_name"}


class KorReportRequest(models.TransientModel):
    """Ask for a report, read it, open what it is made of, take it along as a workbook."""

    _name = "kor.report.request"
    _inherit = ["kor.report.drill.mixin"]
    _description = "Report"

    report = fields.Selection(
        [
            ("revenue", "Revenue"),
            ("cost", "Cost"),
            ("profitability", "Profitability"),
            ("lifetime_value", "Lifetime Value"),
            ("churn", "Churn and Retention"),
            ("bridge", "From MRR to Cash"),
        ],
        required=True,
        default="revenue",
    )
    span = fields.Selection(
        [
            ("last_month", "Last month"),
            ("last_quarter", "Last quarter"),
            ("last_12_months", "Last 12 months"),
            ("this_year", "This year"),
            ("other", "Other dates"),
        ],
        string="Period",
        required=True,
        default="last_12_months",
    )
    date_from = fields.Date(string="From", compute="_compute_dates", store=True, readonly=False, required=True)
    date_to = fields.Date(string="To", compute="_compute_dates", store=True, readonly=False, required=True)
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
    result = fields.Json(readonly=True)
    file = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)

    @api.depends("span")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        this_month = today.replace(day=1)
        last_day = fields.Date.subtract(this_month, days=1)
        spans = {
            "last_month": (last_day.replace(day=1), last_day),
            "last_12_months": (fields.Date.subtract(this_month, months=12), last_day),
            "this_year": (today.replace(month=1, day=1), today),
        }
        for request in self:
            if request.span == "last_quarter":
                day = fields.Date.subtract(today, months=3)
                span = fields.Date.start_of(day, "quarter"), fields.Date.end_of(day, "quarter")
            else:
                span = spans.get(request.span) or (request.date_from, request.date_to)
            request.date_from, request.date_to = span

    @api.depends("report")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["report"]._description_selection(self.env))
        for request in self:
            request.display_name = labels.get(request.report, "")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_result(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_result(vals)
        return super().write(vals)

    def _refuse_result(self, vals):
        if RESULT & vals.keys() and not self.env.su:
            raise UserError(self.env._("What a report says is worked out by it: call action_show()."))

    @api.onchange("report")
    def _onchange_report(self):
        is_without = self.report == "lifetime_value" and self.group_by == "month"
        if is_without or (self.report != "profitability" and self.group_by == "component"):
            self.group_by = "customer"

    def action_show(self):
        """Work the report out, and show it.

        :return: True
        """
        self.ensure_one()
        result = self._generate(SHOWN)
        shown = self.env["kor.report.table"]._lay_out(result, self._get_linked(result["measures"]))
        self.sudo().result = shown  # written by the report only, read by whoever asked for it
        return True

    def action_download(self):
        """Write the report as a workbook.

        :return: an action that downloads it
        """
        self.ensure_one()
        content = self.env["kor.report.workbook"]._write_workbook(self.display_name, self._generate(0))
        name = f"{self.report}_{self.date_from}_{self.date_to}.xlsx"
        self.sudo().write({"file": base64.b64encode(content), "file_name": name})  # as above
        url = f"/web/content/{self._name}/{self.id}/file/{name}?download=true"
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    def action_open_contracts(self):
        """Open the contracts that run in the period.

        :return: a window action
        """
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "!=", "draft"),
            ("date_start", "<=", self.date_to),
            "|", ("date_end_effective", "=", False), ("date_end_effective", ">=", self.date_from),
        ]  # fmt: skip
        return self._open("kor.contract", self.env._("Contracts"), domain, "account_manager_id")

    def action_open_revenue(self):
        """Open what was recognised in the period.

        :return: a window action
        """
        domain = [("company_id", "=", self.company_id.id), *self._get_period_domain("date")]
        return self._open(
            "kor.revenue.item", self.env._("Recognised Revenue"), domain, "contract_id.account_manager_id"
        )

    def action_open_invoices(self):
        """Open the invoices and credit notes of the period.

        :return: a window action
        """
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "posted"),
            ("kor_contract_id", "!=", False),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            *self._get_period_domain("invoice_date"),
        ]
        return self._open("account.move", self.env._("Invoices"), domain, "kor_contract_id.account_manager_id")

    def action_open_costs(self):
        """Open the costs that contracts bear of the period.

        :return: a window action
        """
        domain = [("company_id", "=", self.company_id.id), *self._get_period_domain("date")]
        return self._open(
            "kor.cost.allocation", self.env._("Allocated Costs"), domain, "contract_id.account_manager_id"
        )

    def action_open_amendments(self):
        """Open the amendments that moved recurring revenue in the period.

        :return: a window action
        """
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "applied"),
            *self._get_period_domain("date_effective"),
        ]
        return self._open("kor.contract.amendment", self.env._("Amendments"), domain, "contract_id.account_manager_id")

    def _open(self, model, name, domain, manager_path):
        """Return the action that lists records of the period, of those contracts only that the report is about."""
        self.ensure_one()
        manager = self.env["kor.financial.report"]._check_reader()
        if manager:
            domain = [*domain, (manager_path, "=", manager.id)]
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
            "context": {"create": False},
        }

    def _get_period_domain(self, field):
        return [(field, ">=", self.date_from), (field, "<=", self.date_to)]

    def _generate(self, limit):
        """Return the result of the chosen report."""
        if not (self.date_from and self.date_to):
            raise UserError(self.env._("Choose the days of the report."))
        report = getattr(self.env["kor.financial.report"], f"generate_{self.report}_report")
        return report(str(self.date_from), str(self.date_to), self._get_options(limit))

    def _get_options(self, limit=0):
        return {
            "company": self.company_id.id,
            "currency": self.currency_id.name,
            "group_by": self.group_by,
            "limit": limit,
        }
