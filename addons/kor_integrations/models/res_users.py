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
        users_sudo = self.sudo()  # what they have opened ends, whoever deactivates them
        by_integration = users_sudo.grouped(lambda user: user.oauth_provider_id.kor_integration_ids[:1])
        for integration, users in by_integration.items():
            if integration:
                integration._revoke_people(users, self.env._("deactivated by %(user)s", user=self.env.user.name))

    def action_kor_deprovision(self):
        """Deactivate people who log in with their company, with their sessions and API keys.

        :return: True
        """
        self.check_access("read")
        for user_sudo in self.sudo():  # the integration says who may
            integration = user_sudo.oauth_provider_id.kor_integration_ids[:1].sudo(False)
            if not integration:
                raise UserError(
                    self.env._("Who does not log in with a company is deactivated in the settings of users.")
                )
            integration.deprovision(user_sudo.login)
        return True

    @api.model
    def _auth_oauth_validate(self, provider, access_token):
        # Natively, a token says who somebody is, whichever client it was made for. Providers of customers speak by the
        # code flow only. The number comes from the address bar: as text it would find the provider's users as well.
        if not isinstance(provider, int) or isinstance(provider, bool):
            raise AccessDenied()
        if self.env["auth.oauth.provider"].sudo().browse(provider).kor_integration_ids:  # only whether there is one
            raise AccessDenied()
        return super()._auth_oauth_validate(provider, access_token)

    def _check_credentials(self, credential, env):
        info = super()._check_credentials(credential, env)
        provider = self.env.user.sudo().oauth_provider_id  # the user's own
        method = info.get("auth_method")
        is_sso = method == "oauth" and provider.kor_integration_ids
        if method != "apikey" and not is_sso and self.env.user._get_sso_only():
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
        provider = user_sudo.oauth_provider_id
        meant = found.filtered(
            lambda one: (provider and provider == one.sso_provider_id) or domains & one._get_verified_domains()
        )
        return meant.filtered(lambda one: one._is_open())[:1]

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
