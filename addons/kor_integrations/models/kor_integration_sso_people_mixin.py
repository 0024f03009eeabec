import secrets
import time
from datetime import UTC

from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.sql import escape_psql

from ..engine import oidc
from .kor_integration_sso_flow_mixin import LoginRefused
from .kor_integration_state_mixin import RUNNING

NAME_LENGTH = 100


class KorIntegrationSsoPeopleMixin(models.AbstractModel):
    """Whom a provider may log in: portal users of this customer, and nobody else."""

    _name = "kor.integration.sso.people.mixin"
    _description = "People of the Single Sign-on"

    sso_user_ids = fields.Many2many(
        "res.users", string="People", compute="_compute_sso_user_ids", help="Who has logged in this way so far."
    )

    def _compute_sso_user_ids(self):
        for integration in self:
            integration.sso_user_ids = integration._get_sso_users()

    def _get_sso_users(self, subject=None):
        """Return the users that are linked with the provider, by one subject or all, deactivated ones as well."""
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)  # the customer's own people only
        providers = self.sudo().sso_provider_id  # likewise
        if not providers:
            return users_sudo
        domain = [("oauth_provider_id", "in", providers.ids)]
        return users_sudo.search([*domain, ("oauth_uid", "=", subject)] if subject else domain)

    @api.model
    def _find_sso(self, email):
        """Return the running single sign-on for an address as superuser, an empty one where there is none."""
        domain = oidc.read_domain(email.rpartition("@")[2]) if isinstance(email, str) and "@" in email else ""
        if not domain:
            return self.browse()
        return self._find_running([("name", "=", domain), ("state", "=", "verified")])

    @api.model
    def _find_running(self, domain):
        # Visitors are nobody yet: what follows is the system's doing.
        found = (
            self.env["kor.integration.domain"]
            .with_user(SUPERUSER_ID)
            .search([*domain, ("integration_id.kind", "=", "sso"), ("integration_id.state", "in", RUNNING)], limit=1)
        )
        return found.integration_id.filtered(lambda one: one._is_open())

    @api.model
    def _find_sso_by_slug(self, slug):
        """Return the single sign-on of a link as superuser, an empty one where there is none."""
        return self.with_user(SUPERUSER_ID).search([("kind", "=", "sso"), ("sso_slug", "=", slug)], limit=1)

    @api.model
    def _has_running_sso(self):
        """Tell whether anybody at all logs in with the company."""
        return bool(self._find_running([("state", "=", "verified")]))

    def _is_open(self):
        """Tell whether people may log in: it runs, and the contract still includes it."""
        contract_sudo = self.contract_id.sudo()  # its state, and whether it includes the single sign-on
        is_running = self.state in RUNNING and contract_sudo.state == "active"
        return is_running and contract_sudo._includes_integration(self.kind)

    def _check_open(self):
        if not self._is_open():
            raise LoginRefused(self.env._("It does not run, or the contract is not active."), "closed")

    def _get_verified_domains(self):
        domains_sudo = self.sudo().sso_domain_ids  # of this integration
        return frozenset(domains_sudo._get_verified().mapped("name"))

    def _admit(self, claims):
        """Return the user whom the claims are about, with a session token, as superuser; raise LoginRefused."""
        try:
            email = oidc.read_email(claims, self._get_verified_domains(), trusts_silence=self.sso_trusts_email)
        except oidc.OidcError as error:
            raise self._refuse_claims(error) from None
        try:
            with self.env.cr.savepoint():
                user = self._find_person(claims["sub"], email) or self._provision(email, claims)
                self._link(user, claims["sub"])
        except (UserError, IntegrityError) as error:
            reason = self.env._("%(email)s: %(error)s", email=email, error=str(error).splitlines()[0])
            raise LoginRefused(reason, "failed") from None
        return user

    def _find_person(self, subject, email):
        """Return the user of a person, empty where there is none yet, or raise where they are not to be let in."""
        user = self._get_sso_users(subject) or self._find_by_email(email)
        if not user:
            return user
        if len(user) > 1 or not self._is_ours(user):
            # Whose it is, and what, is nothing that a customer may learn from its log.
            raise LoginRefused(self.env._("%(email)s is in use here otherwise: ask us to look at it.", email=email))
        if not user.active:
            raise LoginRefused(self.env._("%(email)s was deactivated here.", email=email))
        if user.oauth_provider_id == self.sso_provider_id and user.oauth_uid and user.oauth_uid != subject:
            # Addresses are given to the next person; what the one before had is not.
            raise LoginRefused(
                self.env._("%(email)s is another person at the provider than before: ask us to unlink.", email=email)
            )
        return user

    def _is_ours(self, user):
        """Tell whether it is a portal user of this customer."""
        own = self.partner_id.commercial_partner_id
        is_portal = user.share and user.has_group("base.group_portal")
        return is_portal and user.partner_id.commercial_partner_id == own

    def _find_by_email(self, email):
        """Return the users with the address as their login, else who has it as their address and was never here.

        People change their own address, not their login: who could take a colleague's address would be taken for them.
        """
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)  # also those it must not match
        by_login = users_sudo.search([("login", "=ilike", escape_psql(email))])
        if by_login:
            return by_login
        own = self.partner_id.commercial_partner_id
        by_address = users_sudo.search(
            [("email_normalized", "=", email), ("partner_id.commercial_partner_id", "=", own.id), ("share", "=", True)]
        )
        if by_address.filtered("login_date"):
            raise LoginRefused(
                self.env._("%(email)s has a user with another login: ask us to make it the login.", email=email)
            )
        return by_address

    def _provision(self, email, claims):
        """Return a new portal user for a person of the customer."""
        if not self.sso_provisioning:
            raise LoginRefused(self.env._("%(email)s has no user, and new people get none.", email=email), "unknown")
        # They log in at once: nobody needs a letter with a link to set a password.
        users_sudo = self.env["res.users"].sudo().with_context(no_reset_password=True)  # the integration's own doing
        company = self.contract_id.company_id
        values = {
            "login": email,
            "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
        }
        if contact := self._find_contact(email):
            values["partner_id"] = contact.id
        else:
            values |= {"name": self._read_name(claims, email), "email": email, "parent_id": self.partner_id.id}
        user = users_sudo.with_company(company).create(values)
        self._log("info", self.env._("%(name)s <%(email)s> got a portal user", name=user.name, email=email))
        return user

    def _find_contact(self, email):
        """Return the customer's contact with the address who has no user."""
        own = self.partner_id.commercial_partner_id
        contacts_sudo = self.env["res.partner"].sudo()  # of this customer only
        contacts = contacts_sudo.search(
            [("commercial_partner_id", "=", own.id), ("email_normalized", "=", email), ("is_company", "=", False)],
            order="id",
        )
        return contacts.filtered(lambda one: not one.with_context(active_test=False).user_ids)[:1]

    @api.model
    def _read_name(self, claims, email):
        name = claims.get("name")
        name = " ".join(name.split())[:NAME_LENGTH] if isinstance(name, str) else ""
        return name if name.isprintable() and name else email

    def _link(self, user, subject):
        """Link the user with the provider, and see that they have a session token."""
        values = {}
        if user.oauth_provider_id != self.sso_provider_id or user.oauth_uid != subject:
            values = {"oauth_provider_id": self.sso_provider_id.id, "oauth_uid": subject, "oauth_access_token": False}
        # Kept from login to login, so that a second device does not end the session of the first one. It is a random
        # text of ours: what the provider's access token opens is none of our business.
        if values or not user.oauth_access_token:
            values["oauth_access_token"] = secrets.token_urlsafe(32)
            user.write(values)

    def _revoke_people(self, users, why):
        """End all sessions and delete all API keys of users, at once."""
        if not users:
            return
        self._end_sessions(users)
        keys = users.api_key_ids
        count = len(keys)
        keys.unlink()
        # Keys that were good a moment ago are remembered as such.
        self.env.registry.clear_cache()
        self._log(
            "info",
            self.env._(
                "Sessions of %(users)s ended, %(count)s API keys deleted: %(why)s",
                users=", ".join(users.mapped("login")),
                count=count,
                why=why,
            ),
        )

    @api.model
    def _end_sessions(self, users):
        # Who is logged in proves it by a text that this one is a part of.
        users.write({"oauth_access_token": False})

    def _revoke_unproven(self):
        """End what was opened by people whose login has none of the domains that are still verified."""
        for integration in self:
            domains = integration._get_verified_domains()
            people = integration._get_sso_users()
            integration._revoke_people(
                people.filtered(lambda one, domains=domains: one.login.lower().rpartition("@")[2] not in domains),
                self.env._("their domain is not verified any more"),
            )

    def _forget_sso_people(self):
        """Unlink people from a provider that is another one now: its subjects are other people."""
        for integration in self:
            users = integration._get_sso_users()
            integration._revoke_people(users, self.env._("another issuer"))
            users.write({"oauth_uid": False})

    def _log_out(self, token):
        """End the sessions that a logout token of the provider is about. Raise LoginRefused where it is none."""
        self._check_open()
        provider = self._get_provider()
        claims = self._verify(token)
        try:
            subject = oidc.check_logout_token(
                claims, issuer=provider.issuer, client_id=self.sso_client_id, now=time.time()
            )
        except oidc.OidcError as error:
            raise self._refuse_claims(error) from None
        # One that comes again later is about sessions that have ended, not about those that began since.
        users = self._get_sso_users(subject).filtered(lambda one: not self._is_later(one.login_date, claims["iat"]))
        # Who goes home for the day has programs that go on working.
        self._end_sessions(users)
        self._log("info", self.env._("Sessions of %(users)s ended: logged out at the provider",
                                     users=", ".join(users.mapped("login"))))  # fmt: skip

    @api.model
    def _is_later(self, moment, seconds):
        return bool(moment) and moment.replace(tzinfo=UTC).timestamp() > seconds + oidc.LEEWAY

    def deprovision(self, email):
        """Deactivate the portal user of a person who has left, with all sessions and API keys.

        :param email: the address with which they log in
        :return: {users, keys}: how many users were deactivated, and how many API keys deleted
        """
        self._check_may_set_up_sso()
        address = email_normalize(email) if isinstance(email, str) else False
        users = self._find_leaving(address) if address else self.env["res.users"]
        if not users:
            raise UserError(
                self.env._(
                    "“%(email)s” is the address of no active portal user of %(customer)s.",
                    email=email,
                    customer=self.partner_id.name,
                )
            )
        keys = len(users.api_key_ids)
        users.write({"active": False})
        return {"users": len(users), "keys": keys}

    def _find_leaving(self, address):
        provider = self.sudo().sso_provider_id  # compared only
        is_known = address.rpartition("@")[2] in self._get_verified_domains()
        users_sudo = self.env["res.users"].sudo()  # who may manage it may end what its people have
        found = users_sudo.search(
            ["|", ("login", "=ilike", escape_psql(address)), ("email_normalized", "=", address), ("share", "=", True)]
        )
        linked = found.filtered(lambda one: provider and one.oauth_provider_id == provider)
        return (found if is_known else linked).filtered(self._is_ours)
