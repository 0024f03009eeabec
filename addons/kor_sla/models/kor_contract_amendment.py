from odoo import models


class KorContractAmendment(models.Model):
    _inherit = "kor.contract.amendment"

    def _look_at_terms(self):
        """Add what service level holds on the amendment's day."""
        contract_sudo = self.contract_id.sudo()  # customers read what they are offered, not the agreement
        version = contract_sudo._get_sla_version(self.date_effective)
        words = self.env["kor.sla.agreement"]
        facts = [
            (self.env._("Uptime"), version._describe_uptime_target()),
            (self.env._("Support"), version.support_level_id.name),
            *(version or words)._get_service_facts(),
        ]
        return [*super()._look_at_terms(), *([label, text or "–"] for label, text in facts)]
