import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from odoo import SUPERUSER_ID

from .common import IntegrationCase
from .sftp_server import PASSWORD


class SftpServer:
    """Run the server of `sftp_server.py`, and look into the folder that it serves."""

    def __init__(self, folder, port=0):
        self.base = Path(folder)
        for name in ("files", "files/in", "how"):
            (self.base / name).mkdir(exist_ok=True)
        script = Path(__file__).parent / "sftp_server.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.base), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        port, self.fingerprint = self.process.stdout.readline().split()
        self.port = int(port)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    @contextmanager
    def told(self, how):
        """Let the server fail in a way: `denied`, `full` or `plain` (no replacing rename)."""
        mark = self.base / "how" / how
        mark.touch()
        try:
            yield
        finally:
            mark.unlink()

    def names(self, folder="."):
        return sorted(one.name for one in (self.base / "files" / folder).iterdir() if one.is_file())

    def read(self, name):  # pylint: disable=method-required-super
        return (self.base / "files" / name).read_bytes()

    def write(self, name, text):  # pylint: disable=method-required-super
        (self.base / "files" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


class WorkCase(IntegrationCase):
    """Workers that run what is due, and use to be sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "127.0.0.1")

    @contextmanager
    def _work(self):
        """Yield an environment that commits for itself, as a worker's does."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr, user=SUPERUSER_ID, su=True)
            cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()

    def _run(self, integration):
        """Let the integration run now, and return it."""
        integration.sudo().sync_date_next = "2026-01-01 00:00:00"
        with self._work() as env:
            env["kor.integration"]._cron_sync()
        return integration

    def _report(self, quantities, metric="api_calls", revision=0):
        """Report use by day: {day: quantity}."""
        readings = [
            {"contract": self.contract.id, "metric": metric, "hour": f"{day}T12:00:00Z", "quantity": quantity,
             "revision": revision}
            for day, quantity in quantities.items()
        ]  # fmt: skip
        outcome = self.env["kor.usage.reading"].sudo().ingest(readings)
        self.assertFalse(outcome["rejected"])


class SyncCase(WorkCase):
    """A customer with an SFTP server of their own, and workers that run what is due."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.server = SftpServer(folder.name)
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        for folder in ("in/done", "in", "."):
            path = self.server.base / "files" / folder
            for one in path.iterdir() if path.exists() else ():
                if one.is_file():
                    one.unlink()

    def _create_sync(self, *datasets, **spec):
        spec = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "login": "kor",
            "password": PASSWORD,
            "host_key": f"ssh-ed25519 {self.server.fingerprint}",
            "datasets": list(datasets),
            **spec,
        }
        integration = self._create_integration(kind="data_sync", **spec)
        integration.manage_integration("activate")
        return integration
