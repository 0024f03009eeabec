from odoo import api, models


class KorIntegrationSyncMixin(models.AbstractModel):
    """Files that go to the customer, or come from there, by a schedule."""

    _name = "kor.integration.sync.mixin"
    _description = "Files that go to the customer, or come from there, by a schedule"

    @api.model
    def _get_spec_names_data_sync(self):
        return ()

    @api.model
    def _read_spec_data_sync(self, contract, spec):
        return {}

    def _check_ready_data_sync(self):
        """Raise where something is missing that it needs to run."""

    def _start_data_sync(self):
        """Begin, or begin again."""

    def _stop_data_sync(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""

    def _test_data_sync(self):
        """Return whether it works, and a sentence about it."""
        return True, self.env._("Nothing to test.")

    def _rotate_data_sync(self):
        """Make new secrets; the old ones hold for a while longer."""
