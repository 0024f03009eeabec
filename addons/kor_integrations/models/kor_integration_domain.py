import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import consteq

from ..engine.oidc import read_domain
from ..tools import guarded_http

# Anybody has an address there: none of them is a company's.
PUBLIC_DOMAINS = frozenset(
    "aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mail.com "
    "mail.ru me.com msn.com outlook.com proton.me protonmail.com qq.com t-online.de web.de yahoo.com yandex.com "
    "ymail.com zoho.com".split()
)
UNPROVEN = {"state": "open", "date_verified": False, "verified_by": False}
PATH = "/.well-known/kor-verification.txt"


class KorIntegrationDomain(models.Model):
    """A domain of e-mail addresses whose people log in by a customer's provider, once it is proven to be theirs."""

    _name = "kor.integration.domain"
    _inherit = "kor.input.mixin"
    _description = "Domain of a Single Sign-on"
    _order = "integration_id, name"
    _check_company_auto = True

    name = fields.Char(string="Domain", required=True, help="What stands behind the @ of their e-mail addresses.")
    integration_id = fields.Many2one("kor.integration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="integration_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("open", "Not proven"), ("verified", "Verified")],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        help="Nobody logs in by a domain that is not verified.",
    )
    token = fields.Char(
        string="Content of the File",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: f"kor-verification={secrets.token_hex(20)}",
    )
    url = fields.Char(string="Address of the File", compute="_compute_url")
    date_verified = fields.Datetime(readonly=True, copy=False)
    verified_by = fields.Char(readonly=True, copy=False, help="Who confirmed it, or the file that proves it.")

    _verified_unique = models.UniqueIndex(
        "(name) WHERE state = 'verified'", "This domain is verified for another single sign-on already."
    )
    _name_unique = models.UniqueIndex("(integration_id, name)", "This domain is there already.")

    @api.depends("name")
    def _compute_url(self):
        for domain in self:
            domain.url = f"https://{domain.name}{PATH}" if domain.name else False

    @api.constrains("name")
    def _check_name(self):
        for domain in self:
            if read_domain(domain.name) != domain.name:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is no domain: enter what stands behind the @, such as “harbour.example”.",
                        name=domain.name,
                    )
                )
            if domain.name in PUBLIC_DOMAINS:
                raise ValidationError(
                    self.env._(
                        "Anybody can have an address at %(name)s: enter a domain of the customer's own.",
                        name=domain.name,
                    )
                )

    @api.constrains("integration_id")
    def _check_kind(self):
        for domain in self:
            if domain.integration_id.kind != "sso":
                raise ValidationError(self.env._("“%(name)s” is no single sign-on.", name=domain.integration_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_own_fields(vals_list)
        # Given for each of them, as defaults in the context come from whoever calls, also where we write for them.
        make_token = self._fields["token"].default
        return super().create([{**self._clean(vals), **UNPROVEN, "token": make_token(self)} for vals in vals_list])

    def write(self, vals):
        self._check_own_fields([vals])
        losing = self.env["kor.integration"]
        if "name" in vals or "integration_id" in vals:
            # What was proven was another domain, or another customer's.
            vals = {**self._clean(vals), **UNPROVEN}
            losing = self._get_verified().integration_id
        result = super().write(vals)
        losing._revoke_unproven()
        return result

    def unlink(self):
        losing = self._get_verified().integration_id
        result = super().unlink()
        losing._revoke_unproven()
        return result

    def _get_verified(self):
        return self.filtered(lambda one: one.state == "verified")

    @api.model
    def _check_own_fields(self, vals_list):
        if not self.env.su and {name for vals in vals_list for name in vals} - {"name", "integration_id"}:
            raise AccessError(self.env._("Only a proof verifies a domain: look for its file, or confirm it."))

    @api.model
    def _clean(self, vals):
        """Return the values with the domain as it stands in addresses."""
        name = read_domain(vals.get("name"))
        return {**vals, "name": name} if name else vals

    def action_confirm(self):
        """Confirm that the domain is the customer's: whoever does has seen proof of it.

        :return: True
        """
        self.check_access("write")
        if not self.env.user.has_group("kor_integrations.group_kor_integration_manager"):
            raise AccessError(
                self.env._("Only administrators of KOR Enterprise › Integrations confirm domains without the file.")
            )
        for domain in self:
            domain._verify(self.env.user.name)
        return True

    def action_check(self):
        """Fetch the file that proves the domain and say what came of it.

        :return: a notification
        """
        self.ensure_one()
        self.integration_id._check_may_manage()
        good, message = self.sudo()._check_file()  # whoever may manage the integration may have it looked at
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": message,
                "type": "success" if good else "warning",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_withdraw(self):
        """Take the proof back: nobody logs in by the domain any more, and who has, is logged out.

        :return: True
        """
        self.check_access("write")
        for domain in self._get_verified():
            domain.sudo().write(UNPROVEN)  # not to be written by hand
            domain.integration_id._log("warning", self.env._("%(domain)s is not verified any more", domain=domain.name))
            domain.integration_id._revoke_unproven()
        return True

    def _check_file(self):
        """Return whether the domain is proven by its file, and a sentence about it."""
        self.ensure_one()
        if self.state == "verified":
            return True, self.env._("%(domain)s is verified.", domain=self.name)
        try:
            answer = guarded_http.request("GET", self.url, **self.integration_id._get_http_options())
        except (guarded_http.Refused, guarded_http.Failed) as error:
            return False, self.env._("%(url)s could not be fetched: %(error)s", url=self.url, error=error)
        text = answer.body.decode("utf-8", "replace").strip()
        if answer.status != 200 or not consteq(text.encode(), self.token.encode()):
            return False, self.env._(
                "%(url)s must contain “%(token)s” and nothing else; it answered with status %(status)s and something "
                "else.",
                url=self.url,
                token=self.token,
                status=answer.status,
            )
        self._verify(self.url)
        return True, self.env._("%(domain)s is verified.", domain=self.name)

    def _verify(self, how):
        self.ensure_one()
        if self.state == "verified":
            return
        self._check_free()
        self.sudo().write(  # not to be written by anybody but this
            {"state": "verified", "date_verified": fields.Datetime.now(), "verified_by": how}
        )
        self.integration_id._log("info", self.env._("%(domain)s is verified by %(how)s", domain=self.name, how=how))

    def _check_free(self):
        others_sudo = self.sudo().search(  # of all customers and companies: only that there is one is said
            [("name", "=", self.name), ("state", "=", "verified"), ("id", "!=", self.id)], limit=1
        )
        if others_sudo:
            raise UserError(
                self.env._(
                    "%(domain)s is verified for another single sign-on. Retire that one, or take the domain from it.",
                    domain=self.name,
                )
            )

    def _remove(self):
        """Delete domains that a customer does not want any more."""
        self._get_verified().action_withdraw()
        self.unlink()

    def _release(self):
        """Leave the domains to others, and keep them as a note of what was."""
        self.write(UNPROVEN)
