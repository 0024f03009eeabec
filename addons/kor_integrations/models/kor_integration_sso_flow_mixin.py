import base64
import json
import time
from datetime import timedelta
from urllib.parse import quote, urlencode

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import oidc
from ..tools import guarded_http

SCOPE = "openid email profile"
CACHE_MINUTES = 60
# Junk with made-up key ids must not make us fetch keys all the time.
REFETCH_SECONDS = 10
WELL_KNOWN = "/.well-known/openid-configuration"


class LoginRefused(Exception):
    """Say in a sentence for the log why a login came to nothing, and by a code what the visitor is told.

    `is_fault` where the provider or what is set up is to blame, rather than who tries to log in.
    """

    def __init__(self, reason, code="refused", is_fault=False):
        super().__init__(reason)
        self.code = code
        self.is_fault = is_fault


class KorIntegrationSsoFlowMixin(models.AbstractModel):
    """Talk with the customer's OpenID provider: authorization code flow with PKCE, state and nonce."""

    _name = "kor.integration.sso.flow.mixin"
    _description = "Flow of the Single Sign-on"

    sso_document = fields.Json(readonly=True, copy=False, groups="base.group_system")
    sso_keys = fields.Json(readonly=True, copy=False, groups="base.group_system")
    sso_date_fetched = fields.Datetime(readonly=True, copy=False, groups="base.group_system")

    def _get_http_options(self):
        return {"allow_private": guarded_http.get_allowed(self.env)}

    def _begin_login(self, login, hint=""):
        """Return the address of the provider that a visitor is sent to.

        :param login: a login under way, of `engine.pending.begin`
        """
        self._check_open()
        provider = self._get_provider()
        arguments = {
            "response_type": "code",
            "client_id": self.sso_client_id,
            "redirect_uri": self.sso_redirect_url,
            "scope": SCOPE,
            "state": login["state"],
            "nonce": login["nonce"],
            "code_challenge": oidc.challenge(login["verifier"]),
            "code_challenge_method": "S256",
        }
        if hint:
            arguments["login_hint"] = hint
        separator = "&" if "?" in provider.authorization_endpoint else "?"
        return f"{provider.authorization_endpoint}{separator}{urlencode(arguments)}"

    def _redeem(self, login, answer):
        """Return the claims about who has logged in, from what the provider answered by way of the browser."""
        self._check_open()
        provider = self._get_provider()
        issuer = answer.get("iss")
        if (provider.names_issuer or issuer is not None) and issuer != provider.issuer:
            raise LoginRefused(self.env._("The answer came from another provider than the one that was asked."))
        if answer.get("error") or not answer.get("code"):
            code = "cancelled" if answer.get("error") == "access_denied" else "refused"
            raise LoginRefused(self.env._("The provider did not let the person log in."), code)
        tokens = self._fetch_tokens(provider, answer["code"], login["verifier"])
        claims = self._read_claims(provider, tokens, login["nonce"])
        if "email" not in claims or "email_verified" not in claims:
            self._add_userinfo(provider, claims, tokens.get("access_token"))
        return claims

    def _fetch_tokens(self, provider, code, verifier):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.sso_redirect_url,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        secret = self.sudo().sso_client_secret  # for the provider that gave it only
        if not secret:
            form["client_id"] = self.sso_client_id
        elif "client_secret_basic" in provider.auth_methods or "client_secret_post" not in provider.auth_methods:
            pair = f"{quote(self.sso_client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.sso_client_id, "client_secret": secret}
        status, tokens = self._fetch_json("POST", provider.token_endpoint, urlencode(form).encode(), headers)
        if status == 200 and isinstance(tokens.get("id_token"), str):
            return tokens
        if tokens.get("error") == "invalid_grant":
            raise LoginRefused(self.env._("The provider does not know the code that the browser brought."), "expired")
        if tokens.get("error") in ("invalid_client", "unauthorized_client"):
            reason = self.env._("The provider does not know us: check the client ID and the secret.")
        else:
            reason = self.env._("The provider gave no id token, but status %(status)s.", status=status)
        raise LoginRefused(reason, "unavailable", is_fault=True)

    def _read_claims(self, provider, tokens, nonce):
        claims = self._verify(tokens["id_token"])
        try:
            oidc.check_id_token(
                claims, issuer=provider.issuer, client_id=self.sso_client_id, nonce=nonce, now=time.time()
            )
            oidc.check_access_token(claims, str(tokens.get("access_token") or ""))
        except oidc.OidcError as error:
            raise self._refuse_claims(error) from None
        return claims

    def _verify(self, token):
        """Return the claims of a signed token, with keys fetched anew where it names one that is not there."""
        self._get_provider()
        try:
            try:
                return oidc.verify(token, self.sudo().sso_keys)  # public keys
            except oidc.UnknownKey:
                fetched = self.sudo().sso_date_fetched  # when they were fetched
                if fetched > fields.Datetime.now() - timedelta(seconds=REFETCH_SECONDS):
                    raise
                self._fetch_provider()
                return oidc.verify(token, self.sudo().sso_keys)  # public keys
        except oidc.OidcError as error:
            raise self._refuse_claims(error) from None

    def _add_userinfo(self, provider, claims, access_token):
        """Add name and address of the same person from the provider's user info, where it has one."""
        if not provider.userinfo_endpoint or not isinstance(access_token, str) or not access_token.isascii():
            return
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        status, found = self._fetch_json("GET", provider.userinfo_endpoint, headers=headers)
        # A token that was swapped would bring another person's address.
        if status != 200 or found.get("sub") != claims["sub"]:
            return
        if "email" in found:
            # Both or none: one's address is not verified by what is said of another one.
            claims |= {"email": found["email"], "email_verified": found.get("email_verified")}
        claims.setdefault("name", found.get("name"))

    def _get_provider(self):
        """Return what the provider says of itself, as remembered for an hour."""
        integration_sudo = self.sudo()  # what was fetched, and when
        fetched = integration_sudo.sso_date_fetched
        if not fetched or fetched < fields.Datetime.now() - timedelta(minutes=CACHE_MINUTES):
            return self._fetch_provider()
        try:
            return oidc.read_discovery(integration_sudo.sso_document, self.sso_issuer)
        except oidc.OidcError:
            # Another issuer was entered since.
            return self._fetch_provider()

    def _fetch_provider(self):
        """Fetch discovery document and keys, remember and return what they say."""
        url = self.sso_issuer.rstrip("/") + WELL_KNOWN
        status, document = self._fetch_json("GET", url)
        if status != 200:
            reason = self.env._("%(url)s answered with status %(status)s.", url=url, status=status)
            raise LoginRefused(reason, "unavailable", is_fault=True)
        try:
            provider = oidc.read_discovery(document, self.sso_issuer)
            _status, found = self._fetch_json("GET", provider.jwks_uri)
            keys = oidc.read_keys(found)
        except oidc.OidcError as error:
            raise self._refuse_claims(error) from None
        self.sudo().write(  # written by this only
            {"sso_document": document, "sso_keys": keys, "sso_date_fetched": fields.Datetime.now()}
        )
        return provider

    def _fetch_for_staff(self):
        try:
            return self._fetch_provider()
        except LoginRefused as refusal:
            raise UserError(str(refusal)) from None

    def _fetch_json(self, method, url, data=b"", headers=None):
        """Return status and content of an answer, an empty content where it is no JSON object."""
        try:
            answer = guarded_http.request(method, url, data=data, headers=headers, **self._get_http_options())
        except (guarded_http.Refused, guarded_http.Failed) as error:
            raise LoginRefused(str(error), "unavailable", is_fault=True) from None
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = {}
        return answer.status, found if isinstance(found, dict) else {}

    def _refuse_claims(self, error):
        """Return a refusal for what the engine says is wrong."""
        return LoginRefused(self._describe_oidc_error(error.code), is_fault=not error.code.startswith("email"))

    def _describe_oidc_error(self, code):
        return {
            "document": self.env._("The provider's discovery document is none."),
            "issuer": self.env._(
                "The provider calls itself otherwise than the issuer entered here; both must be the same text."
            ),
            "endpoint": self.env._("The provider names an address that is none, or one without https."),
            "flow": self.env._("The provider does not offer the authorization code flow."),
            "pkce": self.env._("The provider does not offer PKCE with S256."),
            "algorithms": self.env._("The provider signs with none of RS256, PS256 and ES256."),
            "keys": self.env._("The provider has no public key for signatures."),
            "token": self.env._("The token is none."),
            "algorithm": self.env._("The token is signed in a way that is not taken: RS256, PS256 and ES256 are."),
            "key": self.env._("The token is signed with a key that the provider does not have."),
            "signature": self.env._("The signature of the token is wrong."),
            "audience": self.env._("The token was made for somebody else: check the client ID."),
            "expired": self.env._("The token has expired: check the clocks."),
            "issued": self.env._("The token was made in the future: check the clocks."),
            "nonce": self.env._("The token was not made for this login."),
            "subject": self.env._("The token does not say whom it is about."),
            "at_hash": self.env._("The tokens do not belong together."),
            "event": self.env._("The token is no logout token."),
            "email": self.env._("The provider did not tell the e-mail address: give the scope “email” to this client."),
            "email_unverified": self.env._("The provider does not say that the person's e-mail address is verified."),
            "email_domain": self.env._("The person's e-mail address has none of the verified domains."),
        }[code]
