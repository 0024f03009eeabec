from odoo import http
from odoo.http import request

REPORT = "kor_enterprise_tiers.action_report_tier_comparison"


class KorTierComparison(http.Controller):
    @http.route("/kor/tiers", type="http", auth="public", website=True, readonly=True, sitemap=True)
    def kor_tiers(self, **_kwargs):
        """Show the tiers side by side."""
        tiers_sudo = request.env["kor.tier"].sudo()  # visitors may read the public offer, not the records
        values = {
            "comparison": tiers_sudo._get_comparison(request.env.company),
            "page_name": "kor_tiers",
            "can_print_pdf": self._can_print_pdf(),
        }
        return request.render("kor_enterprise_tiers.tier_comparison_page", values)

    @http.route("/kor/tiers/pdf", type="http", auth="public", website=True, readonly=True, sitemap=False)
    def kor_tiers_pdf(self, **_kwargs):
        """Download the comparison, or go to the page where this server cannot make PDF files."""
        if not self._can_print_pdf():
            return request.redirect("/kor/tiers")
        tiers_sudo = request.env["kor.tier"].sudo()  # visitors may read the public offer, not the records
        content = tiers_sudo._get_comparison_pdf(REPORT, request.env.company)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", len(content)),
            ("Content-Disposition", http.content_disposition("tiers.pdf")),
        ]
        return request.make_response(content, headers=headers)

    def _can_print_pdf(self):
        return request.env["ir.actions.report"].get_wkhtmltopdf_state() not in ("install", "broken")
