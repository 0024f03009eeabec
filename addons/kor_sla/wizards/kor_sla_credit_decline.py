from odoo import fields, models


class KorSlaCreditDecline(models.TransientModel):
    """Ask why credits are declined."""

    _name = "kor.sla.credit.decline"
    _description = "Decline Credits"

    credit_ids = fields.Many2many("kor.sla.credit", required=True)
    reason = fields.Text(required=True, help="The customer reads it.")

    def action_decline(self):
        """Decline the credits with the reason.

        :return: an action that closes the window
        """
        self.ensure_one()
        self.credit_ids._check_is_manager()
        self.credit_ids.decline_reason = self.reason
        self.credit_ids.action_decline()
        return {"type": "ir.actions.act_window_close"}
