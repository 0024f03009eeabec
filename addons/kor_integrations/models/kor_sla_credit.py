from odoo import models


class KorSlaCredit(models.Model):
    _inherit = "kor.sla.credit"

    # EXTENDS kor_sla
    def _approve(self, user=None):
        before = {credit: credit.approved_amount for credit in self}
        result = super()._approve(user)
        granted = self.filtered(lambda credit: credit.approved_amount > before[credit])
        facts = {
            contract: [(credit, type(credit)._get_event_data) for credit in credits]
            for contract, credits in granted.grouped("contract_id").items()
        }
        self.env["kor.event"]._emit("service_credit.granted", facts)
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of a credit."""
        self.ensure_one()
        return {
            "month": self.month.strftime("%Y-%m"),
            "kind": self.kind,
            "amount": self.approved_amount,
            "currency": self.currency_id.name,
        }
