"""Signatures of the Standard Webhooks specification, version 1 (symmetric): HMAC-SHA256 over id, time and body.

What is signed is `{id}.{timestamp}.{body}`; the secret is base64 behind `whsec_`, 24 to 64 bytes. During a rotation
a message carries a signature by each secret that holds, the newest first.
"""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


class SigningError(ValueError):
    """Say in one sentence why something cannot be signed."""


def write_secret(key):
    """Return random bytes as a secret that receivers are given."""
    _check_length(key)
    return PREFIX + base64.b64encode(key).decode("ascii")


def read_secret(secret):
    """Return the bytes of a secret, or raise SigningError."""
    if not isinstance(secret, str) or not secret.startswith(PREFIX):
        raise SigningError(f"A secret begins with “{PREFIX}”.")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SigningError(f"What follows “{PREFIX}” in a secret is base64.") from None
    _check_length(key)
    return key


def _check_length(key):
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise SigningError(f"A secret has {LEAST_BYTES} to {MOST_BYTES} bytes, not {len(key)}.")


def sign(secret, message_id, timestamp, body):
    """Return the signature of a message by one secret.

    :param timestamp: seconds since 1970, a whole number
    :param body: the bytes that are sent
    """
    if not message_id or "." in message_id:
        raise SigningError("The id of a message is text without a full stop: it separates what is signed.")
    signed = f"{message_id}.{timestamp:d}.".encode() + body
    digest = hmac.new(read_secret(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def make_headers(secrets, message_id, timestamp, body):
    """Return the headers by which a receiver knows that a message is ours, fresh and whole."""
    if not secrets:
        raise SigningError("A message is signed by at least one secret.")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": f"{timestamp:d}",
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in secrets),
    }
