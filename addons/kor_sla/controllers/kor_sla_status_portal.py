from odoo.http import request, route

from odoo.addons.kor_contracts.controllers.kor_contract_portal import KorContractPortal


class KorSlaStatusPortal(KorContractPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_status_count" in counters:
            contracts = request.env["kor.contract"]
            domain = self._get_kor_status_domain()
            values["kor_status_count"] = contracts.search_count(domain) if contracts.has_access("read") else 0
        return values

    def _get_kor_status_domain(self):
        """Return the contracts that have a status page: those of the customer that run or have run."""
        return [*self._get_kor_contracts_domain(), ("date_activated", "!=", False)]

    @route(["/my/status"], type="http", auth="user", website=True, readonly=True)
    def portal_my_kor_status(self, contract=None, **_kwargs):
        """Show how the services of one of the customer's contracts are, and were."""
        contracts = request.env["kor.contract"]
        if not contracts.has_access("read"):
            return request.redirect("/my")
        contracts = contracts.search(self._get_kor_status_domain(), order="state, date_start desc, id desc")
        chosen = contracts.filtered(lambda one: str(one.id) == contract) or contracts[:1]
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "kor_status",
            "contracts": contracts,
            "contract": chosen,
            **(self._get_kor_status_values(chosen) if chosen else {}),
        }
        return request.render("kor_sla.kor_sla_status_page", values)

    def _get_kor_status_values(self, contract):
        """Return what the page shows of a contract that the visitor may read. Extensible."""
        return contract.sudo()._get_status_values()  # rules chose the contract; customers read no outages
