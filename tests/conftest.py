"""A serving Odoo on a copy of the template database, with a mailbox, for the tests that come from outside."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from kor_env import database, odoo_source  # noqa: E402
from kor_env.mailbox import Mailbox  # noqa: E402
from kor_env.server import Odoo, Server, free_port  # noqa: E402


@dataclass
class Site:
    """What a client needs to know: where the server is, which database, and who may log in."""

    url: str
    database: str
    mailbox: Mailbox
    odoo: Odoo
    server: Server
    options: tuple[str, ...]

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
        self.odoo.shell(self.database, code + "\nenv.cr.commit()\n")


# For each file anew: Odoo's own test classes end all child processes of their process when they are through.
@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Serve a database of this worker's own with two worker processes, and drop it in the end."""
    if "KOR_TEMPLATE" not in os.environ:
        pytest.skip("Run with make test: it builds the template database.")
    cluster = database.test_cluster()
    name = f"kor_test_site_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    cluster.drop(name)
    cluster.create(name, os.environ["KOR_TEMPLATE"])
    odoo = Odoo(odoo_source.ensure(), cluster, tmp_path_factory.mktemp("site"))
    mailbox = Mailbox(tmp_path_factory.mktemp("mail"))
    port = free_port()
    options = (
        f"--db-filter=^{name}$", "--workers=2", f"--gevent-port={free_port()}", "--max-cron-threads=0",
        "--log-level=warn", *mailbox.odoo_options(),
    )  # fmt: skip
    server = odoo.serve(name, port, *options)
    site = Site(server.url, name, mailbox, odoo, server, options)
    try:
        server.wait_ready()
        yield site
    finally:
        site.server.stop()
        mailbox.stop()
        cluster.drop(name)
