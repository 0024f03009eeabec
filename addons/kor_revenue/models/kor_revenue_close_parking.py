from odoo import fields, models


class KorRevenueCloseParking(models.Model):
    """A contract that a close had to leave out, and why; kept as a history once it is booked."""

    _name = "kor.revenue.close.parking"
    _description = "Contract Left Out of a Close"
    _order = "id desc"
    _rec_name = "contract_id"

    close_id = fields.Many2one("kor.revenue.close", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="close_id.company_id", store=True)
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True)
    reason = fields.Text(required=True, readonly=True)
    date_parked = fields.Datetime(string="Since", required=True, readonly=True, default=fields.Datetime.now)
    date_mended = fields.Datetime(string="Until", readonly=True, help="When a close could book the contract after all.")

    _parked_unique = models.UniqueIndex(
        "(close_id, contract_id) WHERE date_mended IS NULL", "The close leaves this contract out already."
    )

    def _park(self, close, contract, reason):
        """Note that a close leaves a contract out, or that it still does."""
        domain = [("close_id", "=", close.id), ("contract_id", "=", contract.id), ("date_mended", "=", False)]
        parked = self.search(domain)
        if parked:
            parked.reason = reason
        else:
            self.create({"close_id": close.id, "contract_id": contract.id, "reason": reason})

    def _mend(self, contracts):
        """Note that contracts are booked after all, whichever close had left them out."""
        parked = self.search([("contract_id", "in", contracts.ids), ("date_mended", "=", False)])
        if parked:
            parked.date_mended = fields.Datetime.now()
