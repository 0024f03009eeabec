from odoo import fields, models


class KorNegotiationBreakOff(models.TransientModel):
    """Ask for the reason before a negotiation ends without an agreement."""

    _name = "kor.negotiation.break.off"
    _description = "Break Off a Negotiation"

    negotiation_id = fields.Many2one("kor.negotiation", required=True, ondelete="cascade", readonly=True)
    reason = fields.Text(required=True, help="For us; the customer does not see it.")

    def action_confirm(self):
        """Break the negotiation off.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.negotiation_id.break_off(self.reason)
        return {"type": "ir.actions.act_window_close"}
