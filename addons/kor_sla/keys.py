"""Keys with which machines call: shown once, kept as a hash, and found again by it."""

import hashlib
import hmac
import secrets


def make_key(prefix):
    """Return a new key; its prefix says what it opens."""
    return prefix + secrets.token_urlsafe(32)


def hash_key(key):
    # A key has 256 random bits: nobody can try them all, so a slow hash would protect nothing.
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def prepare_key(key):
    """Return what a record keeps of its key."""
    return {"key_hash": hash_key(key), "key_hint": f"…{key[-4:]}"}


def find_by_key(records_sudo, key):
    """Return the record of a model that has the key, an empty one where none has it."""
    if not isinstance(key, str) or not key:
        return records_sudo.browse()
    digest = hash_key(key)
    found = records_sudo.search([("key_hash", "=", digest)], limit=1)
    # By digests, and also where there is none: how long it takes says nothing about how near a guess was.
    return found if hmac.compare_digest(found.key_hash or hash_key(""), digest) else found.browse()
