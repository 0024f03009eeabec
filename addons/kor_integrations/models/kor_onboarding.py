from odoo import api, models


class KorOnboarding(models.Model):
    _inherit = "kor.onboarding"

    # EXTENDS kor_onboarding
    def _go_live(self, day):
        result = super()._go_live(day)
        facts = {self.contract_id: [(self, {"date_go_live": str(day)})]}
        self.env["kor.event"]._emit("onboarding.went_live", facts)
        return result

    @api.model
    def _observe_integration(self, onboardings):
        """Return {onboarding: (day, evidence)} of the first integration of the contract that works."""
        found = super()._observe_integration(onboardings)
        days_sudo = self.env["kor.integration.day"].sudo()  # only that it works is used, and its name
        first = {}
        for integration, day in days_sudo._read_group(
            [
                ("integration_id.contract_id", "in", onboardings.contract_id.ids),
                ("integration_id.health", "=", "healthy"),
                ("successes", ">", 0),
            ],
            ["integration_id"],
            ["day:min"],
        ):
            first.setdefault(integration.contract_id, []).append((day, integration.name))
        for onboarding in onboardings:
            if works := first.get(onboarding.contract_id):
                day, name = min(works)
                found[onboarding] = (day, self.env._("The integration “%(name)s” works", name=name))
        return found
