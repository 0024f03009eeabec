from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.kor_counter_offer_terms import AREA_TERMS, LINE_TERMS

AREAS = ("terms", "sla", "support", "features")


class KorNegotiationPortal(CustomerPortal):
    """What customers see of a negotiation, and their moves in it. The model decides what is allowed."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_negotiation_count" in counters:
            negotiations = request.env["kor.negotiation"]
            domain = self._get_kor_negotiations_domain()
            readable = negotiations.has_access("read")
            values["kor_negotiation_count"] = negotiations.search_count(domain) if readable else 0
        return values

    def _get_kor_negotiations_domain(self):
        """Return the negotiations of the list: the user's own ones, also where staff look at their portal."""
        partner = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "in", partner._get_kor_family_ids()) & Domain("round_count", ">", 0)

    @route(["/my/negotiations", "/my/negotiations/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_kor_negotiations(self, page=1, **_kwargs):
        """List the customer's negotiations."""
        negotiations = request.env["kor.negotiation"]
        if not negotiations.has_access("read"):
            return request.redirect("/my")
        domain = self._get_kor_negotiations_domain()
        pager = portal_pager(
            url="/my/negotiations",
            total=negotiations.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = negotiations.search(domain, limit=self._items_per_page, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "negotiations": found.sudo(),  # the proposal's name may be beyond their rights; the rules chose the records
            "page_name": "kor_negotiations",
            "pager": pager,
            "default_url": "/my/negotiations",
        }
        return request.render("kor_sales_pipeline.kor_negotiation_portal_list", values)

    @route(["/my/negotiations/<int:negotiation_id>"], type="http", auth="public", website=True)
    def portal_my_kor_negotiation(self, negotiation_id, access_token=None, **kwargs):
        """Show one negotiation: its rounds, and what can be asked for now."""
        try:
            negotiation_sudo = self._document_check_access("kor.negotiation", negotiation_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._render_kor_negotiation(negotiation_sudo, access_token, **kwargs)

    def _render_kor_negotiation(self, negotiation_sudo, access_token, problem="", given=None, **kwargs):
        """Return the page, with what was refused and what had been entered."""
        values = {
            **negotiation_sudo._get_portal_values(),
            "page_name": "kor_negotiation",
            "access_token_query": f"?access_token={access_token}" if access_token else "",
            "problem": problem,
            "given": given or {},
        }
        values = self._get_page_view_values(negotiation_sudo, access_token, values, "", False, **kwargs)
        return request.render("kor_sales_pipeline.kor_negotiation_portal_page", values)

    def _move_kor_negotiation(self, negotiation_id, access_token, move, given=None):
        """Do what the customer chose, whole or not at all, and show the negotiation; a move may lead elsewhere.

        :param move: a function of the negotiation and the acting partner, which may return an address
        """
        try:
            negotiation_sudo = self._document_check_access("kor.negotiation", negotiation_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        user = request.env.user
        partner = negotiation_sudo.partner_id if user._is_public() else user.partner_id
        try:
            with request.env.cr.savepoint():
                url = move(negotiation_sudo, partner)
        except UserError as error:
            return self._render_kor_negotiation(negotiation_sudo, access_token, str(error), given)
        query = f"?access_token={access_token}" if access_token else ""
        return request.redirect(url or f"/my/negotiations/{negotiation_id}{query}#kor_history")

    @route(
        ["/my/negotiations/<int:negotiation_id>/counter"], type="http", auth="public", methods=["POST"], website=True
    )
    def portal_kor_counter(self, negotiation_id, access_token=None, **post):
        """Make counter-offers, of all values that differ from the proposal."""
        post["features"] = request.httprequest.form.getlist("features_features")

        def counter(negotiation_sudo, partner):
            negotiation_sudo._counter(self._get_kor_offers(negotiation_sudo, post), partner, from_form=True)

        return self._move_kor_negotiation(negotiation_id, access_token, counter, given=post)

    def _get_kor_offers(self, negotiation_sudo, post):
        """Return the form as plain counter-offers: one per line, one per area."""
        offers = []
        for line in negotiation_sudo.order_id._kor_negotiable_lines():
            prefix = f"line_{line.id}_"
            offer = {name: post[prefix + name] for name in LINE_TERMS if post.get(prefix + name)}
            offers.append({"area": "pricing", "line": line.id, "reason": post.get(f"{prefix}reason"), **offer})
        for area in AREAS:
            offer = {name: post[f"{area}_{name}"] for name in AREA_TERMS[area] if post.get(f"{area}_{name}")}
            if area == "features":
                offer["features"] = post["features"]
            offers.append({"area": area, "reason": post.get(f"{area}_reason"), **offer})
        return offers

    @route(
        ["/my/negotiations/<int:negotiation_id>/withdraw"], type="http", auth="public", methods=["POST"], website=True
    )
    def portal_kor_withdraw(self, negotiation_id, offer=None, access_token=None, **_post):
        """Take one counter-offer back."""
        chosen = [int(offer)] if str(offer).isdecimal() else []
        return self._move_kor_negotiation(
            negotiation_id, access_token, lambda negotiation_sudo, partner: negotiation_sudo._withdraw(chosen, partner)
        )

    @route(["/my/negotiations/<int:negotiation_id>/accept"], type="http", auth="public", methods=["POST"], website=True)
    def portal_kor_accept(self, negotiation_id, order=None, access_token=None, **_post):
        """Accept the version that the customer was looking at, and go to its signature."""

        def accept(negotiation_sudo, partner):
            if str(negotiation_sudo.order_id.id) != str(order):
                raise UserError(request.env._("There is a newer proposal: look at it before you accept."))
            return negotiation_sudo._agree(partner).get_portal_url()

        return self._move_kor_negotiation(negotiation_id, access_token, accept)

    @route(["/my/orders/<int:order_id>/negotiate"], type="http", auth="public", methods=["POST"], website=True)
    def portal_kor_negotiate(self, order_id, access_token=None, **_post):
        """Go from a proposal to its negotiation, which begins where there is none."""
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            negotiation_sudo = order_sudo._kor_get_portal_negotiation()
        except UserError:
            return request.redirect(order_sudo.get_portal_url())
        return request.redirect(negotiation_sudo.get_portal_url())
