import json
from unittest.mock import patch

from odoo.addons.kor_integrations.models import kor_webhook_send_mixin

from .common import IntegrationCase
from .receiver import receiving


class WebhookCase(IntegrationCase):
    """A receiver on 127.0.0.1 that is listed, and a contract whose webhook sends to it."""

    def setUp(self):
        super().setUp()
        manager = receiving()
        self.receiver = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        self._allow(self.receiver.host)

    def _allow(self, hosts):
        self.env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", hosts)

    def _create_webhook(self, contract=None, activate=True, **spec):
        webhook = self._create_integration(contract, **{"kind": "webhook", "url": self.receiver.url, **spec})
        if activate:
            webhook.manage_integration("activate")
        return webhook

    def _emit(self, count=1, code="contract.amended", contract=None):
        """Let something happen, and return the deliveries that follow from it."""
        deliveries = self.env["kor.webhook.delivery"]
        last = deliveries.search([], limit=1).id
        contract = contract or self.contract
        self.env["kor.event"]._emit(code, {contract: [(contract, {"number": n}) for n in range(count)]})
        return deliveries.search([("id", ">", last or 0)], order="id")

    def _deliver(self):
        """Run the job as the scheduler does, without waiting for retries."""
        with patch.object(kor_webhook_send_mixin, "PATIENCE", -1), self.enter_registry_test_mode():
            answer = self.env.ref("kor_integrations.ir_cron_webhooks").method_direct_trigger()
        self.assertIs(answer, True)
        self.env.invalidate_all()

    def _make_due(self, deliveries):
        """Let the time until the next attempt be over."""
        deliveries.write({"date_next": "2026-01-01 00:00:00"})
        deliveries.integration_id.write({"webhook_rest_until": False})
        self.env.flush_all()

    def _get_received(self):
        """Return what came, as (id, message)."""
        return [(headers["webhook-id"], json.loads(body)) for _method, _path, headers, body in self.receiver.requests]

    def _get_log(self, webhook):
        """Return the last line of the log."""
        return self.env["kor.integration.log"].search([("integration_id", "=", webhook.id)], limit=1)
