import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.fields import Command

from .common import IntegrationCase


class InfrastructureCase(IntegrationCase):
    """Production of a customer that runs, with storage and memory, and an owner of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.env["kor.sla.service"].search([("for_all", "=", True)]).for_all = False
        cls.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "127.0.0.1")
        cls.infrastructure = cls._create_infrastructure(
            resource_ids=[
                Command.create({"kind": "storage", "contracted": 1000, "allocated": 1000}),
                Command.create({"kind": "memory", "contracted": 64, "allocated": 64}),
            ]
        )
        cls.storage, cls.memory = cls.infrastructure.resource_ids
        cls.infrastructure.set_state("running")

    @classmethod
    def _create_infrastructure(cls, **values):
        return cls.env["kor.infrastructure"].create(
            {"name": "Production", "contract_id": cls.contract.id, "user_id": cls.user.id, **values}
        )

    @classmethod
    def _create_check(cls, infrastructure=None, **values):
        infrastructure = infrastructure or cls.infrastructure
        defaults = {"name": "Answers", "infrastructure_id": infrastructure.id, "failures": 2, "successes": 1}
        return cls.env["kor.infrastructure.check"].create({**defaults, **values})

    def _get_activities(self, infrastructure=None):
        return (infrastructure or self.infrastructure).activity_ids


class EndPoint:
    """A real end point on this machine, whose answers are what a test says."""

    def __init__(self):
        self.status, self.body, self.asked = 200, b"healthy", 0
        point = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                point.asked += 1
                self.send_response(point.status)
                self.send_header("Content-Length", str(len(point.body)))
                self.end_headers()
                self.wfile.write(point.body)

            def log_message(self, *_args):
                """Write nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/health"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def get_closed_port():
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
