"""A real SFTP server in a process of its own: serves a folder, and fails as files in its folder `how` tell it to.

Run as `sftp_server.py FOLDER`; says its port and ends with its input.
"""

import asyncio
import sys
from pathlib import Path

import asyncssh

PASSWORD = "correct horse"
BASE = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


def _is_told(name):
    return (BASE / "how" / name).exists()


class Files(asyncssh.SFTPServer):
    def __init__(self, chan):
        super().__init__(chan, chroot=str(BASE / "files").encode())

    def open(self, path, pflags, attrs):
        if _is_told("denied") and pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)

    def write(self, file_obj, offset, data):
        if _is_told("full"):
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        if _is_told("plain"):
            raise asyncssh.SFTPOpUnsupported("posix-rename@openssh.com")
        return super().posix_rename(oldpath, newpath)


class Server(asyncssh.SSHServer):
    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        with (BASE / "logins").open("a") as log:
            log.write(f"{username}\n")
        return username == "kor" and password == PASSWORD

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        known = BASE / "authorized_keys"
        text = key.export_public_key().decode().split()[1]
        return username == "kor" and known.exists() and text in known.read_text()


async def _serve():
    keys = [asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ecdsa-sha2-nistp256")]
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    server = await asyncssh.listen(
        "127.0.0.1", port, server_factory=Server, server_host_keys=keys, sftp_factory=Files, allow_scp=False
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]} {keys[0].get_fingerprint()}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
