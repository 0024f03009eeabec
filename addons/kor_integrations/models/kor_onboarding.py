from odoo import models


class KorOnboarding(models.Model):
    _inherit = "kor.onboarding"

    # EXTENDS kor_onboarding
    def _go_live(self, day):
        result = super()._go_live(day)
        facts = {self.contract_id: [(self, {"date_go_live": str(day)})]}
        self.env["kor.event"]._emit("onboarding.went_live", facts)
        return result
