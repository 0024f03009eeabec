from odoo import api, models


class KorIntegrationConnectorMixin(models.AbstractModel):
    """Python classes that talk with systems of others."""

    _name = "kor.integration.connector.mixin"
    _description = "Python classes that talk with systems of others"

    @api.model
    def _get_spec_names_connector(self):
        return ()

    @api.model
    def _read_spec_connector(self, contract, spec):
        return {}

    def _check_ready_connector(self):
        """Raise where something is missing that it needs to run."""

    def _start_connector(self):
        """Begin, or begin again."""

    def _stop_connector(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""

    def _test_connector(self):
        """Return whether it works, and a sentence about it."""
        return True, self.env._("Nothing to test.")

    def _rotate_connector(self):
        """Make new secrets; the old ones hold for a while longer."""
