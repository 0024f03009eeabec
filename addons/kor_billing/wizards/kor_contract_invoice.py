from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import date_utils

from odoo.addons.kor_enterprise_tiers.tools import open_form


class KorContractInvoice(models.TransientModel):
    """Show what a contract would be invoiced for some days, line by line and explained, and invoice it."""

    _name = "kor.contract.invoice"
    _description = "Invoice a Contract"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade", readonly=True)
    state = fields.Selection(related="contract_id.state")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    span = fields.Selection(
        [
            ("due", "Due today"),
            ("next", "Up to the next invoice"),
            ("month", "This month"),
            ("last_month", "Last month"),
            ("other", "Other dates"),
        ],
        string="Days",
        required=True,
        default="due",
    )
    date_from = fields.Date(
        string="From", compute="_compute_dates", store=True, readonly=False, precompute=True, required=True
    )
    date_to = fields.Date(
        string="To", compute="_compute_dates", store=True, readonly=False, precompute=True, required=True
    )
    preview_html = fields.Html(string="Lines", compute="_compute_preview", sanitize=False)
    is_due = fields.Boolean(compute="_compute_preview")
    problem = fields.Char(compute="_compute_preview")
    warning = fields.Char(compute="_compute_preview", help="What a billing run would park this invoice for.")

    @api.depends("contract_id", "span")
    def _compute_dates(self):
        for wizard in self:
            dates = wizard._get_span_dates()
            wizard.date_from, wizard.date_to = dates or (wizard.date_from, wizard.date_to)

    @api.depends("contract_id", "date_from", "date_to")
    def _compute_preview(self):
        for wizard in self:
            lines, wizard.problem, wizard.warning = [], False, False
            try:
                if wizard.contract_id and wizard.date_from and wizard.date_to:
                    lines = wizard.contract_id.preview_invoice(*wizard._get_plain_dates())
                    wizard.warning = wizard._get_warning()
            except UserError as error:
                wizard.problem = str(error)
            wizard.is_due = bool(lines)
            wizard.preview_html = wizard._render_preview(lines)

    def action_invoice(self):
        """Invoice what is due in the chosen days.

        :return: an action that opens the invoice, or a notification where nothing is due
        """
        self.ensure_one()
        # Who presses the button has seen the lines, and the warning.
        move_ids = self.contract_id.generate_invoice(*self._get_plain_dates(), anyway=True)
        if not move_ids:
            return self._prepare_notification()
        title = self.env._("Invoices")
        if len(move_ids) == 1:
            return open_form(self.env["account.move"].browse(move_ids), name=title)
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "account.move",
            "domain": [("id", "in", move_ids)],
            "views": [(False, "list"), (False, "form")],
        }

    def _prepare_notification(self):
        """Return the action that says that nothing is due."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Nothing is due"),
                "message": self.env._("Contract %(contract)s has no invoice to get.", contract=self.contract_id.name),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_span_dates(self):
        """Return first and last day of the chosen span, None where the user gives them."""
        contract = self.contract_id
        if not contract or self.span == "other":
            return None
        today, latest = contract._get_today(), contract._get_reference_day()
        if self.span == "due":
            return contract.date_start, latest
        if self.span == "next":
            return contract._get_estimate_dates()
        day = date_utils.subtract(today, months=1) if self.span == "last_month" else today
        return date_utils.start_of(day, "month"), date_utils.end_of(day, "month")

    def _get_warning(self):
        contract = self.contract_id
        open_slices = contract._get_open_slices(contract._parse_window(*self._get_plain_dates()))
        return contract._get_bound_reasons(open_slices).get(contract, False)

    def _get_plain_dates(self):
        return fields.Date.to_string(self.date_from), fields.Date.to_string(self.date_to)

    def _render_preview(self, lines):
        if self.problem:
            return False
        return self.env["ir.qweb"]._render("kor_billing.invoice_preview", self.contract_id._get_preview_values(lines))
