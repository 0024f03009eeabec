import socket

from odoo.fields import Command

from .common import IntegrationCase
from .receiver import Receiver


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


class EndPoint(Receiver):
    """A real end point on this machine, whose answers are what a test says."""

    def __init__(self):
        super().__init__(lambda *_request: (self.status, {}, self.body))
        self.status, self.body = 200, b"healthy"

    @property
    def url(self):
        return f"http://{self.host}/health"


def get_closed_port():
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
