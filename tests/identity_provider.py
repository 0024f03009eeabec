"""A real OpenID provider on 127.0.0.1, made of Django and Django OAuth Toolkit: log-in page, PKCE, RS256.

It runs as a process of its own: `python identity_provider.py PORT FOLDER`. Its control address registers clients and
people. The toolkit sends no back-channel logout, so the control address signs one with the same key and sends it.
"""

import json
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from jwcrypto import jwk, jwt

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGIN_PAGE = """<!doctype html><title>Harbour</title><form method="post">{% csrf_token %}{{ form.as_p }}
<button type="submit">Log in at Harbour</button></form>"""
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE})],
            "context_processors": ["django.template.context_processors.request"],
        },
    }
]


def configure(port, folder):
    key = jwk.JWK.generate(kty="RSA", size=2048)
    settings.configure(
        SECRET_KEY="only for tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "idp.sqlite3")}},
        INSTALLED_APPS=APPS,
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        # All on one host: cookies do not tell ports apart.
        SESSION_COOKIE_NAME="idp_session",
        CSRF_COOKIE_NAME="idp_csrf",
        LOGIN_URL="/login/",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "OIDC_RSA_PRIVATE_KEY": key.export_to_pem(private_key=True, password=None).decode(),
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
            "SCOPES": {"openid": "Who you are", "email": "Your address", "profile": "Your name"},
            "PKCE_REQUIRED": True,
            "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
            "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


def control(request):
    """Register a client, make or change a person, or log one out at the client."""
    from django.contrib.auth.models import User
    from oauth2_provider.models import get_application_model

    given = json.loads(request.body)
    if client := given.get("client"):
        get_application_model().objects.create(
            name="KOR",
            client_type="confidential",
            authorization_grant_type="authorization-code",
            algorithm="RS256",
            skip_authorization=True,
            **client,
        )
    if person := given.get("person"):
        user, _made = User.objects.update_or_create(username=person.pop("username"), defaults=person)
        user.set_password("pass")
        user.save()
    if logout := given.get("logout"):
        user = User.objects.get(username=logout["username"])
        return JsonResponse({"status": _send_logout(str(user.pk), logout["client_id"], logout["url"])})
    return JsonResponse({})


def _send_logout(subject, client_id, url):
    options = settings.OAUTH2_PROVIDER
    key = jwk.JWK.from_pem(options["OIDC_RSA_PRIVATE_KEY"].encode())
    now = int(time.time())
    claims = {"iss": options["OIDC_ISS_ENDPOINT"], "aud": client_id, "iat": now, "exp": now + 120, "jti": str(now)}
    token = jwt.JWT(
        header={"alg": "RS256", "typ": "logout+jwt", "kid": key.thumbprint()},
        claims={**claims, "sub": subject, "events": {LOGOUT_EVENT: {}}},
    )
    token.make_signed_token(key)
    body = urllib.parse.urlencode({"logout_token": token.serialize()}).encode()
    with urllib.request.urlopen(url, body, timeout=20) as answer:
        return answer.status


def _make_validator():
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):
        """Tell e-mail address and name, as they stand in the provider's directory."""

        oidc_claim_scope = None

        def get_additional_claims(self, request):
            user = request.user
            return {"email": user.email, "email_verified": not user.is_staff, "name": user.get_full_name()}

    return Validator


def _make_urls():
    from django.contrib.auth.views import LoginView
    from django.urls import include, path
    from django.views.decorators.csrf import csrf_exempt

    return [
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
        path("login/", LoginView.as_view()),
        path("control", csrf_exempt(control)),
    ]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


if __name__ == "__main__":
    configure(int(sys.argv[1]), sys.argv[2])
    # Django's own parts can be imported from here on only.
    Validator = _make_validator()
    urlpatterns = _make_urls()
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), _Server, _Quiet).serve_forever()
