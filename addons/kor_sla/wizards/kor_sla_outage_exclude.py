from odoo import fields, models


class KorSlaOutageExclude(models.TransientModel):
    """Let an outage count for nothing, with the reason that customers read."""

    _name = "kor.sla.outage.exclude"
    _description = "Exclude an Outage"

    outage_id = fields.Many2one(
        "kor.sla.outage", required=True, ondelete="cascade", default=lambda self: self.env.context.get("active_id")
    )
    reason = fields.Text(required=True)

    def action_apply(self):
        """Exclude the outage.

        :return: an action that closes the window
        """
        self.outage_id.action_exclude(self.reason)
        return {"type": "ir.actions.act_window_close"}
