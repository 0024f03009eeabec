from odoo import models


class KorContract(models.Model):
    _inherit = "kor.contract"

    def _kor_get_signed(self):
        """Return the documents by which the contract was agreed and changed, in their order."""
        # In sudo: whoever may read the contract may know who signed it.
        return self.env["kor.signed.document"].sudo().search([("contract_id", "=", self.id)], order="signed_on, id")
