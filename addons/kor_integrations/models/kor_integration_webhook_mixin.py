from odoo import api, models


class KorIntegrationWebhookMixin(models.AbstractModel):
    """Messages to the customer, sent when something happens."""

    _name = "kor.integration.webhook.mixin"
    _description = "Messages to the customer, sent when something happens"

    @api.model
    def _get_spec_names_webhook(self):
        return ()

    @api.model
    def _read_spec_webhook(self, contract, spec):
        return {}

    def _check_ready_webhook(self):
        """Raise where something is missing that it needs to run."""

    def _start_webhook(self):
        """Begin, or begin again."""

    def _stop_webhook(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""

    def _test_webhook(self):
        """Return whether it works, and a sentence about it."""
        return True, self.env._("Nothing to test.")

    def _rotate_webhook(self):
        """Make new secrets; the old ones hold for a while longer."""
