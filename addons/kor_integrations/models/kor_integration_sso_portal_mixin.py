from odoo import api, models
from odoo.exceptions import AccessError

# As many as a page shows.
PEOPLE = 500


class KorIntegrationSsoPortalMixin(models.AbstractModel):
    """What customers see of their single sign-on, and enter about it."""

    _name = "kor.integration.sso.portal.mixin"
    _description = "Single Sign-on in the Portal"

    @api.model
    def _get_portal_kinds(self, contract):
        kinds = super()._get_portal_kinds(contract)
        return [*kinds, "sso"] if contract.sudo()._includes_integration("sso") else kinds  # no secret

    @api.model
    def _read_portal_form_sso(self, form):
        return {**self._read_sso_form(form), "domains": (form.get("domains") or "").replace(",", " ").split()}

    @api.model
    def _read_sso_form(self, form):
        """Return settings from a form; a secret that is left empty stays what it is."""
        settings = {name: form.get(name) or "" for name in ("issuer", "client_id")}
        if form.get("client_secret"):
            settings["client_secret"] = form["client_secret"]
        for name in ("provisioning", "sso_only", "trusts_email"):
            settings[name] = bool(form.get(name))
        return settings

    def _get_kor_integration_page_values(self):
        values = super()._get_kor_integration_page_values()
        return {**values, "sso": self._get_sso_portal_values()} if self.kind == "sso" else values

    def _get_sso_portal_values(self):
        """Return what a portal page may show of it, as plain values."""
        if not (self.env.su or self.env.user._is_internal() or self._is_own_of_portal_user()):
            raise AccessError(self.env._("Only the customer and we look at the people of a single sign-on."))
        integration_sudo = self.sudo()  # nothing secret is among it
        return {
            "issuer": integration_sudo.sso_issuer or "",
            "client_id": integration_sudo.sso_client_id or "",
            "has_secret": integration_sudo.sso_has_secret,
            "provisioning": integration_sudo.sso_provisioning,
            "sso_only": integration_sudo.sso_only,
            "trusts_email": integration_sudo.sso_trusts_email,
            "login_url": integration_sudo.sso_login_url or "",
            "redirect_url": integration_sudo.sso_redirect_url or "",
            "logout_url": integration_sudo.sso_logout_url or "",
            "domains": [
                {"name": one.name, "verified": one.state == "verified", "url": one.url, "content": one.token}
                for one in integration_sudo.sso_domain_ids
            ],
            "people": [
                {"id": one.id, "name": one.name, "login": one.login, "active": one.active}
                for one in integration_sudo._get_sso_users()[:PEOPLE]
            ],
        }
