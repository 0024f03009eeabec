import re
import secrets

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine.oidc import LOGOUT_PATH, is_address, read_domain
from ..tools import addresses, guarded_http
from .kor_integration_sso_flow_mixin import LoginRefused
from .kor_integration_state_mixin import RUNNING

SPEC = ("issuer", "client_id", "client_secret", "domains", "provisioning", "sso_only", "trusts_email")
FLAGS = ("provisioning", "sso_only", "trusts_email")
TEXT_LENGTH = 500
DOMAIN_COUNT = 50


class KorIntegrationSsoMixin(models.AbstractModel):
    """The customer's people log in with what they have at work: what is set up, and by whom."""

    _name = "kor.integration.sso.mixin"
    _inherit = [
        "kor.integration.sso.portal.mixin",
        "kor.integration.sso.people.mixin",
        "kor.integration.sso.flow.mixin",
    ]
    _description = "Single Sign-on of the Customer's People"

    sso_slug = fields.Char(readonly=True, copy=False, groups="base.group_system", index="btree_not_null")
    sso_issuer = fields.Char(
        string="Issuer",
        tracking=True,
        help="The address of the customer's OpenID provider, to the last slash as the provider writes it, e.g. "
        "https://login.example.com/realms/harbour.",
    )
    sso_client_id = fields.Char(string="Client ID", tracking=True, help="What the provider calls us.")
    sso_client_secret = fields.Char(readonly=True, copy=False, groups="base.group_system")
    sso_secret_input = fields.Char(
        string="Client Secret",
        compute="_compute_sso_secret_input",
        inverse="_inverse_sso_secret_input",
        help="It is never shown again. Leave it empty to keep the one that is there.",
    )
    sso_has_secret = fields.Boolean(
        string="Secret Is Set",
        compute="_compute_sso_has_secret",
        compute_sudo=True,
        help="Without one, the provider must know us as a public client; PKCE is used either way.",
    )
    sso_domain_ids = fields.One2many("kor.integration.domain", "integration_id", string="Domains")
    sso_provisioning = fields.Boolean(
        string="New People Get a User",
        default=True,
        tracking=True,
        help="Who logs in for the first time gets a portal user. Otherwise only those log in who have one already.",
    )
    sso_only = fields.Boolean(
        string="No Passwords",
        tracking=True,
        help="Portal users of the customer whose address has one of the verified domains log in this way only, while "
        "it runs. Pause it, and passwords hold again.",
    )
    sso_trusts_email = fields.Boolean(
        string="Trust Unmarked Addresses",
        tracking=True,
        help="Some providers do not say whether an address is verified. Tick this where the customer assigns the "
        "addresses itself. An address that is marked as not verified is refused all the same.",
    )
    sso_provider_id = fields.Many2one(
        "auth.oauth.provider",
        readonly=True,
        copy=False,
        groups="base.group_system",
        index="btree_not_null",
        ondelete="restrict",
    )
    sso_login_url = fields.Char(string="Direct Link", compute="_compute_sso_urls", compute_sudo=True)
    sso_redirect_url = fields.Char(
        string="Redirect Address",
        compute="_compute_sso_urls",
        compute_sudo=True,
        help="To be entered at the provider, exactly like this.",
    )
    sso_logout_url = fields.Char(
        string="Back-channel Logout",
        compute="_compute_sso_urls",
        compute_sudo=True,
        help="To be entered at the provider, so that who is logged out there is logged out here.",
    )

    _sso_slug_unique = models.UniqueIndex("(sso_slug) WHERE sso_slug IS NOT NULL", "Another integration has this link.")

    def _compute_sso_secret_input(self):
        self.sso_secret_input = False

    def _inverse_sso_secret_input(self):
        for integration in self.filtered("sso_secret_input"):
            secret = integration.sso_secret_input.strip()
            integration.sudo().sso_client_secret = secret  # who may set it up may give it a secret, not read it
        # Else it would be read back with what was saved.
        self.invalidate_recordset(["sso_secret_input"], flush=False)

    @api.depends("sso_client_secret")
    def _compute_sso_has_secret(self):
        for integration in self:
            integration.sso_has_secret = bool(integration.sso_client_secret)

    @api.depends("sso_slug")
    def _compute_sso_urls(self):
        for integration in self:
            base = f"{integration.get_base_url()}/kor/sso/{integration.sso_slug}" if integration.sso_slug else ""
            integration.sso_login_url = base or False
            integration.sso_redirect_url = base and f"{base}/callback"
            integration.sso_logout_url = base and f"{base}{LOGOUT_PATH}"

    @api.constrains("sso_issuer")
    def _check_sso_issuer(self):
        allowed = addresses.Allowed.read(guarded_http.get_allowed(self.env))
        for integration in self.filtered("sso_issuer"):
            try:
                addresses.parse(integration.sso_issuer, False, allowed)
            except guarded_http.Refused as error:
                raise ValidationError(self.env._("Issuer: %(error)s", error=error)) from None
            if not is_address(integration.sso_issuer) or "?" in integration.sso_issuer:
                raise ValidationError(
                    self.env._(
                        "An issuer is an address without “?” and “#”, such as https://login.example.com/harbour, not "
                        "“%(issuer)s”.",
                        issuer=integration.sso_issuer,
                    )
                )

    @api.constrains("sso_issuer", "sso_client_id")
    def _check_sso_complete(self):
        for integration in self:
            if integration.kind == "sso" and integration.state in RUNNING:
                integration._check_sso_client()

    @api.model_create_multi
    def create(self, vals_list):
        # Defaults in the context come from whoever calls.
        context = {name: value for name, value in self.env.context.items() if not name.startswith("default_sso_")}
        cleared = self.with_context(context)  # pylint: disable=context-overridden
        integrations = super(KorIntegrationSsoMixin, cleared).create(vals_list).with_env(self.env)
        for integration in integrations.filtered(lambda one: one.kind == "sso"):
            integration_sudo = integration.sudo()  # written here only
            integration_sudo.sso_slug = integration._make_sso_slug()
            if not integration.owner_id and self.env.user._is_portal():
                integration_sudo.owner_id = self.env.user.partner_id
        return integrations

    def write(self, vals):
        changed = self.browse()
        if "sso_issuer" in vals:
            changed = self.filtered(lambda one: one.sso_issuer and one.sso_issuer != vals["sso_issuer"])
        before = {one: one.sso_only for one in self} if "sso_only" in vals else {}
        result = super().write(vals)
        if changed:
            changed._forget_sso_people()
        if any(one.sso_only != was for one, was in before.items()):
            # Passwords that were good a moment ago are remembered as such.
            self.env.registry.clear_cache()
        return result

    def _make_sso_slug(self):
        name = re.sub(r"[^a-z0-9]+", "-", (self.partner_id.name or "").lower()).strip("-")[:30]
        return f"{name or 'login'}-{secrets.token_hex(4)}"

    @api.model
    def _get_spec_names_sso(self):
        return SPEC

    @api.model
    def _read_spec_sso(self, contract, spec):
        values = self._read_sso_values(spec)
        values["sso_domain_ids"] = [
            Command.create({"name": domain}) for domain in self._read_sso_domains(spec.get("domains"))
        ]
        return values

    @api.model
    def _read_sso_values(self, spec):
        """Return the values of what is given of the issuer, the client and the settings."""
        values = {}
        for name in ("issuer", "client_id", "client_secret"):
            if name in spec:
                values[f"sso_{name}"] = self._read_spec_text(spec, name, TEXT_LENGTH) or False
        for name in FLAGS:
            if name in spec:
                if not isinstance(spec[name], bool):
                    raise UserError(
                        self.env._("“%(name)s” must be true or false, not “%(value)s”.", name=name, value=spec[name])
                    )
                values["sso_only" if name == "sso_only" else f"sso_{name}"] = spec[name]
        return values

    @api.model
    def _read_sso_domains(self, domains):
        """Return domains in the form in which they stand in addresses, each once, or raise."""
        if domains in (None, False):
            return []
        if not isinstance(domains, list | tuple) or len(domains) > DOMAIN_COUNT:
            raise UserError(
                self.env._(
                    "“domains” must be a list of up to %(count)s domains, such as [“harbour.example”], not %(value)s.",
                    count=DOMAIN_COUNT,
                    value=f"“{domains}”" if isinstance(domains, str) else type(domains).__name__,
                )
            )
        names = []
        for domain in domains:
            name = read_domain(domain)
            if not name:
                raise UserError(
                    self.env._("“%(name)s” is no domain; one stands behind the @, as “harbour.example”.", name=domain)
                )
            names.append(name)
        return list(dict.fromkeys(names))

    def configure_sso(self, settings):
        """Change what is set up of a single sign-on.

        :param settings: any of `issuer`, `client_id`, `client_secret`, `domains` (those to be there afterwards),
            `provisioning`, `sso_only` and `trusts_email`
        :return: True
        """
        self._check_may_set_up_sso()
        if not isinstance(settings, dict) or not settings or set(settings) - set(SPEC):
            raise UserError(
                self.env._(
                    "A single sign-on is set up by names and values; there are: %(names)s.", names=", ".join(SPEC)
                )
            )
        values = self._read_sso_values(settings)
        if "domains" in settings:
            self._set_sso_domains(self._read_sso_domains(settings["domains"]))
        self.sudo().write(values)  # customers change their own ones, and write none of the fields
        return True

    def _check_may_set_up_sso(self):
        self.ensure_one()
        self._check_may_manage()
        owner = self.sudo().owner_id  # compared, and named to colleagues
        if self._is_own_of_portal_user() and owner and owner != self.env.user.partner_id:
            # Whoever chooses the provider can log in as any of the colleagues.
            raise AccessError(
                self.env._("%(owner)s looks after “%(name)s”: ask them.", owner=owner.name, name=self.name)
            )
        if self.kind != "sso":
            raise UserError(self.env._("“%(name)s” is no single sign-on.", name=self.name))
        if self.state == "retired":
            raise UserError(self.env._("“%(name)s” is retired: make a new one.", name=self.name))

    def _set_sso_domains(self, names):
        own_sudo = self.sudo().sso_domain_ids  # likewise
        own_sudo.filtered(lambda one: one.name not in names)._remove()
        missing = [name for name in names if name not in own_sudo.exists().mapped("name")]
        own_sudo.create([{"name": name, "integration_id": self.id} for name in missing])

    def verify_domain(self, domain):
        """Look for the file that proves that a domain is the customer's.

        :param domain: one of the domains of this single sign-on
        :return: {domain, verified, url, content, message}: where the file must be, and what it must contain
        """
        self._check_may_set_up_sso()
        name = read_domain(domain)
        found_sudo = self.sudo().sso_domain_ids.filtered(lambda one: name and one.name == name)  # whoever may manage it
        if not found_sudo:
            raise UserError(
                self.env._(
                    "“%(domain)s” is no domain of “%(name)s”; there are: %(domains)s.",
                    domain=domain,
                    name=self.name,
                    domains=", ".join(self.sudo().sso_domain_ids.mapped("name")) or "–",  # likewise
                )
            )
        good, message = found_sudo._check_file()
        return {
            "domain": found_sudo.name,
            "verified": good,
            "url": found_sudo.url,
            "content": found_sudo.token,
            "message": message,
        }

    def _check_ready_sso(self):
        """Raise where something is missing that it needs to run."""
        self._check_sso_client()
        if not self._get_verified_domains():
            raise UserError(
                self.env._(
                    "Verify a domain first: by the file at the address that is shown beside it, or an administrator of "
                    "integrations confirms it. Nobody logs in by a domain that is not verified."
                )
            )

    def _check_sso_client(self):
        if not self.sso_issuer or not self.sso_client_id:
            raise UserError(
                self.env._(
                    "Enter the issuer and the client ID that the customer's provider gave for %(url)s.",
                    url=self.sso_redirect_url,
                )
            )

    def _start_sso(self):
        """Fetch what the provider says of itself, and make its native record."""
        provider = self._fetch_for_staff()
        values = {
            "name": f"{self.partner_id.name}: {self.name}",
            "client_id": self.sso_client_id,
            "auth_endpoint": provider.authorization_endpoint,
            # The native flow asks this address whose a token is, and believes it for tokens of any client: it must not
            # lead anywhere. The name is reserved and never found.
            "validation_endpoint": "https://unused.invalid/",
            "enabled": False,
            "body": self.env._("Log in with your company"),
        }
        integration_sudo = self.sudo()  # providers are the administrators', this one is the integration's own
        if integration_sudo.sso_provider_id:
            integration_sudo.sso_provider_id.write(values)
        else:
            integration_sudo.sso_provider_id = integration_sudo.sso_provider_id.create(values)
        self.env.registry.clear_cache()

    def _stop_sso(self, action):
        """End the sessions and keys of its people; retired, leave the domains to others."""
        self._revoke_people(self._get_sso_users(), self.env._("paused") if action == "pause" else self.env._("retired"))
        if action == "retire":
            integration_sudo = self.sudo()  # secrets and proofs are nobody's to write
            integration_sudo.sso_client_secret = False
            integration_sudo.sso_domain_ids._release()
        self.env.registry.clear_cache()

    def _test_sso(self):
        """Return whether the provider can be worked with, and a sentence about it."""
        if not self.sso_issuer or not self.sso_client_id:
            return False, self.env._("The issuer or the client ID is missing.")
        try:
            provider = self._fetch_provider()
        except LoginRefused as refusal:
            return False, str(refusal)
        keys = len(self.sudo().sso_keys)  # public keys: their number
        missing = self._get_missing_sso()
        if missing:
            return False, missing
        return True, self.env._(
            "%(issuer)s answers, with %(count)s keys for %(algorithms)s.",
            issuer=provider.issuer,
            count=keys,
            algorithms=", ".join(provider.algorithms),
        )

    def _get_missing_sso(self):
        """Return a sentence about what else keeps people from logging in, empty where nothing does."""
        if not self._get_verified_domains():
            return self.env._("The provider answers, but no domain is verified yet: nobody can log in.")
        return ""

    def _rotate_sso(self):
        """Say where its secret is made."""
        raise UserError(
            self.env._("The secret is made at the customer's provider: make a new one there and enter it here.")
        )
