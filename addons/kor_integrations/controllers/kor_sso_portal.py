from odoo.http import request, route

from .kor_integration_portal import KorIntegrationPortal


class KorSsoPortal(KorIntegrationPortal):
    """The customer's administrator sets up the single sign-on. The models decide who that is."""

    @route(["/my/integrations/<int:integration_id>/sso"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_sso_set(self, integration_id, **_kwargs):
        """Change issuer, client and settings."""

        def act(integration):
            integration.configure_sso(integration._read_sso_form(request.httprequest.form))
            self._tell_kor(request.env._("Saved."), "success")

        return self._act_kor_integration(integration_id, act)

    @route(
        ["/my/integrations/<int:integration_id>/sso/domains"], type="http", auth="user", methods=["POST"], website=True
    )
    def portal_kor_sso_domain(self, integration_id, domain="", action="", **_kwargs):
        """Add a domain, look for its file, or take it away."""

        def act(integration):
            names = [one["name"] for one in integration._get_sso_portal_values()["domains"]]
            if action == "add":
                integration.configure_sso({"domains": [*names, domain]})
            elif action == "remove":
                integration.configure_sso({"domains": [name for name in names if name != domain]})
            else:
                found = integration.verify_domain(domain)
                self._tell_kor(found["message"], "success" if found["verified"] else "warning")

        return self._act_kor_integration(integration_id, act)

    @route(
        ["/my/integrations/<int:integration_id>/sso/people"], type="http", auth="user", methods=["POST"], website=True
    )
    def portal_kor_sso_person(self, integration_id, email="", **_kwargs):
        """Deactivate somebody who has left."""

        def act(integration):
            integration.deprovision(email)
            self._tell_kor(request.env._("The user is deactivated, with all sessions and API keys."), "success")

        return self._act_kor_integration(integration_id, act)
