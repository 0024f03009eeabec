from odoo import models
from odoo.exceptions import UserError

# What looks at the lines that run on its day: those that wait for the go-live do not run yet.
RUNNING = {"plan", "price", "billing_day", "transfer", "pause", "discount"}


class KorContractAmendment(models.Model):
    _inherit = "kor.contract.amendment"

    def _check_contract(self):
        """Refuse what would pass by the lines that wait for the go-live."""
        result = super()._check_contract()
        kinds = self.change_ids.filtered(lambda change: change.kind in RUNNING and not change._is_on_whole())
        waiting = self.contract_id._get_waiting_lines(self.date_effective)
        if kinds and waiting and not self.is_signature:
            raise UserError(
                self.env._(
                    "Fees of contract %(contract)s wait for the go-live. Amend it as of %(latest)s, when they begin at "
                    "the latest, or when it is live.",
                    contract=self.contract_id.name,
                    latest=self.contract_id.date_billing_latest,
                )
            )
        return result
