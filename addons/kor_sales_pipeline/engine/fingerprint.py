"""The fingerprint of what a document says."""

import hashlib
import json
from typing import Any


def fingerprint(content: Any) -> str:
    """Return the SHA-256 of plain JSON: the same whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
