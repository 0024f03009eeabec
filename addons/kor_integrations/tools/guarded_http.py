"""HTTP to addresses that others choose: checked, pinned to what was checked, bounded in time and size.

The name is resolved once; every address it has must be one that may be called, and the connection goes to one of
these and to no other, under the name that was asked for (host header, certificate). Redirects are not followed: they
come back as what they are. Nothing here knows the ORM, so it runs in threads.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

import requests

from .addresses import Allowed, Refused, check_address, parse

LIMIT = 65536
TIMEOUT = (5, 10)
PARAMETER = "kor_integrations.allow_private_addresses"


class Failed(Exception):
    """Say in one sentence why there was no answer."""


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` in lower case, `body` no longer than the limit and `is_cut` where it was."""

    status: int
    headers: dict
    body: bytes
    milliseconds: int
    is_cut: bool = False


def get_allowed(env):
    """Return the private hosts that an administrator lists, as `request` takes them."""
    return env["ir.config_parameter"].sudo().get_param(PARAMETER) or ""  # a technical setting, shown to nobody


def check(url, allow_private="", plain=False, timeout=TIMEOUT[0]):
    """Raise Refused where an address may not be called as it resolves now; a name that is not found passes."""
    allowed = Allowed.read(allow_private)
    target = parse(url, plain, allowed)
    try:
        resolve(target, allowed, time.monotonic() + timeout)
    except Failed:
        return


def request(method, url, *, data=b"", headers=None, timeout=TIMEOUT, limit=LIMIT, allow_private="", plain=False):
    """Send a request and return its answer, whatever its status.

    :param data: the body: bytes, or a binary file that is sent as it is read
    :param timeout: seconds to find and reach the host, and seconds from there to the end of the answer
    :param limit: bytes of the answer that are read
    :param allow_private: hosts in private networks that may be called, comma separated: `10.0.0.5,127.0.0.1:8080`
    :param plain: whether unencrypted http is good enough
    :raise Refused: it is an address that is not called
    :raise Failed: there was no answer, or none in time
    """
    started = time.monotonic()
    allowed = Allowed.read(allow_private or "")
    target = parse(url, plain, allowed)
    reach, rest = timeout
    addresses = resolve(target, allowed, started + reach)
    connection = Connection(target, addresses, started + reach, rest)
    try:
        return _exchange(connection, method, target, data, headers, limit, started)
    except TimeoutError:
        raise Failed(f"{target.host} did not answer in time.") from None
    except ssl.SSLError as error:
        raise Failed(f"No secure connection to {target.host}: {reason_of(error)}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{target.host} did not answer properly: {reason_of(error)}.") from None
    except ValueError as error:
        raise Refused(f"The request cannot be sent: {reason_of(error)}.") from None
    finally:
        connection.close()


def _exchange(connection, method, target, data, headers, limit, started):
    sent = {"Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
    connection.request(method, target.path, body=data if data or method in ("POST", "PUT", "PATCH") else None,
                       headers=sent)  # fmt: skip
    response = connection.getresponse()
    # A length that is announced falsely is no fault of ours: what came is what there is.
    body = b""
    while len(body) <= limit and (part := response.read1(limit + 1 - len(body))):
        body += part
    return Answer(
        response.status,
        {name.lower(): value for name, value in response.getheaders()},
        body[:limit],
        round((time.monotonic() - started) * 1000),
        len(body) > limit,
    )


def reason_of(error):
    """Return the words of an error on one line, without what only its library understands."""
    words = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return " ".join(str(words or type(error).__name__).split())[:200].rstrip(".")


def resolve(target, allowed, until):
    """Return the addresses of a host, every one of which may be called."""
    literal = target.literal
    addresses = [literal] if literal is not None else _look_up(target.host, target.port, until)
    for address in addresses:
        check_address(address, target.port, allowed, host=target.host)
    return addresses


def _look_up(host, port, until):
    """Ask the resolver, and wait no longer than allowed: the resolver itself knows no such limit."""
    found = []

    def ask():
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0, until - time.monotonic()))
    if not found:
        raise Failed(f"The name {host} could not be looked up in time.")
    if isinstance(found[0], OSError):
        raise Failed(f"The name {host} was not found.")
    return list(dict.fromkeys(ipaddress.ip_address(row[4][0].partition("%")[0]) for row in found[0]))


@lru_cache(maxsize=1)
def _get_context():
    context = ssl.create_default_context()
    # Slim systems come without certificates of their own.
    context.load_verify_locations(requests.certs.where())
    return context


class Connection(http.client.HTTPConnection):
    """A connection to addresses that were checked, under the name that was asked for."""

    def __init__(self, target, addresses, until, rest):
        super().__init__(target.host, target.port)
        self.default_port = 443 if target.scheme == "https" else 80
        self._target, self._addresses, self._until, self._rest = target, addresses, until, rest

    def connect(self):
        sock = self.reach()
        try:
            if self._target.scheme == "https":
                sock.settimeout(_left(self._until))
                sock = _get_context().wrap_socket(sock, server_hostname=self._target.host)
        except BaseException:
            sock.close()
            raise
        self.sock = _TimedSocket(sock, time.monotonic() + self._rest)

    def reach(self):
        """Connect to the first of the addresses that answers."""
        failure = OSError("no address")
        for number, address in enumerate(self._addresses):
            # The ones that follow get their share of the time.
            share = _left(self._until) / (len(self._addresses) - number)
            sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
            try:
                sock.settimeout(share)
                sock.connect((str(address), self._target.port))
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise failure


class _TimedSocket:
    """A socket whose reads and writes all end by one moment, however little comes with each of them."""

    def __init__(self, sock, until):
        self._sock, self._until = sock, until

    def sendall(self, data):
        self._sock.settimeout(_left(self._until))
        self._sock.sendall(data)

    def makefile(self, mode):
        return io.BufferedReader(_TimedReader(self._sock, self._until))

    def close(self):
        self._sock.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, sock, until):
        self._sock, self._until = sock, until
        # Keeps the socket open while there is something to read, as http.client expects of it.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(_left(self._until))
        return self._raw.readinto(buffer)

    def close(self):
        self._raw.close()
        return super().close()


def _left(until):
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
