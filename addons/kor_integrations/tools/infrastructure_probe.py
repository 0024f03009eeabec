"""Look whether end points answer, many at a time, in threads that know nothing of the ORM.

Addresses are chosen by people: HTTP goes through the guarded client, and connections over TCP follow its rules.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from ..engine.infrastructure_checks import MESSAGE, Outcome, judge
from .addresses import Allowed, Refused, parse
from .guarded_http import Connection, Failed, request, resolve

WORKERS = 32
REACH = 5


class Probe(NamedTuple):
    """State what is to be looked at: an address of HTTP, or a host and a port."""

    kind: str
    url: str = ""
    host: str = ""
    port: int = 0
    expected: int = 0
    text: str = ""
    timeout: int = 10


def run(probes, allow_private=""):
    """Return the outcome of each probe, in order.

    :param allow_private: hosts in private networks that may be called
    """
    probes = list(probes)
    if not probes:
        return []
    with ThreadPoolExecutor(min(WORKERS, len(probes)), thread_name_prefix="kor_check") as pool:
        return list(pool.map(lambda probe: look(probe, allow_private), probes))


def look(probe, allow_private=""):
    """Return the outcome of a probe; neither good nor bad where it could not be made."""
    moment = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    started = time.monotonic()
    body, is_good = b"", False
    try:
        message, body = LOOKS[probe.kind](probe, allow_private)
        is_good = not message
    except Failed as error:
        message = str(error)
    except Refused as error:
        message, is_good = str(error), None
    except Exception as error:  # noqa: BLE001 - one end point must not keep the others from being looked at
        message, is_good = f"The check could not be made: {type(error).__name__}.", None
    return Outcome(moment, is_good, message[:MESSAGE], round((time.monotonic() - started) * 1000), body)


def read_host(host, port, allowed=None):
    """Return what a host and a port mean, or raise Refused: the rules are those for addresses of HTTP."""
    target = parse(f"https://{f'[{host}]' if ':' in host else host}:{port}/", allowed=allowed)
    if target.path != "/" or target.port != port:
        raise Refused(f"“{host}” is no host name: give it without a path.")
    return target


def _look_http(probe, allow_private):
    timeout = (min(REACH, probe.timeout), probe.timeout)
    answer = request("GET", probe.url, timeout=timeout, allow_private=allow_private, plain=True)
    return judge(answer.status, answer.body, probe.expected, probe.text), answer.body


def _look_tcp(probe, allow_private):
    """Connect and hang up: what answers is reached under the same rules as over HTTP."""
    allowed = Allowed.read(allow_private)
    target = read_host(probe.host, probe.port, allowed)
    until = time.monotonic() + probe.timeout
    addresses = resolve(target, allowed, until)
    try:
        Connection(target, addresses, until, 0).reach().close()
    except OSError as error:
        reason = "in time" if isinstance(error, TimeoutError) else f"({error.strerror or error})"
        raise Failed(f"{probe.host}:{probe.port} was not reached {reason}.") from None
    return "", b""


LOOKS = {"http": _look_http, "tcp": _look_tcp}
