from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.kor_report_figure_mixin import INVOICES
from ..models.kor_report_file import DIRECT_ROWS, ROWS, SCREEN_ROWS
from ..models.kor_report_parameter_mixin import SPANS

# What the report alone writes.
RESULT = {"result", "file", "file_name"}


class KorReportRequest(models.TransientModel):
    """Ask for a report, read it, open what it is made of, take it along as a workbook or on paper."""

    _name = "kor.report.request"
    _inherit = ["kor.report.parameter.mixin", "kor.report.drill.mixin"]
    _description = "Report"

    span = fields.Selection(
        [*SPANS, ("other", "Other dates")],
        string="Period",
        required=True,
        default="last_12_months",
    )
    date_from = fields.Date(
        string="From", compute="_compute_dates", store=True, precompute=True, readonly=False, required=True
    )
    date_to = fields.Date(
        string="To", compute="_compute_dates", store=True, precompute=True, readonly=False, required=True
    )
    result = fields.Json(readonly=True)
    file = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)

    @api.depends("span")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        for request in self:
            span = self._get_span(request.span, today) or (request.date_from, request.date_to)
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

    def action_show(self):
        """Work the report out, and show it; have a large one made in the background.

        :return: True, or an action that shows how far the large one is
        """
        self.ensure_one()
        if self._is_large():
            return self._queue()
        shown = self._lay_out(self._generate(SCREEN_ROWS))
        self.sudo().result = shown  # written by the report only, read by whoever asked for it
        return True

    def action_download(self):
        """Write the report as a workbook; have a large one made in the background.

        :return: an action that downloads it, or shows how far it is
        """
        return self._download("xlsx")

    def action_download_pdf(self):
        """Print the report as a PDF; have a large one, or one of many rows, made in the background.

        :return: an action that downloads it, or shows how far it is
        """
        return self._download("pdf")

    def action_make_in_background(self):
        """Have the report made while the user goes on working.

        :return: an action that shows how far it is
        """
        self.ensure_one()
        self._check_days()
        return self._queue()

    def _queue(self):
        self.check_access("read")
        return self.env["kor.report.job"]._queue(self)

    def _download(self, kind):
        self.ensure_one()
        if self._is_large():
            return self._queue()
        result = self._generate(ROWS[kind])
        if kind == "pdf" and len(result["rows"]) > DIRECT_ROWS:
            return self._queue()
        files = self.env["kor.report.file"]
        made = files._write_file(kind, self.report, self.date_from, self.date_to, result)
        values = {"file": files._encode(made["content"]), "file_name": made["name"]}
        self.sudo().write(values)  # written by the report only, read by whoever asked for it
        url = f"/web/content/{self._name}/{self.id}/file/{made['name']}?download=true"
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    def action_open_contracts(self):
        """Open the contracts that run in the period.

        :return: a window action
        """
        return self._open("kor.contract", self.env._("Contracts"), self._get_contracts_domain(), "account_manager_id")

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
            ("move_type", "in", INVOICES),
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
