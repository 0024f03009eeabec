"""An OpenID provider in memory: it signs what it is told to, well or badly."""

import base64
import hashlib
import json
import time
from functools import cache
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from odoo.addons.kor_integrations.tools.guarded_http import Answer, Failed


@cache
def make_key(name, kind="RSA", bits=2048):
    """Return a private key; the same one for the same name."""
    if kind == "EC":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, bits)


def jwk(key, kid, **more):
    """Return the public part of a key as an entry of a key set."""
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


def at_hash(token):
    digest = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class FakeProvider:
    """Answers as a provider would; used in place of the guarded client's `request`."""

    def __init__(self, issuer, client_id="kor", name="main"):
        self.issuer, self.client_id = issuer, client_id
        self.key, self.kid = make_key(name), f"{name}-1"
        self.keys = [jwk(self.key, self.kid)]
        self.document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        self.token_answer = None
        self.userinfo = None
        self.requests = []
        self.is_down = False

    def claims(self, login=None, **more):
        """Return good claims of Ada for a login, with some of them changed; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "ada-1",
            "iat": now,
            "exp": now + 300,
            "nonce": (login or {}).get("nonce"),
            "email": "ada@harbour.example",
            "email_verified": True,
            "name": "Ada L.",
            **more,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims, key=None, algorithm="RS256", **header):
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": self.kid, **header})

    def answer_with(self, token, access_token="access", status=200, **more):
        self.token_answer = (status, {"id_token": token, "access_token": access_token, "token_type": "Bearer", **more})

    def request(self, method, url, *, data=b"", headers=None, **_options):
        self.requests.append((method, url, data, headers or {}))
        if self.is_down:
            raise Failed("login.harbour.example did not answer in time.")
        status, found = self._route(url)
        return Answer(status, {}, json.dumps(found).encode(), 1)

    def _route(self, url):
        path = url.removeprefix(self.issuer)
        return {
            "/.well-known/openid-configuration": (200, self.document),
            "/keys": (200, {"keys": self.keys}),
            "/token": self.token_answer,
            "/userinfo": (200, self.userinfo) if self.userinfo else (401, {}),
        }.get(path, (404, {}))


def query(url):
    """Return the arguments of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
