from odoo import fields, models

from .kor_sla_target import PRIORITIES


class KorSlaClock(models.Model):
    """A promised time of a ticket, computed from its events: nobody writes it."""

    _name = "kor.sla.clock"
    _description = "SLA Clock"
    _order = "deadline, id"
    _rec_name = "task_id"

    task_id = fields.Many2one("project.task", string="Ticket", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="restrict")
    agreement_id = fields.Many2one("kor.sla.agreement", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="agreement_id.tier_id", store=True)
    kind = fields.Selection(
        [("response", "First response"), ("next_response", "Next response"), ("resolution", "Resolution")],
        required=True,
    )
    number = fields.Integer(help="The first, second … of its kind on the ticket.")
    priority = fields.Selection(PRIORITIES, required=True)
    target_minutes = fields.Integer(required=True)
    date_start = fields.Datetime(required=True)
    deadline = fields.Datetime(index="btree_not_null", help="Empty while the clock is paused.")
    date_stop = fields.Datetime(string="Stopped")
    used_seconds = fields.Integer(string="Used (seconds)", help="Service time without pauses, up to the stop.")
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("met", "Met"), ("breached", "Breached")],
        required=True,
        default="running",
        index=True,
        help="Breached: not stopped by the deadline, whether it is stopped by now or not.",
    )
    date_breached = fields.Datetime(help="When the deadline passed.")
