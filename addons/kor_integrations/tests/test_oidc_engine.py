import base64
import json
import warnings

import jwt
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine import oidc, pending
from .oidc_common import FakeProvider, at_hash, jwk, make_key

ISSUER = "https://login.harbour.example"
NOW = 1_800_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def b64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


WRONG_CLAIMS = [
    ("issuer", {"iss": "https://login.harbour.example/"}),
    ("issuer", {"iss": "https://evil.example"}),
    ("issuer", {"iss": None}),
    ("audience", {"aud": "other"}),
    ("audience", {"aud": []}),
    ("audience", {"aud": {"kor": 1}}),
    ("audience", {"aud": "korx"}),
    ("audience", {"aud": ["kor", "other"]}),
    ("audience", {"azp": "other"}),
    ("expired", {"exp": NOW - 60}),
    ("expired", {"exp": "2099"}),
    ("expired", {"exp": True}),
    ("expired", {"exp": float("nan")}),
    ("expired", {"exp": float("inf")}),
    ("expired", {"exp": -1}),
    ("issued", {"iat": NOW + 61}),
    ("issued", {"iat": None}),
    ("issued", {"nbf": NOW + 61}),
    ("nonce", {"nonce": "n-2"}),
    ("nonce", {"nonce": None}),
    ("nonce", {"nonce": ["n-1"]}),
    ("subject", {"sub": ""}),
    ("subject", {"sub": 7}),
    ("subject", {"sub": "x" * 256}),
    ("subject", {"sub": "a\nb"}),
]


@tagged("post_install", "-at_install", "kor_engine")
class TestOidcEngine(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = FakeProvider(ISSUER)
        cls.good = cls.provider.claims({"nonce": "n-1"}, iat=NOW, exp=NOW + 300)

    def assert_code(self, code, function, *arguments, **named):
        with self.assertRaises(oidc.OidcError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.code, code)

    def check_id(self, claims, **more):
        oidc.check_id_token(claims, **{"issuer": ISSUER, "client_id": "kor", "nonce": "n-1", "now": NOW, **more})

    def test_good_claims_pass(self):
        self.check_id(self.good)
        self.check_id({**self.good, "aud": ["kor", "other"], "azp": "kor"})
        self.check_id({**self.good, "exp": NOW - 59})
        self.check_id({**self.good, "iat": NOW + 59})

    def test_claims_of_others_and_other_times_are_refused(self):
        for code, wrong in WRONG_CLAIMS:
            with self.subTest(wrong=wrong):
                self.assert_code(code, self.check_id, {**self.good, **wrong})
        self.assert_code("nonce", self.check_id, {**self.good, "nonce": ""}, nonce="")
        self.assert_code("audience", self.check_id, {**self.good, "aud": ""}, client_id="")

    def test_signatures_of_the_three_algorithms_are_taken(self):
        curve = make_key("curve", "EC")
        keys = oidc.read_keys({"keys": [*self.provider.keys, jwk(curve, "ec-1"), {"kty": "oct", "k": "AAAA"}]})
        for algorithm, key, kid in (
            ("RS256", self.provider.key, self.provider.kid),
            ("PS256", self.provider.key, self.provider.kid),
            ("ES256", curve, "ec-1"),
        ):
            token = jwt.encode(self.good, key, algorithm=algorithm, headers={"kid": kid})
            self.assertEqual(oidc.verify(token, keys), self.good, algorithm)
        without_kid = jwt.encode(self.good, self.provider.key, algorithm="RS256")
        self.assertEqual(oidc.verify(without_kid, keys), self.good)

    def sign_with_public_key(self):
        """Return a token whose secret is the public key, as if it were the key of an HMAC."""
        pem = self.provider.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = f"{b64({'alg': 'HS256', 'kid': self.provider.kid})}.{b64(self.good)}"
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed.encode(), pem)
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    def test_forged_signatures_are_refused(self):
        provider, keys = self.provider, oidc.read_keys({"keys": self.provider.keys})
        head, _body, signature = provider.sign(self.good).split(".")
        thief = make_key("thief")
        own = jwk(thief, provider.kid)
        table = [
            ("signature", provider.sign(self.good, key=thief)),
            ("signature", provider.sign(self.good, key=thief, jwk=own)),
            ("signature", provider.sign(self.good, key=thief, jku="https://evil.example/keys")),
            ("signature", f"{head}.{b64({**self.good, 'sub': 'root'})}.{signature}"),
            ("signature", f"{head}.{b64(self.good)}."),
            ("algorithm", f"{b64({'alg': 'none'})}.{b64(self.good)}."),
            ("algorithm", f"{b64({'alg': 'None', 'kid': provider.kid})}.{b64(self.good)}."),
            ("algorithm", f"{b64({'alg': ['RS256']})}.{b64(self.good)}.x"),
            ("algorithm", self.sign_with_public_key()),
            ("algorithm", jwt.encode(self.good, provider.key, algorithm="RS512", headers={"kid": provider.kid})),
            ("key", provider.sign(self.good, key=thief, kid="other")),
            ("key", jwt.encode(self.good, make_key("curve", "EC"), algorithm="ES256")),
            ("token", f"{b64({'alg': 'RS256', 'crit': ['exp']})}.{b64(self.good)}.x"),
            ("token", "a.b"),
            ("token", ".."),
            ("token", "x" * 20_000),
            ("token", f"{b64([])}.{b64(self.good)}.x"),
            ("token", None),
        ]
        for code, token in table:
            with self.subTest(token=str(token)[:60], code=code):
                self.assert_code(code, oidc.verify, token, keys)

    def test_short_and_secret_keys_are_not_used(self):
        weak = make_key("weak", bits=1024)
        with warnings.catch_warnings(action="ignore"):
            token = jwt.encode(self.good, weak, algorithm="RS256", headers={"kid": "weak"})
        self.assert_code("signature", oidc.verify, token, oidc.read_keys({"keys": [jwk(weak, "weak")]}))
        for document in (None, [], {}, {"keys": 3}, {"keys": [None, {"kty": "oct", "k": "AA"}]},
                         {"keys": [{**self.provider.keys[0], "use": "enc"}]},
                         {"keys": [{**self.provider.keys[0], "d": "AA"}]}):  # fmt: skip
            self.assert_code("keys", oidc.read_keys, document)

    def test_discovery_documents(self):
        good = self.provider.document
        found = oidc.read_discovery(good, ISSUER)
        self.assertEqual((found.token_endpoint, found.algorithms), (f"{ISSUER}/token", ("RS256",)))
        table = [
            ("document", None),
            ("document", []),
            ("issuer", {**good, "issuer": f"{ISSUER}/"}),
            ("issuer", {}),
            ("flow", {**good, "response_types_supported": ["id_token"]}),
            ("pkce", {**good, "code_challenge_methods_supported": ["plain"]}),
            ("algorithms", {**good, "id_token_signing_alg_values_supported": ["none", "HS256"]}),
            ("endpoint", {**good, "token_endpoint": "http://login.harbour.example/token"}),
            ("endpoint", {**good, "authorization_endpoint": "javascript:alert(1)"}),
            ("endpoint", {**good, "authorization_endpoint": "https://user@login.harbour.example/"}),
            ("endpoint", {**good, "jwks_uri": "https://login.harbour.example/\r\nX: y"}),
            ("endpoint", {**good, "jwks_uri": "https://login:x/"}),
            ("endpoint", {**good, "jwks_uri": 5}),
        ]
        for code, document in table:
            with self.subTest(document=document):
                self.assert_code(code, oidc.read_discovery, document, ISSUER)

    def test_the_challenge_is_the_published_one(self):
        # RFC 7636, appendix B.
        self.assertEqual(
            oidc.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        )

    def test_tokens_that_do_not_belong_together_are_refused(self):
        oidc.check_access_token({}, "any")
        oidc.check_access_token({"at_hash": at_hash("mine")}, "mine")
        self.assert_code("at_hash", oidc.check_access_token, {"at_hash": at_hash("mine")}, "other")
        self.assert_code("at_hash", oidc.check_access_token, {"at_hash": None}, "other")

    def test_logout_tokens(self):
        good = {name: self.good[name] for name in ("iss", "aud", "sub", "iat", "exp")}
        good["events"] = {oidc.LOGOUT_EVENT: {}}
        named = {"issuer": ISSUER, "client_id": "kor", "now": NOW}
        self.assertEqual(oidc.check_logout_token(good, **named), "ada-1")
        table = [
            ("event", {"events": {}}),
            ("event", {"events": [oidc.LOGOUT_EVENT]}),
            ("event", {"events": {oidc.LOGOUT_EVENT: None}}),
            ("nonce", {"nonce": "n-1"}),
            ("subject", {"sub": None}),
            ("audience", {"aud": "other"}),
            ("issuer", {"iss": "https://evil.example"}),
            ("expired", {"exp": NOW - 61}),
            ("expired", {"iat": NOW - 301}),
        ]
        for code, wrong in table:
            with self.subTest(wrong=wrong):
                self.assert_code(code, oidc.check_logout_token, {**good, **wrong}, **named)
        self.assert_code("event", oidc.check_logout_token, self.good, **named)

    def test_addresses(self):
        domains = frozenset({"harbour.example"})
        self.assertEqual(oidc.read_email({"email": "Ada@Harbour.Example", "email_verified": True}, domains),
                         "ada@harbour.example")  # fmt: skip
        self.assertTrue(oidc.read_email({"email": "a@harbour.example"}, domains, trusts_silence=True))
        table = [
            ("email", {}),
            ("email", {"email": ["ada@harbour.example"]}),
            ("email", {"email": "harbour.example"}),
            ("email", {"email": "ada@evil.example@harbour.example"}),
            ("email", {"email": "ada@harbour.example\n"}),
            ("email", {"email": "Ada <ada@harbour.example>"}),
            ("email", {"email": "аda@harbour.example"}),
            ("email_unverified", {"email_verified": False}),
            ("email_unverified", {"email_verified": "false"}),
            ("email_unverified", {"email_verified": None}),
            ("email_unverified", {"email_verified": 1}),
            ("email_domain", {"email": "ada@evil.example"}),
            ("email_domain", {"email": "ada@sub.harbour.example"}),
            ("email_domain", {"email": "ada@harbour.example."}),
        ]
        good = {"email": "ada@harbour.example", "email_verified": True}
        for code, wrong in table:
            with self.subTest(wrong=wrong):
                claims = wrong if wrong == {} else {**good, **wrong}
                self.assert_code(code, oidc.read_email, claims, domains)
        self.assert_code("email_unverified", oidc.read_email, {**good, "email_verified": False}, domains,
                         trusts_silence=True)  # fmt: skip

    def test_domains(self):
        table = {
            " Harbour.Example. ": "harbour.example",
            "bücher.example": "xn--bcher-kva.example",
            "localhost": "",
            "127.0.0.1": "",
            "a..example": "",
            "-a.example": "",
            "a_b.example": "",
            "harbour.example/x": "",
            "*.example": "",
            "": "",
        }
        for text, domain in table.items():
            self.assertEqual(oidc.read_domain(text), domain, text)
        self.assertEqual([oidc.read_domain(one) for one in (None, 5, ["a.b"])], ["", "", ""])

    def test_redirects_lead_nowhere_else(self):
        for path in ("/my", "/my/contracts/5?access_token=x", "/odoo#action=1"):
            self.assertEqual(oidc.local_path(path, "/x"), path)
        for path in ("//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "evil", "",
                     "/\t/evil.example", "/ /evil.example", "/a\\b", "/%s" % ("a" * 1000), "/web/login", "/kor/sso/x",
                     "/ä", None, ["/my"], "/\r\nSet-Cookie: a=b"):  # fmt: skip
            self.assertEqual(oidc.local_path(path, "/x"), "/x", path)

    def test_a_login_is_taken_once_in_time_and_where_it_was_begun(self):
        sessions, login = pending.begin(None, 7, "/my", 1000)
        state = login["state"]
        self.assertEqual(pending.take(sessions, state, 7, 1600)[1], login)
        left, _login = pending.take(sessions, state, 7, 1000)
        self.assertEqual(pending.take(left, state, 7, 1000), ({}, {}))
        self.assertEqual(pending.take(sessions, state, 8, 1000), ({}, {}))
        for wrong in (state[:-1], "", None, [state], 5):
            self.assertEqual(pending.take(sessions, wrong, 7, 1000), (sessions, {}))
        self.assertEqual(pending.take(sessions, state, 7, 1601), ({}, {}))
        for _number in range(9):
            sessions, login = pending.begin(sessions, 7, "/my", 1000)
        self.assertEqual(len(sessions), pending.COUNT)
        self.assertIn(login["state"], sessions)


@tagged("post_install", "-at_install", "kor_engine")
class TestOidcEngineLaws(BaseCase):
    """Whatever comes from outside, the answer is a code and no other error."""

    @settings(max_examples=50, deadline=None)
    @given(st.dictionaries(st.sampled_from(["iss", "aud", "azp", "exp", "iat", "nonce", "sub"]), JSON))
    def test_any_claims(self, claims):
        good = FakeProvider(ISSUER).claims({"nonce": "n-1"}, iat=NOW, exp=NOW + 300)
        named = {"issuer": ISSUER, "client_id": "kor", "nonce": "n-1", "now": NOW}
        try:
            oidc.check_id_token({**good, **claims}, **named)
        except oidc.OidcError:
            return
        merged = {**good, **claims}
        self.assertEqual((merged["iss"], merged["nonce"]), (ISSUER, "n-1"))
        self.assertTrue(merged["aud"] == "kor" or "kor" in merged["aud"])

    @settings(max_examples=50, deadline=None)
    @given(JSON | st.text(alphabet="abcAB.-_=", max_size=60))
    def test_any_token_and_document(self, value):
        keys = FakeProvider(ISSUER).keys
        for function, arguments in (
            (oidc.verify, (value, keys)),
            (oidc.read_discovery, (value, ISSUER)),
            (oidc.read_keys, (value,)),
            (oidc.read_email, ({"email": value, "email_verified": True}, frozenset({"a.b"}))),
        ):
            with self.assertRaises(oidc.OidcError):
                function(*arguments)

    @settings(max_examples=50, deadline=None)
    @given(st.text(alphabet="/\\ab:.@?#\t\n ä%", max_size=15))
    def test_any_redirect_stays_here(self, path):
        found = oidc.local_path(path, "/x")
        self.assertRegex(found, r"^/([^/\\]|$)")
        self.assertTrue(found in (path, "/x"))
