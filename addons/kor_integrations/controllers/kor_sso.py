import logging
import time
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from odoo.addons.auth_oauth.controllers.main import OAuthLogin
from odoo.addons.web.controllers.utils import _get_login_redirect_url

from ..engine.oidc import LOGOUT_PATH, TOKEN_LENGTH, local_path
from ..engine.pending import begin, take
from ..models.kor_integration_sso_flow_mixin import LoginRefused

_logger = logging.getLogger(__name__)

SESSION_KEY = "kor_sso"
# What was redeemed during this request: a code is good once, and a request may be run again by the database's wish.
REDEEMED = "kor.sso.redeemed"
EMAIL_LENGTH = 254


class KorSsoLogin(OAuthLogin):
    @route()
    def web_login(self, *args, **kw):
        """Lead people whose company wants no passwords to the right door, by the domain that they have typed."""
        response = super().web_login(*args, **kw)
        if response.is_qweb and response.qcontext.get("error"):
            integration = request.env["kor.integration"]._find_sso(request.params.get("login"))
            if integration.sso_only:
                response.qcontext["error"] = request.env._("People with this address log in with their company.")
        return response

    def list_providers(self):
        """Add the way in for people of all companies; whose provider is whose is told to nobody."""
        providers = super().list_providers()
        if request.env["kor.integration"]._has_running_sso():
            redirect = local_path(request.params.get("redirect"), "")
            providers.append(
                {
                    "auth_link": f"/kor/sso?{urlencode({'redirect': redirect})}" if redirect else "/kor/sso",
                    "body": request.env._("Log in with your company"),
                    "css_class": "fa fa-building-o",
                }
            )
        return providers


class KorSso(Controller):
    """The way of a visitor to their company's provider and back."""

    @route("/kor/sso", type="http", auth="public", methods=["GET", "POST"], sitemap=False)
    def ask(self, email="", redirect="", error="", **_kwargs):
        """Ask for an e-mail address, and lead to the provider of its company."""
        if request.httprequest.method != "POST":
            return self._show(error=error, redirect=redirect)
        email = email.strip()[:EMAIL_LENGTH] if isinstance(email, str) else ""
        integration = request.env["kor.integration"]._find_sso(email)
        if not integration:
            return self._show(error="unknown_company", redirect=redirect, email=email)
        return self._leave(integration, redirect, email)

    @route("/kor/sso/<string:slug>", type="http", auth="public", methods=["GET"], sitemap=False)
    def start(self, slug, redirect="", **_kwargs):
        """Lead to the provider of one company."""
        return self._leave(self._find(slug), redirect)

    @route("/kor/sso/<string:slug>/callback", type="http", auth="public", methods=["GET"], sitemap=False)
    def callback(self, slug, **answer):
        """Take the provider's answer and log its person in."""
        integration = self._find(slug)
        left, login = take(request.session.get(SESSION_KEY), answer.get("state"), integration.id, time.time())
        request.session[SESSION_KEY] = left
        if not login:
            # Written to no log of the customer's: anybody can call this, as often as they like.
            _logger.info("Single sign-on %s: an answer to no login of this session", integration.id)
            return self._fail("expired")
        try:
            user = integration._admit(self._redeem(integration, login, answer))
        except LoginRefused as refusal:
            return self._refuse(integration, refusal)
        return self._log_in(integration, user, login["redirect"])

    @route(
        f"/kor/sso/<string:slug>{LOGOUT_PATH}",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def log_out(self, slug, **_kwargs):
        """Take a logout token of the provider, as OpenID Connect Back-Channel Logout 1.0 says."""
        integration = self._find(slug)
        http = request.httprequest
        token = http.form.get("logout_token", "") if (http.content_length or 0) <= 2 * TOKEN_LENGTH else ""
        try:
            integration._log_out(token)
        except LoginRefused as refusal:
            # Likewise: no signature, no line in the log.
            _logger.info("Single sign-on %s: logout refused: %s", integration.id, refusal)
            answer = request.make_json_response({"error": "invalid_request"}, status=400)
        else:
            answer = request.make_response("")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _find(self, slug):
        integration = request.env["kor.integration"]._find_sso_by_slug(slug)
        if not integration:
            raise NotFound()
        return integration

    def _leave(self, integration, redirect, hint=""):
        left, login = begin(request.session.get(SESSION_KEY), integration.id, local_path(redirect), time.time())
        try:
            url = integration._begin_login(login, hint)
        except LoginRefused as refusal:
            return self._refuse(integration, refusal)
        request.session[SESSION_KEY] = left
        return self._redirect(url)

    def _redeem(self, integration, login, answer):
        memory = request.httprequest.environ.setdefault(REDEEMED, {})
        if login["state"] not in memory:
            memory[login["state"]] = integration._redeem(login, answer)
        return dict(memory[login["state"]])

    def _log_in(self, integration, user, redirect):
        credential = {"login": user.login, "token": user.oauth_access_token, "type": "oauth_token"}
        # What was written of the user must be there for the check of it.
        request.env.flush_all()
        info = request.session.authenticate(request.env, credential)
        person = f"{user.name} <{user.login}>"
        integration._note(True, integration.env._("%(person)s logged in", person=person))
        return request.redirect(_get_login_redirect_url(info["uid"], redirect), 303)

    def _refuse(self, integration, refusal):
        if refusal.is_fault:
            integration._note(False, integration.env._("Nobody logged in: %(reason)s", reason=refusal))
        elif refusal.code != "closed":
            integration._log("warning", integration.env._("Nobody logged in: %(reason)s", reason=refusal))
        return self._fail(refusal.code)

    def _fail(self, code):
        return self._redirect(f"/kor/sso?error={code}")

    def _redirect(self, url):
        answer = request.redirect(url, 303, local=False)
        # The address that is left may have a code in it.
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _show(self, error="", redirect="", email=""):
        values = {
            "error": self._get_messages().get(error),
            "redirect": local_path(redirect, ""),
            "email": email,
            "disable_database_manager": True,
        }
        answer = request.render("kor_integrations.kor_sso_page", values)
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"
        answer.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _get_messages(self):
        """Return what visitors are told, by code: what exactly was wrong is in the log of the integration."""
        return {
            "unknown_company": request.env._("No company logs in with this address. Use your password instead."),
            "unknown": request.env._("You have no user here yet. Ask whoever looks after this portal in your company."),
            "refused": request.env._(
                "You could not be logged in. Ask whoever looks after this portal in your company."
            ),
            "failed": request.env._("You could not be logged in. Please try again."),
            "expired": request.env._("This took too long, or was begun in another window. Please try again."),
            "cancelled": request.env._("You did not log in at your company."),
            "unavailable": request.env._(
                "Your company's log-in cannot be reached at the moment. Please try again later."
            ),
            "closed": request.env._("Your company's log-in is switched off at the moment."),
        }
