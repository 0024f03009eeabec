import time
from unittest.mock import patch

from odoo.exceptions import AccessDenied, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..engine import oidc, pending
from ..models.kor_integration_sso_flow_mixin import LoginRefused
from ..tools import guarded_http
from .oidc_common import FakeProvider, at_hash, jwk, make_key, query
from .sso_common import ISSUER, SsoCase


@tagged("post_install", "-at_install")
class TestSsoFlow(SsoCase):
    def test_the_visitor_leaves_with_pkce_state_and_nonce(self):
        _left, login = pending.begin({}, self.sso.id, "/my", time.time())
        url = self.sso._begin_login(login, "ada@harbour.example")
        self.assertTrue(url.startswith(f"{ISSUER}/authorize?"))
        arguments = query(url)
        self.assertEqual(arguments["code_challenge"], oidc.challenge(login["verifier"]))
        self.assertEqual(arguments["redirect_uri"], self.sso.sso_redirect_url)
        self.assertEqual(
            [arguments[name] for name in ("response_type", "client_id", "code_challenge_method", "state", "nonce")],
            ["code", "kor", "S256", login["state"], login["nonce"]],
        )
        self.assertNotIn(login["verifier"], url)

    def test_the_code_is_redeemed_as_the_provider_wants_it(self):
        for methods, secret, basic, in_form in (
            (["client_secret_basic"], "s 1:", "Basic a29yOnMlMjAxJTNB", ()),
            (["client_secret_post"], "s 1:", None, ("client_id", "client_secret")),
            (["none"], False, None, ("client_id",)),
        ):
            with self.subTest(methods=methods):
                self.sso.write({"sso_client_secret": secret, "sso_date_fetched": False})
                self.provider.document["token_endpoint_auth_methods_supported"] = methods
                self._log_in()
                (_method, _url, data, headers), *_rest = [
                    one for one in self.provider.requests if one[1].endswith("/token")
                ]
                form = query(f"?{data.decode()}")
                self.assertEqual(headers.get("Authorization"), basic)
                self.assertEqual(sorted(set(form) & {"client_id", "client_secret"}), sorted(in_form))
                self.assertEqual((form["grant_type"], form["code"]), ("authorization_code", "c"))
                self.assertTrue(form["code_verifier"])
                self.provider.requests.clear()

    def test_forged_and_foreign_tokens_are_refused(self):
        provider = self.provider
        login = self._begin()
        thief = make_key("thief")
        good = provider.claims(login)
        table = [
            ("signature", provider.sign(good, key=thief)),
            ("taken", "eyJhbGciOiJub25lIn0." + provider.sign(good).split(".")[1] + "."),
            ("does not have", provider.sign(good, key=thief, kid="thief")),
            ("must be the same", provider.sign({**good, "iss": "https://login.other.example"})),
            ("somebody else", provider.sign({**good, "aud": "other"})),
            ("expired", provider.sign({**good, "exp": int(time.time()) - 3600})),
            ("this login", provider.sign({**good, "nonce": self._begin()["nonce"]})),
            ("belong together", provider.sign({**good, "at_hash": at_hash("other")})),
        ]
        for text, token in table:
            with self.subTest(text=text):
                provider.answer_with(token)
                with self.assertRaises(LoginRefused) as caught:
                    self.sso._redeem(login, {"code": "c"})
                self.assertIn(text, str(caught.exception))
                self.assertTrue(caught.exception.is_fault)

    def test_a_new_key_is_fetched_once(self):
        self._begin()
        old, self.provider.key, self.provider.kid = self.provider.kid, make_key("next"), "next"
        self.provider.keys.append(jwk(self.provider.key, "next"))
        self.sso.sso_date_fetched = "2026-01-01"
        self.assertEqual(self._log_in(), self.portal_user)
        fetched = [url for _method, url, _data, _headers in self.provider.requests if url.endswith("/keys")]
        self.assertEqual(len(fetched), 1)
        self.provider.requests.clear()
        self.assert_refused("does not have", token=self.provider.sign(self.provider.claims(), kid="made up"))
        self.assertFalse([one for one in self.provider.requests if one[1].endswith("/keys")], "not so soon again")
        self.assertNotEqual(old, self.provider.kid)

    def test_what_the_browser_brings_is_not_believed(self):
        self.assertEqual(self.assert_refused("let the person", answer={"error": "access_denied"}).code, "cancelled")
        self.assert_refused("let the person", answer={"error": "<script>", "code": "c"})
        self.assert_refused("let the person", answer={})
        self.assert_refused("another provider", answer={"code": "c", "iss": "https://evil.example"})
        self.assertTrue(self._log_in(answer={"code": "c", "iss": ISSUER}))
        self.provider.document["authorization_response_iss_parameter_supported"] = True
        self.sso.sso_date_fetched = False
        self.assert_refused("another provider", answer={"code": "c"})

    def test_failures_of_the_provider_are_told_apart(self):
        login = self._begin()
        for answer, code, is_fault in (
            ((400, {"error": "invalid_grant"}), "expired", False),
            ((401, {"error": "invalid_client"}), "unavailable", True),
            ((500, {}), "unavailable", True),
            ((200, {"id_token": 5}), "unavailable", True),
        ):
            self.provider.token_answer = answer
            with self.assertRaises(LoginRefused) as caught:
                self.sso._redeem(login, {"code": "c"})
            self.assertEqual((caught.exception.code, caught.exception.is_fault), (code, is_fault))
        self.provider.is_down = True
        with self.assertRaises(LoginRefused) as caught:
            self.sso._redeem(login, {"code": "c"})
        self.assertEqual(caught.exception.code, "unavailable")

    def test_the_address_may_come_from_the_user_info_of_the_same_person(self):
        named = {"email": None, "email_verified": None}
        self.provider.userinfo = {"sub": "eve-1", "email": "ada@harbour.example", "email_verified": True}
        self.assert_refused("scope", **named)
        self.provider.userinfo["sub"] = "ada-1"
        self.assertEqual(self._log_in(**named), self.portal_user)
        self.provider.userinfo = {"sub": "ada-1", "email": "eve@harbour.example"}
        self.assert_refused("verified", email_verified=None)

    def test_the_test_says_what_is_wrong(self):
        sso = self.env["kor.integration"].browse(self.contract.create_integration({"kind": "sso", "name": "New"}))
        self.assertIn("missing", sso._test_sso()[1])
        with self.assertRaisesRegex(UserError, "Enter the issuer"):
            sso.manage_integration("activate")
        sso.configure_sso({"issuer": ISSUER, "client_id": "kor", "domains": ["quay.example"]})
        self.assertIn("no domain is verified", sso._test_sso()[1])
        with self.assertRaisesRegex(UserError, "Verify a domain"):
            sso.manage_integration("activate")
        self.assertTrue(self.sso._test_sso()[0])
        self.provider.document["issuer"] = f"{ISSUER}/"
        self.assertIn("same text", self.sso._test_sso()[1])
        self.provider.is_down = True
        self.assertIn("in time", self.sso._test_sso()[1])
        self.sso.manage_integration("test")
        self.assertEqual((self.sso.failure_count, self.sso.log_ids[:1].level), (1, "error"))

    def test_the_native_record_is_offered_to_nobody_and_its_implicit_flow_is_closed(self):
        native = self.sso.sso_provider_id
        self.assertFalse(native.enabled)
        with self.assertRaisesRegex(ValidationError, "one customer"):
            native.enabled = True
        self._log_in()
        users = self.env["res.users"].sudo()
        for number in (native.id, str(native.id), [native.id], True, None):
            with self.assertRaises(AccessDenied):
                users.auth_oauth(number, {"access_token": "x", "state": "{}"})

    def test_bad_set_up_is_refused_with_what_would_be_right(self):
        table = [
            ({"issuer": "http://login.harbour.example"}, "https"),
            ({"issuer": "https://10.0.0.1"}, "private"),
            ({"issuer": "https://login.harbour.example?x=1"}, "without"),
            ({"issuer": 5}, "must be text"),
            ({"provisioning": "yes"}, "true or false"),
            ({"domains": "harbour.example"}, "list"),
            ({"domains": ["nonsense"]}, "no domain"),
            ({"domains": [None]}, "no domain"),
            ({"domains": ["gmail.com"]}, "Anybody"),
            ({"scopes": ["x"]}, "no “scopes”"),
        ]
        for spec, text in table:
            with self.subTest(spec=spec), self.assertRaisesRegex(UserError, text):
                self.contract.create_integration({"kind": "sso", **spec})
        for settings in ({"issuer": ""}, {"client_id": None}):
            with self.subTest(settings=settings), self.assertRaisesRegex(UserError, "Enter the issuer"):
                self.sso.configure_sso(settings)
        for settings in (None, {}, [], {"state": "active"}, {"kind": "api"}):
            with self.subTest(settings=settings), self.assertRaisesRegex(UserError, "there are"):
                self.sso.configure_sso(settings)


@tagged("post_install", "-at_install")
class TestSsoPeople(SsoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Quay")

    def _new_user(self, login, groups="base.group_portal", parent=None, email=None):
        partner = self.env["res.partner"].create({"name": login, "parent_id": (parent or self.customer).id})
        return new_test_user(self.env, login, groups, partner_id=partner.id, email=email or login)

    def test_the_first_login_provisions_and_the_second_finds_the_same_user(self):
        bea = {"sub": "bea-1", "email": "Bea@harbour.example", "name": "  Bea\n B. "}
        with patch.object(type(self.env["res.users"]), "_action_reset_password") as letter:
            user = self._log_in(**bea)
        self.assertFalse(letter.called, "who logs in with the company needs no letter about a password")
        self.assertEqual((user.login, user.name, user.parent_id), ("bea@harbour.example", "Bea B.", self.customer))
        self.assertTrue(user.share and user.has_group("base.group_portal"))
        self.assertEqual(user.company_id, self.contract.company_id)
        token = user.oauth_access_token
        self.assertEqual(self._log_in(**bea), user)
        self.assertEqual(user.oauth_access_token, token, "a second device does not end the first one's session")
        self.assertNotIn(token, ("access", ""))
        self.assertEqual(self._log_in(**{**bea, "email": "bea.b@harbour.example"}), user, "the subject is who it is")
        self.assertIn("got a portal user", self._log_names())

    def test_a_contact_without_user_is_used_again(self):
        contact = self.env["res.partner"].create(
            {"name": "Cem", "email": "Cem@Harbour.example", "parent_id": self.customer.id}
        )
        elsewhere = contact.copy({"parent_id": self.other.id})
        user = self._log_in(sub="cem-1", email="cem@harbour.example")
        self.assertEqual(user.partner_id, contact)
        self.assertNotEqual(user.partner_id, elsewhere)

    def test_people_of_others_are_never_matched(self):
        self._new_user("quay@harbour.example", parent=self.other)
        self._new_user("staff@harbour.example", "base.group_user")
        self._new_user("public@harbour.example", "base.group_public")
        self._new_user("gone@harbour.example").active = False
        new_test_user(self.env, "STAFF2@harbour.example", "base.group_user")
        for name in ("quay", "staff", "public", "staff2"):
            with self.subTest(name=name):
                self.assert_refused("otherwise", sub=name, email=f"{name}@harbour.example")
        self.assert_refused("deactivated", sub="gone", email="gone@harbour.example")
        # A pattern of SQL is an address like any other.
        self.assertEqual(self._log_in(sub="p", email="%@harbour.example").login, "%@harbour.example")

    def test_who_became_somebody_else_is_not_let_in_any_more(self):
        user = self._log_in()
        self.assertEqual(user, self.portal_user)
        user.partner_id.parent_id = self.other
        self.assert_refused("otherwise")
        user.partner_id.parent_id = self.customer
        user.group_ids = self.env.ref("base.group_user")
        self.assert_refused("otherwise")

    def test_addresses_that_prove_nothing_are_refused(self):
        count = self.env["res.users"].with_context(active_test=False).search_count([])
        for text, claims in (
            ("is verified", {"email_verified": False}),
            ("is verified", {"email_verified": None}),
            ("none of the verified", {"email": "ada@quay.example"}),
            ("none of the verified", {"email": "ada@harbour.example.evil.example"}),
            ("scope", {"email": None}),
        ):
            with self.subTest(claims=claims):
                self.assert_refused(text, **claims)
        self.sso.sso_domain_ids.action_withdraw()
        self.assert_refused("none of the verified")
        self.assertEqual(self.env["res.users"].with_context(active_test=False).search_count([]), count)

    def test_an_unmarked_address_counts_where_that_is_set(self):
        self.sso.sso_trusts_email = True
        self.assertEqual(self._log_in(email_verified=None), self.portal_user)
        self.assert_refused("is verified", email_verified=False)

    def test_the_next_person_with_an_address_is_not_the_one_before(self):
        self._log_in()
        self.assert_refused("another person", sub="ada-2")

    def test_a_colleagues_address_is_not_enough_once_somebody_was_here(self):
        mallory = self._new_user("mallory", email="ceo@harbour.example")
        self.env["res.users.log"].with_user(mallory).sudo().create({})
        self.env.invalidate_all()
        self.assert_refused("another login", sub="ceo", email="ceo@harbour.example")
        mallory.login = "ceo@harbour.example"
        self.assertEqual(self._log_in(sub="ceo", email="ceo@harbour.example"), mallory)

    def test_without_provisioning_only_known_people_log_in(self):
        self.sso.configure_sso({"provisioning": False})
        self.assertEqual(self._log_in(), self.portal_user)
        self.assertEqual(self.assert_refused("no user", sub="new", email="new@harbour.example").code, "unknown")

    def test_a_provider_speaks_for_its_own_customer_only(self):
        contract = self._create_contract(self.other)
        quay = FakeProvider("https://login.quay.example", name="quay")
        theirs = self._create_sso(contract, quay, "quay.example")
        login = self._begin(self.sso)
        # A token of theirs for our login, and one of ours at their address.
        self.provider.answer_with(quay.sign(quay.claims(login)))
        with self.assertRaises(LoginRefused):
            self.sso._redeem(login, {"code": "c"})
        self.startPatcher(patch.object(guarded_http, "request", quay.request))
        login = self._begin(theirs)
        quay.answer_with(self.provider.sign(self.provider.claims(login)))
        with self.assertRaises(LoginRefused):
            theirs._redeem(login, {"code": "c"})
        # Their own provider claims one of our people.
        quay.answer_with(quay.sign(quay.claims(login)))
        claims = theirs._redeem(login, {"code": "c"})
        with self.assertRaisesRegex(LoginRefused, "none of the verified"):
            theirs._admit(claims)
        self.assertFalse(self.portal_user.oauth_uid)
