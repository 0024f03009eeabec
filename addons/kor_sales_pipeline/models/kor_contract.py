from odoo import models


class KorContract(models.Model):
    _inherit = "kor.contract"

    def _kor_get_signed(self):
        """Return the documents by which the contract was agreed and changed, in their order."""
        documents_sudo = self.env["kor.signed.document"].sudo()  # who may read the contract may know who signed it
        return documents_sudo.search([("contract_id", "=", self.id)], order="signed_on, id")
