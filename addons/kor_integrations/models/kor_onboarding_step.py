from odoo import models


class KorOnboardingStep(models.Model):
    _inherit = "kor.onboarding.step"

    # EXTENDS kor_onboarding
    def _write_facts(self, vals):
        done = self.filtered(lambda step: step.status != "done") if vals.get("status") == "done" else self.browse()
        result = super()._write_facts(vals)
        facts = {}
        for step in done:
            facts.setdefault(step.onboarding_id.contract_id, []).append((step, type(step)._get_event_data))
        self.env["kor.event"]._emit("onboarding.step_done", facts)
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of a step."""
        self.ensure_one()
        return {"step": self.kind, "date_done": str(self.date_done or "")}
