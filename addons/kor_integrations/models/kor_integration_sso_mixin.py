from odoo import api, models


class KorIntegrationSsoMixin(models.AbstractModel):
    """The customer's people log in with what they have at work."""

    _name = "kor.integration.sso.mixin"
    _description = "The customer's people log in with what they have at work"

    @api.model
    def _get_spec_names_sso(self):
        return ()

    @api.model
    def _read_spec_sso(self, contract, spec):
        return {}

    def _check_ready_sso(self):
        """Raise where something is missing that it needs to run."""

    def _start_sso(self):
        """Begin, or begin again."""

    def _stop_sso(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""

    def _test_sso(self):
        """Return whether it works, and a sentence about it."""
        return True, self.env._("Nothing to test.")

    def _rotate_sso(self):
        """Make new secrets; the old ones hold for a while longer."""
