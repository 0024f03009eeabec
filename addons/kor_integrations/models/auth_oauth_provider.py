from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    kor_integration_ids = fields.One2many("kor.integration", "sso_provider_id", string="Single Sign-on")

    @api.constrains("enabled", "kor_integration_ids")
    def _check_not_for_all(self):
        # Natively, who is enabled is offered to everybody and may speak for everybody.
        for provider in self:
            if provider.enabled and provider.sudo().kor_integration_ids:  # whether there is one, no more
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is the provider of one customer: their people find it by their e-mail address. It "
                        "cannot be allowed for all.",
                        name=provider.name,
                    )
                )
