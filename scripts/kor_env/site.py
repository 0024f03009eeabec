"""A served database: what a client of the running server needs to know, and the hand on its plug."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from .mailbox import Mailbox
from .server import Odoo, Server, free_port


@dataclass
class Site:
    url: str
    database: str
    odoo: Odoo
    server: Server
    options: tuple[str, ...]
    live_port: int
    mailbox: Mailbox | None = None

    @property
    def port(self) -> int:
        return self.server.port

    def kill(self) -> None:
        """End the server and its workers as a power cut would."""
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()

    def start_again(self) -> None:
        """Serve as before, without waiting until it does."""
        self.server = self.odoo.serve(self.database, self.port, *self.options)

    def shell(self, code: str) -> None:
        """Run Python in Odoo's shell on the database, and commit."""
        self.odoo.shell(self.database, code + "\nenv.cr.commit()\n")


@contextlib.contextmanager
def serve(odoo: Odoo, database: str, *options: str) -> Iterator[Site]:
    """Serve the database with two worker processes and without jobs, and stop in the end."""
    live_port = free_port()
    options = (
        "--workers=2",
        f"--gevent-port={live_port}",
        "--max-cron-threads=0",
        "--log-level=warn",
        *options,
    )
    server = odoo.serve(database, free_port(), *options)
    site = Site(server.url, database, odoo, server, options, live_port)
    try:
        server.wait_ready()
        yield site
    finally:
        site.server.stop()
