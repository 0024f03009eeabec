from odoo import api, models
from odoo.exceptions import AccessDenied, UserError

from .kor_integration_state_mixin import RUNNING


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        leaving = self.browse()
        if "active" in vals and not vals["active"]:
            leaving = self.filtered("active")
        result = super().write(vals)
        if leaving:
            leaving._end_sso()
        return result

    def _end_sso(self):
        """End what was opened by a customer's single sign-on: sessions, and API keys."""
        for integration, users in self.sudo().grouped(  # what they have opened ends, whoever deactivates them
            lambda user: user.oauth_provider_id.kor_integration_ids[:1]
        ).items():
            if integration:
                integration._revoke_people(users, self.env._("deactivated by %(user)s", user=self.env.user.name))

    @api.model
    def _auth_oauth_validate(self, provider, access_token):
        # Natively, a token says who somebody is, whichever client it was made for. Providers of customers speak by the
        # code flow only. The number comes from the address bar: as text it would find the provider's users all the same.
        if not isinstance(provider, int) or isinstance(provider, bool):
            raise AccessDenied()
        if self.env["auth.oauth.provider"].sudo().browse(provider).kor_integration_ids:  # only whether there is one
            raise AccessDenied()
        return super()._auth_oauth_validate(provider, access_token)

    def _check_credentials(self, credential, env):
        info = super()._check_credentials(credential, env)
        method = info.get("auth_method")
        if method == "apikey" or (method == "oauth" and self.env.user.sudo().oauth_provider_id.kor_integration_ids):  # own
            return info
        if self.env.user._get_sso_only():
            raise AccessDenied()
        return info

    def _get_sso_only(self):
        """Return the running single sign-on by which alone the user logs in, empty where there is none."""
        self.ensure_one()
        integrations_sudo = self.env["kor.integration"].sudo()  # nobody is logged in yet
        if not self.share or not self.partner_id:
            return integrations_sudo
        user_sudo = self.sudo()  # likewise
        found = integrations_sudo.search(
            [
                ("kind", "=", "sso"),
                ("sso_only", "=", True),
                ("state", "in", RUNNING),
                ("partner_id.commercial_partner_id", "=", user_sudo.partner_id.commercial_partner_id.id),
            ]
        )
        domains = {(text or "").lower().rpartition("@")[2] for text in (user_sudo.login, user_sudo.email_normalized)}
        return found.filtered(
            lambda one: (user_sudo.oauth_provider_id == one.sso_provider_id or domains & one._get_verified_domains())
            and one._is_open()
        )[:1]

    def _action_reset_password(self, signup_type="reset"):
        for user in self:
            user._check_has_password()
        return super()._action_reset_password(signup_type=signup_type)

    def _check_has_password(self):
        if self._get_sso_only():
            raise UserError(
                self.env._("%(login)s logs in with the company, and has no password here.", login=self.login)
            )

    @api.model
    def signup(self, values, token=None):
        partner = self.env["res.partner"].sudo()._signup_retrieve_partner(token) if token else None  # the invited one
        if partner and partner.user_ids:
            partner.user_ids[0]._check_has_password()
        elif not token and self.env["kor.integration"]._find_sso(values.get("login")):
            # Whoever took the address first would keep its owner out.
            raise UserError(self.env._("People with this address log in with their company."))
        return super().signup(values, token=token)
