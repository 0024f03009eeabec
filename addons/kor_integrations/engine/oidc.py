"""Check what an OpenID provider says: discovery document, keys, id tokens, logout tokens.

Units: moments are seconds since 1970 in UTC. Tokens and claims come from others: any shape, any type.
Errors: OidcError with a code of `CODES`; nothing of what came from outside is in its text.
Source: OpenID Connect Core 1.0 (3.1.3.7, 3.3.2.11), Discovery 1.0 (4.3), Back-Channel Logout 1.0 (2.6), RFC 7636
(PKCE), RFC 8725 (best practice for JWT), RFC 9207 (issuer in the answer).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

# By algorithm: the type of key, and the curve where there is one. Nothing else is ever taken: no “none”, and no HMAC,
# whose key would be a text that everybody knows where a public key is used for it.
ALGORITHMS = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256")}
CODES = frozenset(
    {
        "document", "issuer", "endpoint", "flow", "pkce", "algorithms", "keys", "token", "algorithm", "key",
        "signature", "audience", "expired", "issued", "nonce", "subject", "at_hash", "event", "email",
        "email_unverified", "email_domain",
    }
)  # fmt: skip
LEEWAY = 60
_LABEL = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
TOKEN_LENGTH = 16_384
SUBJECT_LENGTH = 255
LOGOUT_AGE = 300
RSA_BITS = 2048
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_PATH = "/backchannel-logout"


class OidcError(ValueError):
    """Say by a code what is wrong with what a provider said."""

    def __init__(self, code: str):
        assert code in CODES, code
        super().__init__(code)
        self.code = code


class UnknownKey(OidcError):
    """Say that a token is signed with a key that was not there when the keys were fetched."""

    def __init__(self):
        super().__init__("key")


@dataclass(frozen=True)
class Provider:
    """What is needed of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    algorithms: tuple[str, ...]
    auth_methods: tuple[str, ...]
    names_issuer: bool


def read_discovery(document: Any, issuer: str) -> Provider:
    """Return what is needed of a discovery document, or raise where we cannot work with it."""
    if not isinstance(document, dict):
        raise OidcError("document")
    # Exactly, to the last slash: who could put another issuer here could speak for it.
    if document.get("issuer") != issuer:
        raise OidcError("issuer")
    _check_abilities(document)
    algorithms = tuple(one for one in _texts(document, "id_token_signing_alg_values_supported") if one in ALGORITHMS)
    if not algorithms:
        raise OidcError("algorithms")
    scheme = urlsplit(issuer).scheme
    userinfo = document.get("userinfo_endpoint")
    return Provider(
        issuer=issuer,
        authorization_endpoint=_endpoint(document.get("authorization_endpoint"), scheme),
        token_endpoint=_endpoint(document.get("token_endpoint"), scheme),
        jwks_uri=_endpoint(document.get("jwks_uri"), scheme),
        userinfo_endpoint=_endpoint(userinfo, scheme) if userinfo else "",
        algorithms=algorithms,
        auth_methods=tuple(_texts(document, "token_endpoint_auth_methods_supported")) or ("client_secret_basic",),
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _check_abilities(document: dict) -> None:
    if "code" not in _texts(document, "response_types_supported"):
        raise OidcError("flow")
    challenges = _texts(document, "code_challenge_methods_supported")
    # Many providers can and do not say so; one that says it cannot, cannot.
    if challenges and "S256" not in challenges:
        raise OidcError("pkce")


def _texts(document: dict, name: str) -> list[str]:
    found = document.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _endpoint(url: Any, scheme: str) -> str:
    """Return the address, which is as safe as the issuer's own, or raise."""
    if not is_address(url) or (urlsplit(url).scheme != "https" and scheme == "https"):
        raise OidcError("endpoint")
    return url


def is_address(url: Any) -> bool:
    """Tell whether it is a plain address of the web: a host, no user in it, no fragment, nothing invisible."""
    if not isinstance(url, str) or len(url) > 2000 or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises where it is none
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username and not parts.fragment


def challenge(verifier: str) -> str:
    """Return the S256 challenge of PKCE for a verifier."""
    return _b64(hashlib.sha256(verifier.encode("ascii")).digest())


def _b64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def read_keys(document: Any) -> list[dict]:
    """Return the public keys of a key set that sign, or raise where there is none."""
    keys = document.get("keys") if isinstance(document, dict) else None
    types = {kind for kind, _curve in ALGORITHMS.values()}
    good = [
        {name: value for name, value in key.items() if isinstance(value, str)}
        for key in (keys if isinstance(keys, list) else [])
        # A secret among them would be known to all.
        if isinstance(key, dict) and key.get("kty") in types and key.get("use", "sig") == "sig" and "d" not in key
    ]
    if not good:
        raise OidcError("keys")
    return good


def verify(token: Any, keys: list[dict]) -> dict:
    """Return the claims of a token that one of the keys has signed; nothing of them is checked yet.

    :raise UnknownKey: where keys fetched anew may have the one that is named
    """
    header = _read_header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise OidcError("algorithm")
    # Keys come from the provider's address only: “jwk”, “jku” and “x5u” of the token are what an attacker would write.
    fitting = _find_keys(keys, algorithm, header.get("kid"))
    if not fitting:
        raise UnknownKey()
    for key in fitting:
        claims = _decode(token, key, algorithm)
        if claims is not None:
            return claims
    raise OidcError("signature")


def _read_header(token: Any) -> dict:
    if not isinstance(token, str) or len(token) > TOKEN_LENGTH or token.count(".") != 2:
        raise OidcError("token")
    try:
        part = token.split(".")[0]
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise OidcError("token") from None
    if not isinstance(header, dict) or "crit" in header:
        raise OidcError("token")
    return header


def _find_keys(keys: list[dict], algorithm: str, kid: Any) -> list[dict]:
    kind, curve = ALGORITHMS[algorithm]
    fitting = [
        key
        for key in keys
        if key.get("kty") == kind and key.get("crv") == curve and key.get("alg", algorithm) == algorithm
    ]
    if kid is None:
        return fitting
    return [key for key in fitting if key.get("kid", kid) == kid]


def _decode(token: str, key: dict, algorithm: str) -> dict | None:
    try:
        public = jwt.PyJWK(key, algorithm=algorithm).key
        if getattr(public, "key_size", 0) < RSA_BITS and ALGORITHMS[algorithm][0] == "RSA":
            return None
        payload = jwt.api_jws.decode(token, public, algorithms=[algorithm])
        claims = json.loads(payload)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def check_id_token(claims: dict, *, issuer: str, client_id: str, nonce: str, now: float, leeway: int = LEEWAY) -> None:
    """Raise unless the claims are for us, from this provider, for this login, and for now."""
    _check_parties(claims, issuer, client_id)
    _check_times(claims, now, leeway)
    given = claims.get("nonce")
    if not nonce or not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise OidcError("nonce")
    _check_subject(claims.get("sub"))


def check_logout_token(claims: dict, *, issuer: str, client_id: str, now: float, leeway: int = LEEWAY) -> str:
    """Return the subject that a logout token is about, or raise."""
    _check_parties(claims, issuer, client_id)
    _check_times(claims, now, leeway)
    if now - claims["iat"] > LOGOUT_AGE:
        raise OidcError("expired")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise OidcError("event")
    # An id token has one: it must not do as a logout token.
    if "nonce" in claims:
        raise OidcError("nonce")
    _check_subject(claims.get("sub"))
    return claims["sub"]


def _check_parties(claims: dict, issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise OidcError("issuer")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or not client_id or client_id not in audiences:
        raise OidcError("audience")
    party = claims.get("azp")
    # With more than one audience, it has to say whom it was made for.
    if (len(audiences) > 1 or party is not None) and party != client_id:
        raise OidcError("audience")


def _check_times(claims: dict, now: float, leeway: int) -> None:
    expiry, issued, since = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if not _is_moment(expiry) or expiry + leeway <= now:
        raise OidcError("expired")
    if not _is_moment(issued) or issued - leeway > now or not _is_moment(since) or since - leeway > now:
        raise OidcError("issued")


def _is_moment(value: Any) -> bool:
    # NaN is smaller and greater than nothing: a comparison with it would let it through.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def _check_subject(subject: Any) -> None:
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH or not subject.isprintable():
        raise OidcError("subject")


def check_access_token(claims: dict, access_token: str) -> None:
    """Raise where the id token names an access token that is not this one."""
    if "at_hash" not in claims:
        return
    # All algorithms we take use SHA-256.
    digest = hashlib.sha256(access_token.encode("utf-8", "replace")).digest()
    given = claims["at_hash"]
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), _b64(digest[:16]).encode()):
        raise OidcError("at_hash")


def read_email(claims: dict, domains: frozenset[str], *, trusts_silence: bool = False) -> str:
    """Return the verified address of one of the domains, in lower case, or raise.

    :param trusts_silence: whether an address counts that the provider does not say anything about
    """
    email = claims.get("email")
    if not isinstance(email, str) or len(email) > 254 or not email.isascii() or not email.isprintable():
        raise OidcError("email")
    local, at, domain = email.lower().rpartition("@")
    if not at or not local or "@" in local or not domain or set(email) & set(" <>,;:\"'()[]\\"):
        raise OidcError("email")
    verified = claims.get("email_verified")
    if not (verified is True or verified == "true" or (verified is None and trusts_silence)):
        raise OidcError("email_unverified")
    if domain not in domains:
        raise OidcError("email_domain")
    return f"{local}@{domain}"


def read_domain(text: Any) -> str:
    """Return a domain as it stands in addresses, in lower case and ASCII, or nothing where it is none."""
    if not isinstance(text, str) or len(text) > 253:
        return ""
    try:
        domain = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    labels = domain.split(".")
    good = len(labels) > 1 and not labels[-1].isdigit() and all(_LABEL.fullmatch(label) for label in labels)
    return domain if good else ""


def local_path(path: Any, default: str = "/my") -> str:
    """Return the path where it leads nowhere but to this site, the default otherwise."""
    if not isinstance(path, str) or len(path) > 1000 or not path.isascii() or not path.isprintable():
        return default
    # Browsers read “//host”, “/\host” and “/\t/host” as another site.
    if not path.startswith("/") or path[1:2] in ("/", "\\") or "\\" in path or " " in path:
        return default
    parts = urlsplit(path)
    return default if parts.scheme or parts.netloc or parts.path.startswith(("/kor/sso", "/web/login")) else path
