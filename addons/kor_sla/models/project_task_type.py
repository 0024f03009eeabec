from odoo import fields, models

from .kor_ticket_event_mixin import TICKET_STATES


class ProjectTaskType(models.Model):
    _inherit = "project.task.type"

    kor_ticket_state = fields.Selection(
        TICKET_STATES,
        string="Means for Tickets",
        help="What becomes of a support ticket that is moved to this stage.",
    )

    def _get_ticket_state(self):
        """Return what the stage means for a ticket: a folded one that says nothing is the end."""
        self.ensure_one()
        return self.kor_ticket_state or (self.fold and "resolved") or ""
