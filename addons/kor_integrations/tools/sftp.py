"""Files on the SFTP server of a customer: its address checked, its key known, its time and sizes bounded.

The key of the server is compared before anything is told to it: a password never goes to a server that shows another
one. Files are written beside their place and renamed when they are whole, so nobody reads half of one. Nothing here
knows the ORM.
"""

import base64
import errno
import hashlib
import hmac
import io
import logging
import posixpath
import re
import socket
import stat
import time
from dataclasses import dataclass
from itertools import islice

import paramiko

from .addresses import FIRST_FREE_PORT, LABEL, Allowed, Refused, Target, check_address
from .guarded_http import Failed, reason_of, resolve

# Each connection and login would be a line in the log of the server.
logging.getLogger("paramiko").setLevel(logging.WARNING)

PORT = 22
REACH, ANSWER, WHOLE = 10, 30, 300
READ_LIMIT = 10 * 1024 * 1024
CHUNK = 32768
LISTED = 10_000
PART = ".part"
TEST_NAME = "kor-test"
FINGERPRINT = re.compile(r"(?:(?P<type>[a-z0-9@.-]{1,60}) )?(?P<hash>SHA256:[A-Za-z0-9+/]{43})=?")


@dataclass(frozen=True)
class Access:
    """What is needed to reach a server; `host_key` is as `read_host_key` returns it."""

    host: str
    port: int
    login: str
    password: str = ""
    private_key: str = ""
    host_key: str = ""
    allow_private: str = ""


def read_host_key(text):
    """Return a fingerprint such as `ssh-ed25519 SHA256:…`, its type where it is given; raise Refused otherwise."""
    match = FINGERPRINT.fullmatch(" ".join((text or "").split()))
    if not match:
        raise Refused("A host key is written by its fingerprint, such as “ssh-ed25519 SHA256:” and 43 characters.")
    return f"{match['type']} {match['hash']}" if match["type"] else match["hash"]


def read_private_key(text):
    """Return the private key that a text holds, or raise Refused."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except paramiko.PasswordRequiredException:
            raise Refused("The private key has a passphrase: save it without one, or have one made here.") from None
        except (paramiko.SSHException, ValueError, IndexError, UnicodeError):
            continue
    raise Refused("This is no private key: paste the whole text, from its BEGIN line to its END line.")


def check_host(host, port, allow_private=""):
    """Raise Refused where a host is none that is called, as it is written."""
    allowed = Allowed.read(allow_private)
    if not isinstance(host, str) or not host:
        raise Refused("The server's name is missing: write it like sftp.example.com.")
    if (literal := _target(host, port).literal) is not None:
        check_address(literal, port, allowed)
    elif not _is_name(host):
        raise Refused(f"“{host}” is no host name: write it like sftp.example.com.")
    listed = allowed.has_host(host, port) or (literal is not None and allowed.has_address(literal, port))
    if port != PORT and port < FIRST_FREE_PORT and not listed:
        raise Refused(f"Port {port} is not called: use {PORT} or one from {FIRST_FREE_PORT} on.")


def ask_host_key(access):
    """Return the fingerprint that the server shows, without telling it anything."""
    transport = _reach(access)
    try:
        return _start(transport, access)
    finally:
        transport.close()


class Connection:
    """A session with a server; to be closed."""

    def __init__(self, access):
        if not access.host_key:
            raise Refused("The key of the server is not confirmed yet: test the connection first.")
        self._access = access
        self._transport = _reach(access)
        try:
            shown = _start(self._transport, access)
            _check_host_key(access, shown)
            self._log_in()
            self._sftp = self._told("open a session", lambda: paramiko.SFTPClient.from_transport(self._transport))
            self._sftp.get_channel().settimeout(ANSWER)
        except BaseException:
            self._transport.close()
            raise

    def close(self):
        self._transport.close()

    def put(self, folder, name, content):
        """Put a file under its name when all of it is there; one that is there already is replaced."""
        path = posixpath.join(folder or ".", name)
        self._told(f"write {path}", lambda: self._write(path + PART, content))
        self._told(f"rename {path}{PART} to {name}", lambda: self._rename(path + PART, path))

    def list(self, folder, limit):
        """Return up to `limit` names of plain files in a folder, in order."""
        found = self._told(f"list {folder or '.'}", lambda: self._list(folder or "."))
        return sorted(one.filename for one in found if one.st_mode is None or stat.S_ISREG(one.st_mode))[:limit]

    def read(self, folder, name, limit=READ_LIMIT):  # pylint: disable=method-required-super
        """Return the content of a file, or None where it is longer than the limit."""
        path = posixpath.join(folder or ".", name)
        content = self._told(f"read {path}", lambda: self._read(path, limit))
        return content if len(content) <= limit else None

    def has_size(self, folder, name, size):
        """Tell whether a file is still as long as it was."""
        path = posixpath.join(folder or ".", name)
        return self._told(f"look at {path}", lambda: self._sftp.stat(path).st_size) == size

    def move(self, folder, name, target, new_name):
        """Move a file into a folder within its own one, which is made where it is not there."""
        path = posixpath.join(folder or ".", name)
        place = posixpath.join(folder or ".", target)
        self._told(f"move {path} to {target}/", lambda: self._move(path, place, new_name))

    def make_folder(self, folder, name):
        path = posixpath.join(folder or ".", name)
        self._told(f"make the folder {path}", lambda: self._make(path))

    def try_out(self, folder):
        """Write and remove a file, to see that it is allowed."""
        path = posixpath.join(folder or ".", TEST_NAME + PART)
        self._told(f"write {path}", lambda: self._write(path, b"KOR\r\n"))
        self._told(f"remove {path}", lambda: self._sftp.remove(path))

    def _log_in(self):
        access = self._access
        try:
            self._transport.auth_timeout = ANSWER
            if access.private_key:
                self._transport.auth_publickey(access.login, read_private_key(access.private_key))
            else:
                self._transport.auth_password(access.login, access.password, fallback=False)
        except paramiko.SSHException as error:
            way = "key" if access.private_key else "password"
            said = f"check both. It says: {reason_of(error)}."
            raise Failed(f"{access.host} refused the login of “{access.login}” by {way}: {said}") from None
        except (OSError, EOFError) as error:
            raise Failed(f"{access.host} broke off at the login: {reason_of(error)}.") from None
        if not self._transport.is_authenticated():
            raise Failed(f"{access.host} wants more than one proof of who we are: let one be enough for this user.")

    def _told(self, what, work):
        """Return what the work does, or raise Failed with what went wrong with it."""
        host = self._access.host
        try:
            return work()
        except TimeoutError:
            raise Failed(f"{host} did not answer in time when asked to {what}.") from None
        except PermissionError:
            raise Failed(f"{host} does not allow us to {what}: give the user the right to it.") from None
        except FileNotFoundError:
            raise Failed(f"{host} cannot {what}: the folder or file is not there.") from None
        except (OSError, EOFError, paramiko.SSHException) as error:
            hint = " Its disk is full." if getattr(error, "errno", None) == errno.ENOSPC else ""
            raise Failed(f"{host} could not {what}: {reason_of(error) or 'no reason given'}.{hint}") from None

    def _write(self, path, content):
        until = time.monotonic() + WHOLE
        with self._sftp.open(path, "wb") as file:
            for start in range(0, len(content), CHUNK):
                if time.monotonic() > until:
                    raise TimeoutError
                file.write(content[start : start + CHUNK])
        try:
            size = self._sftp.stat(path).st_size
        except OSError:
            return  # a drop box, which shows nobody what is in it
        if size not in (None, len(content)):
            raise OSError(f"{size} of {len(content)} bytes arrived")

    def _rename(self, path, new):
        try:
            self._sftp.posix_rename(path, new)
        except OSError:
            # Servers without that extension do not replace what is there.
            if self._exists(new):
                self._sftp.remove(new)
            self._sftp.rename(path, new)

    def _list(self, path):
        # A server could go on telling names for ever.
        return list(islice(self._sftp.listdir_iter(path), LISTED))

    def _exists(self, path):
        try:
            self._sftp.stat(path)
        except FileNotFoundError:
            return False
        return True

    def _read(self, path, limit):
        until, parts, size = time.monotonic() + WHOLE, [], 0
        with self._sftp.open(path, "rb") as file:
            while size <= limit and (part := file.read(min(CHUNK, limit + 1 - size))):
                if time.monotonic() > until:
                    raise TimeoutError
                parts.append(part)
                size += len(part)
        return b"".join(parts)

    def _make(self, path):
        if not self._exists(path):
            self._sftp.mkdir(path)

    def _move(self, path, place, name):
        self._make(place)
        self._rename(path, posixpath.join(place, name))


def _target(host, port):
    return Target("sftp", host, port, "")


def _is_name(host):
    # The last label of a name is no number: such ones are addresses for some readers.
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(LABEL.fullmatch(label) for label in labels) and not labels[-1][:1].isdigit()


def _reach(access):
    """Return a transport to one of the addresses that the host has, each of which may be called."""
    check_host(access.host, access.port, access.allow_private)
    until = time.monotonic() + REACH
    addresses = resolve(_target(access.host, access.port), Allowed.read(access.allow_private), until)
    failure = ""
    for number, address in enumerate(addresses):
        share = max(0.1, until - time.monotonic()) / (len(addresses) - number)
        try:
            sock = socket.create_connection((str(address), access.port), share)
        except OSError as error:
            failure = reason_of(error)
            continue
        transport = paramiko.Transport(sock)
        transport.banner_timeout = transport.handshake_timeout = REACH
        return transport
    raise Failed(f"{access.host} cannot be reached on port {access.port}: {failure}.")


def _start(transport, access):
    """Agree on the connection and return the fingerprint of the server's key."""
    kind = access.host_key.rpartition(" ")[0]
    options = transport.get_security_options()
    if kind == "ssh-rsa":
        # The same key, with any of its ways to sign.
        kinds = [known for known in options.key_types if known.startswith(("rsa-", "ssh-rsa"))]
    else:
        kinds = [known for known in options.key_types if known == kind]
    if kinds:
        # Servers have keys of several types: ask for the one that is known.
        options.key_types = kinds
    try:
        transport.start_client(timeout=REACH)
    except paramiko.SSHException as error:
        raise Failed(
            f"{access.host} has no key of the type {kind} any more, or does not speak as we do: {reason_of(error)}."
            if kinds
            else f"{access.host} does not speak SSH as we do: {reason_of(error)}."
        ) from None
    except (OSError, EOFError) as error:
        raise Failed(f"{access.host} broke off the connection: {reason_of(error)}.") from None
    key = transport.get_remote_server_key()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def _check_host_key(access, shown):
    known = access.host_key.rpartition(" ")[2]
    if not hmac.compare_digest(known, shown.rpartition(" ")[2]):
        raise Failed(
            f"{access.host} shows another key ({shown}) than the one that was confirmed ({access.host_key}): nothing "
            "was sent. Ask the customer whether they changed it, and confirm the new one only then."
        )
