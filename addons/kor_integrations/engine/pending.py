"""Logins under way: what a visitor's session keeps between leaving for a provider and coming back.

Units: moments are seconds. A login is taken once, by its state, and for the integration only that it was begun for.
"""

import secrets
from typing import Any

SECONDS = 600
# As many as people have tabs open; a session must not grow with every click.
COUNT = 5


def begin(pendings: Any, integration_id: int, redirect: str, now: float) -> tuple[dict, dict]:
    """Return the logins under way with a new one, and the new one."""
    login = {
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48),
        "integration": integration_id,
        "redirect": redirect,
        "time": now,
    }
    young = [one for one in _alive(pendings, now).items()][-(COUNT - 1) :]
    return dict([*young, (login["state"], login)]), login


def take(pendings: Any, state: Any, integration_id: int, now: float) -> tuple[dict, dict]:
    """Return the logins that are left, and the one with this state: empty where there is none.

    A state that comes back to another integration's address is used up all the same: somebody has mixed them up.
    """
    left = _alive(pendings, now)
    login = left.pop(state, {}) if isinstance(state, str) else {}
    return left, login if login.get("integration") == integration_id else {}


def _alive(pendings: Any, now: float) -> dict:
    found = pendings if isinstance(pendings, dict) else {}
    return {state: one for state, one in found.items() if 0 <= now - one["time"] <= SECONDS}
