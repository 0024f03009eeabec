import re
from unittest.mock import patch

from odoo import http
from odoo.exceptions import ConcurrencyError
from odoo.tests import HttpCase, mute_logger, new_test_user, tagged

from ..tools import guarded_http
from .oidc_common import query
from .sso_common import DOMAIN, ISSUER, SsoCase


@tagged("post_install", "-at_install")
class TestSsoPortal(SsoCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_user.password = "Harbour-2026"
        other = cls._create_customer("Quay")
        partners = cls.env["res.partner"].create(
            [{"name": "Colleague", "parent_id": cls.customer.id}, {"name": "Stranger", "parent_id": other.id}]
        )
        for partner in partners:
            new_test_user(cls.env, partner.name.lower(), "base.group_portal", partner_id=partner.id,
                          password="Harbour-2026")  # fmt: skip

    def _enter(self, login="ada_harbour"):
        self.authenticate(login, "Harbour-2026")

    def _post(self, path, **form):
        form["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"/my/integrations/{path}", data=form)

    def test_the_customer_sets_it_up(self):
        self._enter()
        given = {"contract": self.contract.id, "kind": "sso", "name": "Ours", "domains": "new.example, quay.example"}
        page = self._post("new", **given, issuer="http://10.0.0.1")
        self.assertIn("private", page.text)
        page = self._post("new", **given, issuer=ISSUER, client_id="kor", client_secret="hidden secret", provisioning=1)
        made = self.env["kor.integration"].search([("name", "=", "Ours")])
        self.assertEqual((made.owner_id, made.sso_issuer, made.sso_provisioning), (self.ada, ISSUER, True))
        for text in (made.sso_redirect_url, made.sso_logout_url, made.sso_domain_ids[0].token, "Not proven"):
            self.assertIn(text, page.text)
        self.assertNotIn("hidden secret", page.text)
        own = f"{made.id}/sso"
        page = self._post(f"{own}/domains", domain="new.example", action="check")
        self.assertIn("answered with status 404", page.text)
        domain = made.sso_domain_ids.filtered(lambda one: one.name == "new.example")
        answer = guarded_http.Answer(200, {}, domain.token.encode(), 1)
        with patch.object(guarded_http, "request", return_value=answer):
            self.assertIn("new.example is verified", self._post(f"{own}/domains", domain=domain.name, action="x").text)
        self._post(f"{own}/domains", domain="quay.example", action="remove")
        self._post(f"{own}/domains", domain="third.example", action="add")
        self.assertEqual(set(made.sso_domain_ids.mapped("name")), {"new.example", "third.example"})
        self._post(own, issuer=ISSUER, client_id="kor2", sso_only=1)
        self.assertEqual((made.sso_client_id, made.sso_provisioning, made.sso_only), ("kor2", False, True))
        self.assertEqual(made.sudo().sso_client_secret, "hidden secret", "left empty, it stays")

    def test_people_are_deactivated_by_who_looks_after_it(self):
        bea = self._log_in(sub="bea", email=f"bea@{DOMAIN}", name="Bea <b>B</b>")
        self.sso.owner_id = self.ada
        path = f"{self.sso.id}/sso"
        for login in ("colleague", "stranger"):
            self._enter(login)
            self._post(f"{path}/people", email=bea.login)
            self._post(path, issuer="https://evil.example", client_id="evil")
            self._post(f"{path}/domains", domain="evil.example", action="add")
            self.assertTrue(bea.active)
            self.assertEqual((self.sso.sso_issuer, self.sso.sso_domain_ids.mapped("name")), (ISSUER, [DOMAIN]))
        self._enter()
        page = self.url_open(f"/my/integrations/{self.sso.id}").text
        self.assertIn("Bea &lt;b&gt;B&lt;/b&gt;", page)
        self.assertIn("with all sessions", self._post(f"{path}/people", email=bea.login).text)
        self.assertFalse(bea.active)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_the_log_in_page_leads_to_the_company(self):
        self.sso.sso_only = True
        self.authenticate(None, None)
        page = self.url_open("/web/login?redirect=/my/contracts").text
        self.assertIn('href="/kor/sso?redirect=%2Fmy%2Fcontracts"', page)
        self.assertNotIn(self.sso.sso_slug, page)
        for login, is_told in ((f"anybody@{DOMAIN}", True), ("anybody@quay.example", False)):
            form = {"login": login, "password": "x", "csrf_token": http.Request.csrf_token(self)}
            page = self.url_open("/web/login", data=form).text
            self.assertEqual("log in with their company" in page, is_told)
        self.sso.manage_integration("pause")
        self.assertNotIn("/kor/sso", self.url_open("/web/login").text)

    @mute_logger("odoo.service.model")
    def test_a_code_is_redeemed_once_where_the_database_wants_the_request_again(self):
        answer = self.url_open(f"/kor/sso/{self.sso.sso_slug}", allow_redirects=False)
        login = query(answer.headers["Location"])
        self.provider.answer_with(self.provider.sign(self.provider.claims(login)))
        admit = type(self.sso)._admit
        failures = [ConcurrencyError("Somebody else was faster.")]

        def _admit(integration, claims):
            if failures:
                raise failures.pop()
            return admit(integration, claims)

        with patch.object(type(self.sso), "_admit", _admit), patch("odoo.service.model.time.sleep"):
            callback = f"/kor/sso/{self.sso.sso_slug}/callback?state={login['state']}&code=c"
            answer = self.url_open(callback, allow_redirects=False)
        self.assertFalse(failures)
        self.assertTrue(answer.headers["Location"].endswith("/my"), answer.headers["Location"])
        self.assertEqual([one[1] for one in self.provider.requests].count(f"{ISSUER}/token"), 1)
        self.assertEqual(self.portal_user.oauth_uid, "ada-1")

    def test_login_and_failures_over_http(self):
        answer = self.url_open(f"/kor/sso/{self.sso.sso_slug}?redirect=/my/account", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        state = re.search(r"state=([^&]+)", answer.headers["Location"])[1]
        self.provider.answer_with("a.b.c")
        callback = f"/kor/sso/{self.sso.sso_slug}/callback"
        answer = self.url_open(f"{callback}?state={state}&code=c", allow_redirects=False)
        self.assertTrue(answer.headers["Location"].endswith("/kor/sso?error=refused"))
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual((self.sso.failure_count, self.sso.log_ids[:1].level), (1, "error"))
        count = len(self.sso.log_ids)
        answer = self.url_open(f"{callback}?state={state}&code=c", allow_redirects=False)
        self.assertTrue(answer.headers["Location"].endswith("error=expired"), "a state is good once")
        self.assertEqual(len(self.sso.log_ids), count, "strangers fill no log")
        self.provider.is_down = True
        self.sso.sso_date_fetched = False
        answer = self.url_open(f"/kor/sso/{self.sso.sso_slug}", allow_redirects=False)
        self.assertTrue(answer.headers["Location"].endswith("error=unavailable"))
        answer = self.url_open(f"/kor/sso/{self.sso.sso_slug}/backchannel-logout", data={"logout_token": "x" * 50_000})
        self.assertEqual((answer.status_code, answer.json()), (400, {"error": "invalid_request"}))
