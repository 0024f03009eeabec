from odoo import fields, models


class KorAmendmentDecline(models.TransientModel):
    """Ask why a request is declined."""

    _name = "kor.amendment.decline"
    _description = "Decline a Request"

    amendment_id = fields.Many2one("kor.contract.amendment", required=True, ondelete="cascade", readonly=True)
    reason = fields.Text(required=True, help="The customer reads it.")

    def action_confirm(self):
        """Decline the request.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.amendment_id.action_decline(self.reason)
        return {"type": "ir.actions.act_window_close"}
