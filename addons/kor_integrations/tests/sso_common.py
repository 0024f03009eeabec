import time
from unittest.mock import patch

from ..engine import pending
from ..models.kor_integration_sso_flow_mixin import LoginRefused
from ..tools import guarded_http
from .common import IntegrationCase
from .oidc_common import FakeProvider

ISSUER = "https://login.harbour.example"
DOMAIN = "harbour.example"


class SsoCase(IntegrationCase):
    """The customer's single sign-on runs with a provider in memory."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = FakeProvider(ISSUER)
        cls.sso = cls._create_sso(cls.contract, cls.provider, DOMAIN)

    def setUp(self):
        super().setUp()
        self.provider = FakeProvider(ISSUER)
        self._serve(self.provider)

    def _serve(self, provider):
        self.startPatcher(patch.object(guarded_http, "request", provider.request))

    @classmethod
    def _create_sso(cls, contract, provider, domain, **spec):
        spec = {"kind": "sso", "issuer": provider.issuer, "client_id": "kor", "domains": [domain], **spec}
        sso = cls.env["kor.integration"].browse(contract.create_integration({"client_secret": "s 1:", **spec}))
        sso.sso_domain_ids.action_confirm()
        with patch.object(guarded_http, "request", provider.request):
            sso.manage_integration("activate")
        return sso

    def _begin(self, sso=None):
        sso = sso or self.sso
        _left, login = pending.begin({}, sso.id, "/my", time.time())
        sso._begin_login(login)
        return login

    def _log_in(self, sso=None, provider=None, token=None, answer=None, **claims):
        """Return the user whom a provider logs in with some claims."""
        sso, provider = sso or self.sso, provider or self.provider
        login = self._begin(sso)
        provider.answer_with(token or provider.sign(provider.claims(login, **claims)))
        return sso._admit(sso._redeem(login, {"code": "c"} if answer is None else answer))

    def assert_refused(self, text, *arguments, **named):
        with self.assertRaises(LoginRefused) as caught:
            self._log_in(*arguments, **named)
        self.assertIn(text, str(caught.exception))
        return caught.exception

    def _log_names(self, sso=None):
        return "\n".join((sso or self.sso).log_ids.mapped("name"))
