from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.kor_contracts.controllers.kor_contract_portal import KorContractPortal
from odoo.addons.kor_enterprise_tiers.tools import parse_day


class KorUsagePortal(KorContractPortal):
    @route(["/my/contracts/<int:contract_id>/usage"], type="http", auth="public", website=True, readonly=True)
    def portal_my_kor_contract_usage(self, contract_id, access_token=None, month=None, **_kwargs):
        """Show the use of a contract day by day: of the running month, or of the one around the given day."""
        try:
            contract_sudo = self._get_kor_contract(contract_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            **self._prepare_portal_layout_values(),
            **self._get_kor_usage_values(contract_sudo, parse_day(month)),
            "page_name": "kor_contract_usage",
            "access_token": access_token,
        }
        return request.render("kor_usage.kor_usage_portal_page", values)

    def _get_kor_usage_values(self, contract_sudo, day):
        """Return what the page shows of the month around a day, of the running one without a day. Extensible."""
        return contract_sudo._get_usage_page_values(day)
