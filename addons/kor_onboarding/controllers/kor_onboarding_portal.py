from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.kor_onboarding_portal_mixin import FILE_BYTES

NOTE_LENGTH = 1000
NAME_LENGTH = 100


class KorOnboardingPortal(CustomerPortal):
    """The customer's own plan: what of it is shown, ticked off and signed is decided by the models."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_onboarding_count" in counters:
            onboardings = request.env["kor.onboarding"]
            domain = self._get_kor_onboardings_domain()
            values["kor_onboarding_count"] = onboardings.search_count(domain) if onboardings.has_access("read") else 0
        return values

    def _get_kor_onboardings_domain(self):
        """Return the onboardings of the list: the user's own ones, also where staff look at their portal."""
        partner = request.env.user.partner_id.commercial_partner_id
        return [("partner_id", "in", partner._get_kor_family_ids())]

    def _get_own_kor_onboarding(self, onboarding_id):
        """Return the customer's own onboarding as superuser, empty where it is not."""
        onboardings = request.env["kor.onboarding"]
        if not request.env.user._is_portal() or not onboardings.has_access("read"):
            return onboardings
        domain = [*self._get_kor_onboardings_domain(), ("id", "=", onboarding_id)]
        return onboardings.search(domain).sudo()  # the rules chose the record, and the models check what is written

    def _get_seen_kor_onboarding(self, onboarding_id):
        """Return what may be looked at: the own one, and any for staff who preview the customer's page."""
        found = request.env["kor.onboarding"].search([("id", "=", onboarding_id)])
        is_staff = found and request.env.user._is_internal()
        return found.sudo() if is_staff else self._get_own_kor_onboarding(onboarding_id)  # staff may read it anyway

    @route(["/my/onboarding", "/my/onboarding/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def portal_my_kor_onboardings(self, page=1, **_kwargs):
        """List the customer's onboardings; a single one is shown at once."""
        onboardings = request.env["kor.onboarding"]
        if not onboardings.has_access("read"):
            return request.redirect("/my")
        domain = self._get_kor_onboardings_domain()
        total = onboardings.search_count(domain)
        pager = portal_pager(url="/my/onboarding", total=total, page=page, step=self._items_per_page)
        found = onboardings.search(domain, order="id desc", limit=self._items_per_page, offset=pager["offset"])
        if total == 1:
            return request.redirect(f"/my/onboarding/{found.id}")
        values = {
            **self._prepare_portal_layout_values(),
            "onboardings": found.sudo(),  # its state is told in the customer's words; the rules chose the records
            "page_name": "kor_onboardings",
            "pager": pager,
            "default_url": "/my/onboarding",
        }
        return request.render("kor_onboarding.kor_onboarding_portal_list", values)

    @route(["/my/onboarding/<int:onboarding_id>"], type="http", auth="user", website=True, readonly=False)
    def portal_my_kor_onboarding(self, onboarding_id, **_kwargs):
        """Show one plan."""
        onboarding_sudo = self._get_seen_kor_onboarding(onboarding_id)
        if not onboarding_sudo:
            return request.redirect("/my")
        values = {
            **onboarding_sudo._get_portal_values(),
            "page_name": "kor_onboarding",
            "is_own": bool(self._get_own_kor_onboarding(onboarding_id)),
            "problem": request.session.pop("kor_onboarding_problem", ""),
        }
        # No history, as on the page of a contract: the links to neighbours would give each of them a token.
        values = self._get_page_view_values(onboarding_sudo, None, values, "", False)
        return request.render("kor_onboarding.kor_onboarding_portal_page", values)

    @route(
        ["/my/onboarding/<int:onboarding_id>/tasks/<int:task_id>/done"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_task_done(self, onboarding_id, task_id, note="", **_kwargs):
        """Tick off a task of the customer."""

        def complete(onboarding_sudo, partner):
            onboarding_sudo._complete_customer_task(task_id, partner, str(note)[:NOTE_LENGTH])

        return self._act_kor(onboarding_id, complete)

    @route(
        ["/my/onboarding/<int:onboarding_id>/tasks/<int:task_id>/files"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_task_files(self, onboarding_id, task_id, **_kwargs):
        """Take files that belong to a task of the customer."""
        uploads = request.httprequest.files.getlist("files")

        def add(onboarding_sudo, partner):
            files = [(one.filename, one.read(FILE_BYTES + 1)) for one in uploads]
            onboarding_sudo._add_customer_files(task_id, partner, files)

        return self._act_kor(onboarding_id, add)

    def _act_kor(self, onboarding_id, act):
        """Do what a customer wants on the own plan, whole or not at all, and show the plan again."""
        onboarding_sudo = self._get_own_kor_onboarding(onboarding_id)
        if not onboarding_sudo:
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                act(onboarding_sudo, request.env.user.partner_id)
        except UserError as error:
            request.session["kor_onboarding_problem"] = str(error)
        return request.redirect(f"/my/onboarding/{onboarding_id}")

    @route(["/my/onboarding/<int:onboarding_id>/steps/<int:step_id>/sign"], type="jsonrpc", auth="user", website=True)
    def portal_kor_step_sign(self, onboarding_id, step_id, name=None, signature=None):
        """Sign a step off."""
        onboarding_sudo = self._get_own_kor_onboarding(onboarding_id)
        if not onboarding_sudo:
            return {"error": request.env._("This plan is not yours to sign.")}
        who = name.strip()[:NAME_LENGTH] if isinstance(name, str) else ""
        if not who or not isinstance(signature, str) or not signature:
            return {"error": request.env._("Enter your name and sign.")}
        try:
            with request.env.cr.savepoint():
                onboarding_sudo._sign_step(step_id, who, signature)
        except UserError as error:
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": f"/my/onboarding/{onboarding_id}"}
