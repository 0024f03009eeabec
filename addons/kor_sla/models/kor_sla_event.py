from odoo import fields, models

from .kor_sla_target import PRIORITIES


class KorSlaEvent(models.Model):
    """What happened to a ticket, and when: the facts that its clocks are computed from. Never edited."""

    _name = "kor.sla.event"
    _description = "Event of a Ticket"
    _order = "date, id"

    task_id = fields.Many2one("project.task", string="Ticket", required=True, index=True, ondelete="cascade")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    kind = fields.Selection(
        [
            ("opened", "Opened"),
            ("answered", "Answered"),
            ("replied", "Customer wrote"),
            ("acknowledged", "Acknowledged"),
            ("paused", "Paused"),
            ("resumed", "Resumed"),
            ("priority", "Priority changed"),
            ("resolved", "Resolved"),
            ("reopened", "Opened again"),
        ],
        required=True,
    )
    priority = fields.Selection(PRIORITIES)
    reason_id = fields.Many2one("kor.sla.pause.reason", ondelete="restrict")
    evidence = fields.Text()
    message_id = fields.Many2one("mail.message", ondelete="set null")
    user_id = fields.Many2one("res.users", default=lambda self: self.env.user, ondelete="restrict")
