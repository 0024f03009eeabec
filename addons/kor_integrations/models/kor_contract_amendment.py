from odoo import models


class KorContractAmendment(models.Model):
    _inherit = "kor.contract.amendment"

    def _get_event_data(self):
        """Return what the customer's systems are told of an amendment."""
        self.ensure_one()
        data = {
            "amendment": self.name,
            "date_effective": str(self.date_effective),
            "changes": self.change_ids.mapped("kind"),
        }
        return {**data, "date_end": str(self.contract_id.date_end or "")} if self.is_renewal else data
