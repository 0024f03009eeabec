from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.kor_enterprise_tiers.tools import is_picture
from odoo.addons.sale_management.controllers.portal import CustomerPortal


class KorProposalPortal(CustomerPortal):
    """Say why a proposal cannot be signed, where the native page would only say that it cannot."""

    @route()
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        token = access_token or request.httprequest.args.get("access_token")
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token=token)
        except (AccessError, MissingError):
            return {"error": request.env._("Invalid order.")}
        problem = order_sudo._kor_find_sign_problem()
        if not problem and signature and not is_picture(signature):
            problem = request.env._("The signature cannot be read. Sign again.")
        if problem:
            return {"error": problem}
        return super().portal_quote_accept(order_id, access_token=access_token, name=name, signature=signature)
