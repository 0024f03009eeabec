from odoo import api, models

from .kor_integration_state_mixin import MOVES

# What the page offers, in its order; rotation has its place beside the keys.
OFFERED = ("activate", "resume", "test", "pause", "retire")
LOG_LINES = 20
# Kinds that run as soon as they are there: nothing has to be set up first.
RUN_AT_ONCE = ("api", "webhook")


class KorIntegrationPortalMixin(models.AbstractModel):
    """What customers see of their integrations, in their words."""

    _name = "kor.integration.portal.mixin"
    _description = "Integrations in the Portal"

    @api.model
    def _get_portal_kinds(self, contract):
        """Return the kinds that customers add themselves, where the contract includes them. Extensible."""
        return [kind for kind in ("api", "webhook") if contract.sudo()._includes_integration(kind)]  # no secret

    @api.model
    def _get_kind_description(self, kind):
        return {
            "api": self.env._("Keys with which your systems read invoices, usage and tickets, and report usage."),
            "webhook": self.env._("Messages to your systems as soon as something happens."),
            "sso": self.env._("Your people log in with your own identity provider."),
            "data_sync": self.env._("Files of invoices, usage and reports, by a schedule."),
            "connector": self.env._("A connection to a system of yours."),
        }[kind]

    @api.model
    def _read_portal_form(self, kind, form):
        """Return what a spec has beside kind and name, from the form of a new integration (a MultiDict).

        Kinds add `_read_portal_form_KIND(form)`, and their inputs to the template `kor_integration_portal_inputs`.
        """
        read = getattr(self, f"_read_portal_form_{kind}", None)
        return read(form) if read else {}

    @api.model
    def _read_portal_form_api(self, form):
        return {"scopes": form.getlist("scopes")}

    def _runs_at_once(self):
        self.ensure_one()
        return self.kind in RUN_AT_ONCE

    def _get_portal_actions(self):
        """Return pairs of an action and its label that fit the state. Extensible."""
        self.ensure_one()
        labels = {
            "activate": self.env._("Activate"),
            "resume": self.env._("Resume"),
            "test": self.env._("Test"),
            "pause": self.env._("Pause"),
            "retire": self.env._("Retire"),
        }
        fitting = [action for action in OFFERED if self.state in MOVES[action][0]]
        if "resume" in fitting:
            fitting.remove("activate")
        return [(action, labels[action]) for action in fitting]

    def _get_kor_integration_page_values(self):
        """Return what the page of the integration shows, read as superuser. Extensible."""
        self.ensure_one()
        scopes = self.env["kor.integration.scope"].search([])  # pylint: disable=no-search-all  # a handful
        return {
            "integration": self,
            "kind_text": self._get_kind_description(self.kind),
            "actions": self._get_portal_actions(),
            "logs": self.env["kor.integration.log"].search([("integration_id", "=", self.id)], limit=LOG_LINES),
            "keys": self.env["kor.integration.key"].search([("integration_id", "=", self.id)], limit=LOG_LINES),
            "scopes": self.scope_ids,
            "choosable_scopes": scopes._allowed_by(self.contract_id),
            "call_limit": self.rate_limit or self.contract_id.api_rate_limit,
            "api_url": f"{self.get_base_url()}/kor/api/v1",
        }
