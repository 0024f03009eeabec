"""Sending webhooks in threads: each end point has lanes of its own, so that a slow one holds up nobody but itself.

Nothing here knows the ORM. A lane sends its messages one after another and stops at the first failure, or when its
time is over: what was not sent stays due.
"""

import time
from datetime import UTC, datetime
from typing import NamedTuple

from ..engine.retry import read_retry_after
from ..engine.signing import make_headers
from .addresses import Refused
from .guarded_http import Failed, request

TIMEOUT = (5, 10)
LANE_SECONDS = 5
ANSWER_BYTES = 1024
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
AGENT = "KOR-Enterprise-Webhooks/1"


class Message(NamedTuple):
    """One delivery: `key` is the id that the receiver sees, the same at each attempt."""

    id: int
    integration_id: int
    key: str
    attempts: int
    url: str
    body: bytes
    secrets: tuple


class Sent(NamedTuple):
    """What came of one attempt; `status` is 0 where there was no answer."""

    message: Message
    status: int
    milliseconds: int
    error: str = ""
    response: str = ""
    retry_after: int | None = None

    @property
    def is_good(self):
        return 200 <= self.status < 300


def send(message, allow_private=""):
    """Send a message once."""
    started = time.monotonic()
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": AGENT,
        **make_headers(message.secrets, message.key, int(time.time()), message.body),
    }
    try:
        answer = request("POST", message.url, data=message.body, headers=headers, timeout=TIMEOUT,
                         limit=ANSWER_BYTES, allow_private=allow_private)  # fmt: skip
    except (Refused, Failed) as error:
        return Sent(message, 0, round((time.monotonic() - started) * 1000), str(error))
    text = answer.body.decode("utf-8", "replace").replace("\x00", "")
    retry_after = read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
    return Sent(message, answer.status, answer.milliseconds, _describe(answer.status), text, retry_after)


def _describe(status):
    """Return in words why an answer is no success, or nothing."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"Redirects are not followed (HTTP {status}): enter the address where it leads."
    if status == 410:
        return "The end point is gone (HTTP 410)."
    return f"The end point answered HTTP {status}."


def send_lane(messages, allow_private="", seconds=LANE_SECONDS):
    """Send messages one after another; return what came of those that were sent."""
    until, results = time.monotonic() + seconds, []
    for message in messages:
        results.append(send(message, allow_private))
        if not results[-1].is_good or time.monotonic() >= until:
            break
    return results
