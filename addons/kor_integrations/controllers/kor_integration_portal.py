from odoo.exceptions import AccessError, UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

MESSAGE = "kor_integration_message"


class KorIntegrationPortal(CustomerPortal):
    """The customer's own integrations. What may be done is decided by the models, as the customer."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_integration_count" in counters:
            # Where one can be made the card is there before the first: that is where it is made.
            found = self._get_own_kor_integrations()
            values["kor_integration_count"] = len(found) or len(self._get_kor_choices())
        return values

    def _get_kor_integrations_domain(self):
        """Return the integrations of the list: the user's own ones, also where staff look at their portal."""
        partner = request.env.user.partner_id.commercial_partner_id
        return [("partner_id", "in", partner._get_kor_family_ids())]

    def _get_own_kor_integrations(self, domain=(), **options):
        integrations = request.env["kor.integration"]
        if not integrations.has_access("read"):
            return integrations
        return integrations.search([*self._get_kor_integrations_domain(), *domain], **options)

    def _get_kor_choices(self):
        """Return triples of contract, kind and its label, of which the customer can make an integration."""
        contracts = request.env["kor.contract"]
        if not (request.env.user._is_portal() and contracts.has_access("read")):
            return []
        partner = request.env.user.partner_id.commercial_partner_id
        running = contracts.search(
            [("partner_id", "in", partner._get_kor_family_ids()), ("state", "in", ("active", "paused"))]
        )
        integrations = request.env["kor.integration"]
        return [
            (contract, kind, integrations._get_kind_label(kind))
            for contract in running.sudo()  # the rules chose them; what they include is beyond the customer's rights
            for kind in integrations._get_portal_kinds(contract)
        ]

    @route(["/my/integrations", "/my/integrations/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_kor_integrations(self, page=1, **_kwargs):
        """List the customer's integrations."""
        total = len(self._get_own_kor_integrations())
        pager = portal_pager(url="/my/integrations", total=total, page=page, step=self._items_per_page)
        found = self._get_own_kor_integrations(limit=self._items_per_page, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "integrations": found.sudo(),  # the contract's and the tier's names; the rules chose the records
            "can_add": bool(self._get_kor_choices()),
            "message": request.session.pop(MESSAGE, None),
            "page_name": "kor_integrations",
            "pager": pager,
            "default_url": "/my/integrations",
        }
        return request.render("kor_integrations.kor_integration_portal_list", values)

    @route(["/my/integrations/new"], type="http", auth="user", website=True, methods=["GET", "POST"])
    def portal_kor_integration_new(self, contract="", kind="", **given):
        """Show what can be connected, the form of one kind, and make it."""
        choices = self._get_kor_choices()
        chosen = [one for one in choices if (str(one[0].id), one[1]) == (contract, kind)]
        problem = ""
        if chosen and request.httprequest.method == "POST":
            try:
                with request.env.cr.savepoint():
                    integration_id = self._create_kor_integration(*chosen[0][:2])
                return request.redirect(f"/my/integrations/{integration_id}")
            except (UserError, AccessError) as error:
                problem = str(error)
        return self._render_new_kor_integration(choices, chosen[0] if chosen else None, problem, given)

    def _render_new_kor_integration(self, choices, chosen, problem, given):
        integrations = request.env["kor.integration"]
        scopes = request.env["kor.integration.scope"].sudo().search([])  # customers choose of what there is
        form = request.httprequest.form
        values = {
            **self._prepare_portal_layout_values(),
            "choices": [(*one, integrations._get_kind_description(one[1])) for one in choices],
            "chosen": chosen,
            "kind": chosen[1] if chosen else "",
            "scopes": scopes._allowed_by(chosen[0]) if chosen else scopes,
            "ticked": form.getlist("scopes") if form else scopes.filtered("is_default").mapped("code"),
            "given": {name: text for name, text in given.items() if isinstance(text, str)},
            "problem": problem,
            "page_name": "kor_integration_new",
        }
        return request.render("kor_integrations.kor_integration_portal_new", values)

    def _create_kor_integration(self, contract_sudo, kind):
        form = request.httprequest.form
        contract = request.env["kor.contract"].browse(contract_sudo.id)
        integrations = request.env["kor.integration"]
        integration_id = contract.create_integration(
            {
                "kind": kind,
                "name": form.get("name") or "",
                "owner": request.env.user.partner_id.id,
                **integrations._read_portal_form(kind, form),
            }
        )
        integration = integrations.browse(integration_id)
        if integration._runs_at_once():
            integration.manage_integration("activate")
        return integration_id

    @route(["/my/integrations/<int:integration_id>"], type="http", auth="user", website=True)
    def portal_my_kor_integration(self, integration_id, **_kwargs):
        """Show one integration: how it works, its log, and what can be done with it."""
        integration = self._get_own_kor_integrations([("id", "=", integration_id)])
        if not integration:
            return request.redirect("/my/integrations")
        return self._render_kor_integration(integration)

    def _render_kor_integration(self, integration, issued=None):
        """Return the page; with a key that was just issued, which is on no other page and in no cache."""
        integration_sudo = integration.sudo()  # the rules chose it, and the page shows what is the customer's
        values = {
            **self._prepare_portal_layout_values(),
            **integration_sudo._get_kor_integration_page_values(),
            "can_manage": integration._is_own_of_portal_user() and integration.is_self_service,
            "issued": issued,
            "message": request.session.pop(MESSAGE, None),
            "page_name": "kor_integration",
        }
        response = request.render("kor_integrations.kor_integration_portal_page", values)
        response.headers["Cache-Control"] = "no-store"
        return response

    @route(
        ["/my/integrations/<int:integration_id>/<any(activate,resume,pause,test,rotate,retire):action>"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_integration_act(self, integration_id, action, **_kwargs):
        """Do what the customer wants with the own integration."""

        def act(integration):
            integration.manage_integration(action)
            if action == "test":
                last = integration._get_last_log()
                self._tell_kor(last.name, "danger" if last.level == "error" else "success")

        return self._act_kor_integration(integration_id, act)

    @route(["/my/integrations/<int:integration_id>/scopes"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_integration_scopes(self, integration_id, **_kwargs):
        """Choose what keys can be allowed to do."""
        codes = request.httprequest.form.getlist("scopes")
        return self._act_kor_integration(integration_id, lambda integration: integration.set_scopes(codes) and None)

    @route(["/my/integrations/<int:integration_id>/keys"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_key_issue(self, integration_id, name="", expires="", **_kwargs):
        """Issue a key and show it once."""
        codes = request.httprequest.form.getlist("scopes")
        values = {"name": name, "scopes": codes, "expires": expires}
        return self._act_kor_integration(integration_id, lambda integration: integration.issue_key(values))

    @route(
        ["/my/integrations/<int:integration_id>/keys/<int:key_id>/<any(rotate,collect,revoke):action>"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_key_act(self, integration_id, key_id, action, **_kwargs):
        """Replace, show or revoke a key."""

        def act(integration):
            key = integration.key_ids.filtered(lambda one: one.id == key_id)
            if not key:
                raise UserError(request.env._("This key is none of the integration."))
            done = {"rotate": key.rotate, "collect": key.collect_key, "revoke": key.revoke}[action]()
            return done if isinstance(done, dict) else None

        return self._act_kor_integration(integration_id, act)

    def _tell_kor(self, text, kind="danger"):
        request.session[MESSAGE] = {"text": text, "kind": kind}

    def _act_kor_integration(self, integration_id, act):
        """Do something with the own integration, whole or not at all, and show it again.

        :param act: a function of the integration; a key that it returns is shown, on this answer only
        """
        integration = self._get_own_kor_integrations([("id", "=", integration_id)])
        if not integration:
            return request.redirect("/my/integrations")
        try:
            with request.env.cr.savepoint():
                issued = act(integration)
        except (UserError, AccessError) as error:
            self._tell_kor(str(error))
            issued = None
        if issued:
            return self._render_kor_integration(integration, issued)
        return request.redirect(f"/my/integrations/{integration_id}")
