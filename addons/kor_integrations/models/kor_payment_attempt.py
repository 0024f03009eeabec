from odoo import models

CODES = {"done": "payment.succeeded", "declined": "payment.failed", "error": "payment.failed"}


class KorPaymentAttempt(models.Model):
    _inherit = "kor.payment.attempt"

    # EXTENDS kor_billing
    def _close(self, state, message):
        result = super()._close(state, message)
        if state in CODES and self.contract_id:
            facts = {self.contract_id: [(self, type(self)._get_event_data)]}
            self.env["kor.event"]._emit(CODES[state], facts)
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of a payment; errors on our side are nobody's business."""
        self.ensure_one()
        return {
            "invoice": self.move_id.name or "",
            "number": self.number,
            "method": self.method or "",
            "amount": self.amount,
            "currency": self.currency_id.name,
            "message": self.message or "" if self.state == "declined" else "",
        }
