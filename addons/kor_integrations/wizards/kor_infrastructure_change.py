from odoo import fields, models


class KorInfrastructureChange(models.TransientModel):
    """Say that infrastructure is not well any more, or retired, and why."""

    _name = "kor.infrastructure.change"
    _description = "Change the State of Infrastructure"

    infrastructure_id = fields.Many2one(
        "kor.infrastructure",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.context.get("active_id"),
    )
    state = fields.Selection(
        [("degraded", "Degraded"), ("down", "Down"), ("retired", "Retired for good")], required=True, default="degraded"
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Set the state.

        :return: an action that closes the window
        """
        self.ensure_one()
        self.infrastructure_id.set_state(self.state, self.reason)
        return {"type": "ir.actions.act_window_close"}
