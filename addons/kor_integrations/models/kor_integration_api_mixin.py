from odoo import api, models


class KorIntegrationApiMixin(models.AbstractModel):
    """Keys of the customer, with which their systems ask ours."""

    _name = "kor.integration.api.mixin"
    _description = "Keys of the customer, with which their systems ask ours"

    @api.model
    def _get_spec_names_api(self):
        return ()

    @api.model
    def _read_spec_api(self, contract, spec):
        return {}

    def _check_ready_api(self):
        """Raise where something is missing that it needs to run."""

    def _start_api(self):
        """Begin, or begin again."""

    def _stop_api(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""

    def _test_api(self):
        """Return whether it works, and a sentence about it."""
        return True, self.env._("Nothing to test.")

    def _rotate_api(self):
        """Make new secrets; the old ones hold for a while longer."""
