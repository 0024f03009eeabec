from odoo import api, fields, models


class KorTicketPause(models.TransientModel):
    """Ask why a ticket waits, and what shows it."""

    _name = "kor.ticket.pause"
    _description = "Pause a Ticket"

    task_id = fields.Many2one("project.task", string="Ticket", required=True, readonly=True, ondelete="cascade")
    reason_ids = fields.Many2many("kor.sla.pause.reason", string="Possible Reasons", compute="_compute_reason_ids")
    reason_id = fields.Many2one(
        "kor.sla.pause.reason", string="Reason", required=True, domain="[('id', 'in', reason_ids)]", ondelete="cascade"
    )
    needs_evidence = fields.Boolean(related="reason_id.needs_evidence")
    pauses_response = fields.Boolean(related="reason_id.pauses_response")
    resumes_on_reply = fields.Boolean(related="reason_id.resumes_on_reply")
    evidence = fields.Text(help="For the log, such as a link or what the customer said.")

    @api.depends("task_id")
    def _compute_reason_ids(self):
        for wizard in self:
            ticket = wizard.task_id
            wizard.reason_ids = ticket._get_ticket_agreement().pause_reason_ids if ticket.kor_contract_id else False

    def action_confirm(self):
        """Pause the ticket.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.task_id.pause_ticket(self.reason_id.code, self.evidence or "")
        return {"type": "ir.actions.act_window_close"}
