from odoo import api, fields, models


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract",
        "kor.contract.compliance.mixin",
        "kor.contract.sla.fee.mixin",
        "kor.contract.sla.settle.mixin",
        "kor.contract.sla.credit.mixin",
    ]

    sla_report_ids = fields.One2many("kor.sla.report", "contract_id", string="SLA Reports")
    sla_credit_ids = fields.One2many("kor.sla.credit", "contract_id", string="SLA Credits")
    sla_report_count = fields.Integer(compute="_compute_sla_report_count")
    sla_credit_open = fields.Monetary(
        string="Credits to Come", compute="_compute_sla_credit_open", help="Approved, and not on a credit note yet."
    )

    def _compute_sla_report_count(self):
        groups = self.env["kor.sla.report"]._read_group(
            [("contract_id", "in", self.ids), ("is_current", "=", True)], ["contract_id"], ["__count"]
        )
        counts = {contract.id: count for contract, count in groups}
        for contract in self:
            contract.sla_report_count = counts.get(contract.id, 0)

    @api.depends("sla_credit_ids.open_amount")
    def _compute_sla_credit_open(self):
        for contract in self:
            contract.sla_credit_open = sum(contract.sla_credit_ids.mapped("open_amount"))

    def preview_invoice(self, date_from, date_to):
        """Tell what `generate_invoice` would bill for a period, explained, and write nothing.

        Credits for missed service levels that the next billing books come after the lines of each contract.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :return: a list of lines with name, period, quantity, amount, tax_amount, total, explanation
        """
        lines = super().preview_invoice(date_from, date_to)
        return lines + [line for contract in self for line in contract._preview_sla_booking()]

    def _give_back(self, credits, invoices, invoice_date, run):
        notes = super()._give_back(credits, invoices, invoice_date, run)
        looked_at = self.browse([contract.id for contract in credits])
        return notes | looked_at._book_sla_credits(invoices, invoice_date)

    def _get_status_values(self):
        """Return also the credits and the reports of the last year, the latest first."""
        self.ensure_one()
        since = fields.Date.subtract(self._get_today(), years=1)
        credits = self.sla_credit_ids.filtered(lambda one: one.state != "void" and one.month >= since)
        reports = self.sla_report_ids.filtered(lambda one: one.state != "draft" and one.is_current)
        return {
            **super()._get_status_values(),
            "credits": credits.sorted(lambda one: (one.month, one.kind), reverse=True),
            "reports": reports.sorted("month", reverse=True)[:12],
        }

    def action_open_sla_reports(self):
        """Open the contract's monthly reports.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_report_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {"search_default_current": 1}}

    def action_open_sla_credits(self):
        """Open the contract's credits.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_credit_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {}}
