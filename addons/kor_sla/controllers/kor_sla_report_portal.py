from werkzeug.urls import url_encode

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

REPORT = "kor_sla.action_report_kor_sla_report"


class KorSlaReportPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_sla_report_count" in counters:
            reports = request.env["kor.sla.report"]
            domain = self._get_kor_sla_reports_domain()
            values["kor_sla_report_count"] = reports.search_count(domain) if reports.has_access("read") else 0
        return values

    def _get_kor_sla_reports_domain(self):
        """Return the reports of the list: the user's own ones, also where staff look at their portal."""
        partner = request.env.user.partner_id.commercial_partner_id
        return [
            ("partner_id", "in", partner._get_kor_family_ids()),
            ("state", "!=", "draft"),
            ("is_current", "=", True),
        ]

    def _get_kor_sla_report(self, report_id, access_token):
        """Return the report as superuser, or raise AccessError or MissingError. A draft is for staff only."""
        report_sudo = self._document_check_access("kor.sla.report", report_id, access_token)
        if report_sudo.state == "draft" and not request.env.user._is_internal():
            raise MissingError(request.env._("This report is not made yet."))
        return report_sudo

    @route(
        ["/my/sla-reports", "/my/sla-reports/page/<int:page>"], type="http", auth="user", website=True, readonly=True
    )
    def portal_my_kor_sla_reports(self, page=1, **_kwargs):
        """List the customer's monthly reports."""
        reports = request.env["kor.sla.report"]
        if not reports.has_access("read"):
            return request.redirect("/my")
        domain = self._get_kor_sla_reports_domain()
        pager = portal_pager(
            url="/my/sla-reports", total=reports.search_count(domain), page=page, step=self._items_per_page
        )
        found = reports.search(domain, limit=self._items_per_page, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "reports": found.sudo(),  # the contract's and the tier's names; the rules chose the records
            "page_name": "kor_sla_reports",
            "pager": pager,
            "default_url": "/my/sla-reports",
        }
        return request.render("kor_sla.kor_sla_report_portal_list", values)

    @route(["/my/sla-reports/<int:report_id>"], type="http", auth="public", website=True, readonly=True)
    def portal_my_kor_sla_report(self, report_id, access_token=None, report_type=None, download=False, **given):
        """Show one report, or its PDF."""
        try:
            report_sudo = self._get_kor_sla_report(report_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            return self._show_report(
                model=report_sudo, report_type=report_type, report_ref=REPORT, download=bool(download)
            )
        # An address is no evidence: the thanks are for a dispute that there is.
        was_disputed = "disputed" in given and "open" in report_sudo.dispute_ids.mapped("state")
        return self._render_kor_sla_report(report_sudo, access_token, was_disputed=was_disputed)

    def _render_kor_sla_report(self, report_sudo, access_token=None, problem="", dispute_text="", was_disputed=False):
        arguments = {"report_type": "pdf", "download": "true"}
        if access_token:
            arguments["access_token"] = access_token
        values = {
            "report": report_sudo,
            "doc": report_sudo,
            "credits": report_sudo.credit_ids.filtered(lambda credit: credit.state != "void"),
            "page_name": "kor_sla_report",
            "pdf_url": f"{report_sudo.access_url}?{url_encode(arguments)}",
            "can_dispute": report_sudo.is_disputable and self._may_dispute(report_sudo),
            "problem": problem,
            "dispute_text": dispute_text,
            "was_disputed": was_disputed,
        }
        # No history: the links to neighbours would give each of them a token, and reading must not write.
        values = self._get_page_view_values(report_sudo, access_token, values, "", False)
        return request.render("kor_sla.kor_sla_report_portal_page", values)

    def _may_dispute(self, report_sudo):
        """Tell whether the visitor is the customer: who has no more than a link can read, and nothing else."""
        user = request.env.user
        own = request.env["kor.sla.report"].browse(report_sudo.id)
        return user._is_portal() and own.has_access("read")

    @route(["/my/sla-reports/<int:report_id>/dispute"], type="http", auth="user", methods=["POST"], website=True)
    def portal_dispute_kor_sla_report(self, report_id, text="", line_id="", **_kwargs):
        """Take what the customer does not accept."""
        report = request.env["kor.sla.report"].browse(report_id)
        if not report.exists() or not report.has_access("read"):
            return request.redirect("/my")
        try:
            report.dispute(text, int(line_id) if line_id.isdecimal() else 0)
        except UserError as error:
            return self._render_kor_sla_report(report.sudo(), problem=str(error), dispute_text=text)  # read above
        return request.redirect(f"/my/sla-reports/{report_id}?disputed=1")
