"""Odoo processes: one that works and ends, and one that serves until it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from . import paths, venv
from .odoo_source import OdooSource
from .postgres import Cluster
from .say import Stop, say, step

LOOPBACK = "127.0.0.1"


_SET_PARAMETER = """
    INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""


class Odoo:
    """Odoo on one cluster with odoo.conf; `state` is the folder for the filestore and the log."""

    def __init__(self, source: OdooSource, cluster: Cluster, state: Path):
        self.cluster = cluster
        self.state = state
        self.addons_path = ",".join(str(folder) for folder in (paths.ADDONS, *source.addons))
        self.data_dir = state / "data"
        self.data_dir.mkdir(parents=True, exist_ok=True)

    def options(self, database: str) -> list[str]:
        return [
            f"--config={paths.ROOT / 'odoo.conf'}",
            f"--addons-path={self.addons_path}",
            f"--database={database}",
            f"--db_host={self.cluster.socket}",
            f"--db_user={self.cluster.environment()['PGUSER']}",
            f"--data-dir={self.data_dir}",
        ]

    def command(self, kind: str, database: str, *arguments: str) -> list[str]:
        return [sys.executable, str(paths.ROOT / "scripts" / "odoo-bin"), kind, *self.options(database), *arguments]

    def environment(self) -> dict[str, str]:
        return venv.environment() | self.cluster.environment()

    def work(self, database: str, *arguments: str) -> None:
        """Run Odoo once without serving, showing a line per module and every complaint of the log."""
        command = self.command("server", database, "--stop-after-init", "--no-http", *arguments)
        process = subprocess.Popen(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with open(self.state / "install.log", "a") as log:
            for line in process.stdout or ():
                log.write(line)
                _show(line)
        if process.wait():
            raise Stop(f"Odoo ended with code {process.returncode}; its log is {self.state / 'install.log'}")

    def shell(self, database: str, code: str, *arguments: str) -> None:
        """Run Python in Odoo's shell, with `env` at hand. The code commits by itself."""
        command = self.command("shell", database, "--no-http", "--log-level=warn", *arguments)
        done = subprocess.run(command, env=self.environment(), input=code, text=True, cwd=paths.ROOT)
        if done.returncode:
            raise Stop(f"Odoo's shell ended with code {done.returncode}")

    def serve(self, database: str, port: int, *arguments: str) -> "Server":
        """Start a server. Links in mails, and the style sheets of PDFs, then come from this port."""
        for key in ("web.base.url", "report.url"):
            self.cluster.execute(_SET_PARAMETER, database, (key, f"http://{LOOPBACK}:{port}"))
        return Server(
            self.command("server", database, f"--http-interface={LOOPBACK}", f"--http-port={port}", *arguments),
            self.environment(),
            self.state / "server.log",
            port,
        )


class Server:
    """A serving Odoo in a session of its own, so that a Ctrl-C reaches it through stop() only."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path, port: int):
        self.log, self.port = log, port
        self.url = f"http://{LOOPBACK}:{port}"
        with open(log, "a") as handle:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                cwd=paths.ROOT,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = 120) -> "Server":
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Stop(f"Odoo ended with code {self.process.returncode}; its log is {self.log}")
            try:
                with urllib.request.urlopen(f"{self.url}/web/health?db_server_status=1", timeout=30):
                    return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self.stop()
        raise Stop(f"Odoo did not answer within {seconds:.0f} s; its log is {self.log}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _show(line: str) -> None:
    loading = re.search(r"Loading module (\w+) \((\d+)/(\d+)\)", line)
    if loading:
        step(f"  {loading[2]:>3}/{loading[3]}  {loading[1]}")
    elif re.search(r" (WARNING|ERROR|CRITICAL) ", line):
        say(f"    {line.rstrip()}")
