from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal


class KorInfrastructurePortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_infrastructure_count" in counters:
            values["kor_infrastructure_count"] = len(self._get_kor_infrastructure())
        return values

    def _get_kor_infrastructure(self):
        """Return the infrastructure of the visitor's contracts as superuser.

        Customers have no rights on it: what the page does not show, such as reasons and checks, is for staff.
        """
        contracts = request.env["kor.contract"]
        if not contracts.has_access("read"):
            return request.env["kor.infrastructure"].sudo()  # empty
        partner = request.env.user.partner_id.commercial_partner_id
        # Rules choose the contracts; the domain keeps staff who look at their portal from seeing all.
        own = contracts.search([("partner_id", "in", partner._get_kor_family_ids()), ("state", "!=", "draft")])
        infrastructures_sudo = request.env["kor.infrastructure"].sudo()  # as said above
        return infrastructures_sudo.search(
            [("contract_id", "in", own.ids), ("state", "!=", "retired")], order="contract_id, environment, id"
        )

    @route(["/my/infrastructure"], type="http", auth="user", website=True, readonly=True)
    def portal_my_kor_infrastructure(self, **_kwargs):
        """Show the customer's infrastructure: where it runs, how it is, and what is used of it."""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "kor_infrastructure",
            "infrastructures": self._get_kor_infrastructure(),
            "levels": {
                "planned": "secondary",
                "provisioning": "info",
                "running": "success",
                "degraded": "warning",
                "down": "danger",
            },
        }
        return request.render("kor_integrations.kor_infrastructure_page", values)
