from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    # EXTENDS payment
    def _update_state(self, allowed_states, target_state, state_message):
        updated = super()._update_state(allowed_states, target_state, state_message)
        # In sudo: providers report as a visitor; the attempt follows its transaction.
        self.env["kor.payment.attempt"].sudo()._follow(updated)
        return updated
