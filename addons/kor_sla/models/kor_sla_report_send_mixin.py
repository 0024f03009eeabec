from odoo import api, fields, models
from odoo.exceptions import UserError


class KorSlaReportSendMixin(models.AbstractModel):
    """Tell customers: the report as a PDF, by mail to their contacts, and on their pages."""

    _name = "kor.sla.report.send.mixin"
    _description = "Sending of SLA Reports"

    def action_send(self):
        """Mail the reports to the customers' contacts; drafts are frozen first.

        :return: True
        """
        self._check_is_manager()
        reports_sudo = self.sudo()._freeze()  # reports are written by their own engine only
        nobody = reports_sudo.filtered(lambda report: not report._get_recipients())
        if nobody:
            raise UserError(
                self.env._(
                    "“%(report)s”: none of the customer's contacts has an e-mail address. Give one of them one.",
                    report=nobody[0].name,
                )
            )
        reports_sudo._send()
        return True

    @api.model
    def _get_reports_to_send(self):
        """Return what the customers were not told yet."""
        return self.search([("state", "=", "frozen"), ("is_current", "=", True)], order="id")

    def _send(self):
        """Mail reports to those who have an address."""
        template = self.env.ref("kor_sla.mail_template_sla_report", raise_if_not_found=False)
        told = self.filtered(lambda report: report._get_recipients())
        for report in told:
            if template:
                report.message_mail_with_source(template)
        told._write_engine({"state": "sent", "date_sent": fields.Datetime.now()})

    def _get_recipients(self):
        """Return whom a report goes to: the customer's contacts who are named on the contract, else the customer."""
        self.ensure_one()
        named = self.contract_id.support_contact_ids
        return named.filtered("email") or self.contract_id.partner_id.filtered("email")

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._(
            "SLA report %(contract)s %(month)s", contract=self.contract_id.name, month=self.month.strftime("%Y-%m")
        )

    def _kor_render_pdf(self):
        """Return the PDF of the report, in the customer's language and the company's look."""
        self.ensure_one()
        report = self.sudo()  # whoever may read the report gets its document; the report action checks that
        return self.env["kor.pdf"]._render_document(
            report, "kor_sla.report_kor_sla_report_document", "kor_sla.kor_sla_report_pdf_layout"
        )

    def action_preview(self):
        """Open the page that the customer sees.

        :return: a URL action
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "self", "url": self.access_url}
