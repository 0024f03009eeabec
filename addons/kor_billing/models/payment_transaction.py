from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    # EXTENDS payment
    def _update_state(self, allowed_states, target_state, state_message):
        updated = super()._update_state(allowed_states, target_state, state_message)
        attempts_sudo = self.env["kor.payment.attempt"].sudo()  # providers report as a visitor
        attempts_sudo._follow(updated)
        return updated
