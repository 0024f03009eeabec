"""Which addresses of other people's choosing a server may call without being turned against its own network."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

URL_LENGTH = 2048
PORTS = {"https": 443, "http": 80}
# Below 1024 only the web's own ports: the others are for mail, shells and the like.
FIRST_FREE_PORT = 1024
GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Hosts whose last label is a number are addresses for some readers and names for others.
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)


class Refused(Exception):
    """Say in one sentence why an address is not called."""


@dataclass(frozen=True)
class Target:
    """What an address means: `host` without brackets and trailing dot, `path` as it is asked for."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def literal(self):
        """Return the host as an address, or None where it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


@dataclass(frozen=True)
class Allowed:
    """Private hosts that an administrator lists: names, addresses or networks, each with a port or for all ports."""

    entries: frozenset = frozenset()

    @classmethod
    def read(cls, text):  # pylint: disable=method-required-super
        """Read a list such as `127.0.0.1:8080, 10.0.0.0/8, [fd00::5]:443, erp.lan`; what is none of that is left."""
        entries = (_read_entry(part.strip()) for part in (text or "").split(","))
        return cls(frozenset(entry for entry in entries if entry))

    def has_host(self, host, port):
        """Tell whether a host is listed as it is written."""
        return any(entry == (host.lower(), own) for entry in self.entries for own in (port, None))

    def has_address(self, address, port):
        """Tell whether an address is listed, by itself or in a network."""
        return any(
            own in (port, None) and network.version == address.version and address in network
            for network, own in self.entries
            if not isinstance(network, str)
        )


def _read_entry(part):
    host, port = part, None
    if match := re.fullmatch(r"(\[[^\]]*\]|[^:]*):(\d{1,5})", part):
        host, port = match[1], int(match[2])
    host = host.strip("[]").rstrip(".").lower()
    if not host:
        return None
    try:
        return ipaddress.ip_network(host, strict=False), port
    except ValueError:
        return host, port


def parse(url, plain=False, allowed=None):
    """Return what an address means, or raise Refused where it is none that is called.

    :param plain: whether unencrypted http is good enough; for hosts that are listed it always is
    """
    allowed = allowed or Allowed()
    if not isinstance(url, str) or not url or len(url) > URL_LENGTH:
        raise Refused(f"An address is text of up to {URL_LENGTH} characters, such as https://example.com/hooks.")
    if not url.isprintable() or any(character.isspace() or character == "\\" for character in url):
        raise Refused("The address has spaces, control characters or backslashes in it: write them as %20 and so on.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("The address cannot be read; write it like https://example.com/hooks.") from None
    if parts.scheme not in PORTS:
        raise Refused("The address must begin with https://.")
    if "@" in parts.netloc:
        raise Refused("The address has a user or a password in it: take them out, what we send is signed instead.")
    host = _read_host(parts.hostname)
    target = Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, _read_path(parts))
    _check_reach(target, plain, allowed)
    return target


def _read_host(host):
    host = host or ""
    if ":" not in host:
        try:
            # Wide digits and dots become plain ones here, as they would on the way to the resolver.
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise Refused(f"“{host}” is no host name.") from None
        host = host.lower().removesuffix(".")
        labels = host.split(".")
        if NUMBER.fullmatch(labels[-1]):
            _check_dotted_quad(host)
        elif not all(LABEL.fullmatch(label) for label in labels):
            raise Refused(f"“{host}” is no host name." if host else "The address names no host.")
    elif "%" in host:
        raise Refused("Addresses with a zone belong to one machine only.")
    return host


def _check_dotted_quad(host):
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise Refused(f"“{host}” is an unusual way to write an address: use a host name.") from None


def _read_path(parts):
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise Refused("The path of the address has letters that must be written as %C3%A9 and so on.")
    return path


def _check_reach(target, plain, allowed):
    listed = allowed.has_host(target.host, target.port)
    if target.literal is not None:
        listed = listed or allowed.has_address(target.literal, target.port)
        check_address(target.literal, target.port, allowed)
    if listed:
        return
    if target.scheme == "http" and not plain:
        raise Refused("The address must begin with https://: what we send is not for others to read.")
    if target.port not in PORTS.values() and target.port < FIRST_FREE_PORT:
        raise Refused(f"Port {target.port} is not called: use 443, 80 or one from {FIRST_FREE_PORT} on.")


def check_address(address, port, allowed=None, host=""):
    """Raise Refused where an address does not lie in the open Internet and is not listed either.

    A listed host name may lie in a private network, but never where a machine keeps its own secrets.
    """
    allowed = allowed or Allowed()
    inner = _unwrap(address)
    if allowed.has_address(inner, port):
        return
    if host and allowed.has_host(host, port) and not inner.is_link_local and not inner.is_unspecified:
        return
    if not is_public(address):
        raise Refused(f"{host or address} lies in a private or reserved network, which is not called from here.")


def is_public(address):
    """Tell whether an address lies in the open Internet, and what is wrapped in it likewise."""
    inner = _unwrap(address)
    if inner.version == 6 and inner not in GLOBAL_IPV6:
        return False
    if inner.version == 6 and (inner.teredo or (inner.sixtofour and not is_public(inner.sixtofour))):
        return False
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrap(address):
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if address.version == 6:
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
