from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

REPORT = "kor_contracts.action_report_kor_contract"


class KorContractPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_contract_count" in counters:
            contracts = request.env["kor.contract"]
            domain = self._get_kor_contracts_domain()
            values["kor_contract_count"] = contracts.search_count(domain) if contracts.has_access("read") else 0
        return values

    def _get_kor_contracts_domain(self):
        """Return the contracts of the list: the user's own ones, also where staff look at their portal."""
        partner = request.env.user.partner_id.commercial_partner_id
        return [("partner_id", "in", partner._get_kor_family_ids()), ("state", "!=", "draft")]

    def _get_kor_contract_sortings(self):
        return {
            "date": {"label": request.env._("Newest"), "order": "date_start desc, id desc"},
            "name": {"label": request.env._("Number"), "order": "name, id"},
            "end": {"label": request.env._("Ending first"), "order": "date_end_effective, id"},
            "state": {"label": request.env._("Status"), "order": "state, date_start desc, id desc"},
        }

    def _get_kor_contract(self, contract_id, access_token):
        """Return the contract as superuser, or raise AccessError or MissingError.

        A token opens what has been agreed; a draft is for those only who may read it themselves.
        """
        contract_sudo = self._document_check_access("kor.contract", contract_id, access_token)
        if contract_sudo.state == "draft":
            request.env["kor.contract"].browse(contract_id).check_access("read")
        return contract_sudo

    @route(["/my/contracts", "/my/contracts/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def portal_my_kor_contracts(self, page=1, sortby=None, **_kwargs):
        """List the customer's contracts."""
        contracts = request.env["kor.contract"]
        if not contracts.has_access("read"):
            return request.redirect("/my")
        sortings = self._get_kor_contract_sortings()
        sortby = sortby if sortby in sortings else "date"
        domain = self._get_kor_contracts_domain()
        pager = portal_pager(
            url="/my/contracts",
            url_args={"sortby": sortby},
            total=contracts.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = contracts.search(
            domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
        )
        values = {
            **self._prepare_portal_layout_values(),
            "contracts": found.sudo(),  # the tier's name is beyond the customer's rights; the rules chose the records
            "page_name": "kor_contracts",
            "pager": pager,
            "default_url": "/my/contracts",
            "searchbar_sortings": sortings,
            "sortby": sortby,
        }
        return request.render("kor_contracts.kor_contract_portal_list", values)

    def _prepare_kor_contract_values(self, contract_sudo):
        """Return what the contract's page shows. Extensible."""
        return contract_sudo._get_portal_values()

    @route(["/my/contracts/<int:contract_id>"], type="http", auth="public", website=True, readonly=True)
    def portal_my_kor_contract(self, contract_id, access_token=None, report_type=None, download=False, **kwargs):
        """Show one contract, or its PDF."""
        try:
            contract_sudo = self._get_kor_contract(contract_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            return self._show_report(
                model=contract_sudo, report_type=report_type, report_ref=REPORT, download=bool(download)
            )
        values = {
            **self._prepare_kor_contract_values(contract_sudo),
            "page_name": "kor_contract",
            "pdf_url": contract_sudo._get_portal_page_url(access_token, report_type="pdf", download="true"),
        }
        # No history: the links to neighbours would give each of them a token, and reading must not write.
        values = self._get_page_view_values(contract_sudo, access_token, values, "", False, **kwargs)
        return request.render("kor_contracts.kor_contract_portal_page", values)
