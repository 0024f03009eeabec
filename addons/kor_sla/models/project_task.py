from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.sql import column_exists, create_column

from .kor_sla_target import PRIORITIES
from .kor_ticket_board_mixin import FOLLOWING
from .kor_ticket_event_mixin import TICKET_STATES

# What customers read of their tickets; nothing of it can they write.
PORTAL_FIELDS = {
    "kor_contract_id",
    "ticket_number",
    "ticket_channel",
    "ticket_state",
    "ticket_priority",
    "sla_deadline",
}


class ProjectTask(models.Model):
    """A task that has a contract is a support ticket."""

    _name = "project.task"
    _inherit = [
        "project.task",
        "kor.ticket.event.mixin",
        "kor.ticket.clock.mixin",
        "kor.ticket.mail.mixin",
        "kor.ticket.board.mixin",
        "kor.ticket.words.mixin",
    ]

    kor_contract_id = fields.Many2one(
        "kor.contract",
        string="Contract",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        tracking=True,
        help="Makes the task a support ticket of this contract, with the times that its service level promises.",
    )
    ticket_number = fields.Char(string="Ticket", readonly=True, copy=False, index="btree_not_null")
    ticket_channel = fields.Selection(
        [("portal", "Portal"), ("email", "E-mail"), ("phone", "Phone"), ("api", "API"), ("chat", "Chat")],
        string="Channel",
        copy=False,
        help="How the customer reached us.",
    )
    ticket_previous_id = fields.Many2one(
        "project.task", string="Goes on from", readonly=True, copy=False, index="btree_not_null"
    )
    ticket_problem = fields.Char(string="Not Accepted", readonly=True, copy=False, help="Why a mail became no ticket.")
    ticket_state = fields.Selection(
        TICKET_STATES, string="Ticket Status", compute="_compute_ticket_state", store=True, copy=False, index=True
    )
    ticket_priority = fields.Selection(
        PRIORITIES,
        string="Agreed Priority",
        compute="_compute_ticket_state",
        store=True,
        copy=False,
        help="The one whose promised times hold.",
    )
    sla_deadline = fields.Datetime(
        string="Next Deadline", compute="_compute_sla_state", store=True, index="btree_not_null", copy=False
    )
    sla_state = fields.Selection(
        [
            ("on_track", "On track"),
            ("warning", "75 % used"),
            ("critical", "90 % used"),
            ("breached", "Overdue"),
            ("paused", "Paused"),
            ("met", "Kept"),
            ("missed", "Missed"),
        ],
        string="SLA",
        compute="_compute_sla_state",
        store=True,
        copy=False,
        index=True,
    )
    sla_time_left = fields.Char(
        string="Time Left", compute="_compute_sla_time_left", help="Service time until the next deadline."
    )
    sla_event_ids = fields.One2many("kor.sla.event", "task_id", string="SLA Events")
    sla_clock_ids = fields.One2many("kor.sla.clock", "task_id", string="SLA Clocks")
    sla_escalation_ids = fields.One2many("kor.escalation.event", "task_id", string="Warnings and Escalations")

    _ticket_number_unique = models.UniqueIndex(
        "(company_id, ticket_number) WHERE ticket_number IS NOT NULL", "This ticket number is taken."
    )

    @property
    def TASK_PORTAL_READABLE_FIELDS(self):
        return super().TASK_PORTAL_READABLE_FIELDS | PORTAL_FIELDS

    def _auto_init(self):
        if not column_exists(self.env.cr, self._table, "ticket_state"):
            # No task is a ticket yet: there is nothing to compute, in projects of any size.
            for name, kind in (
                ("ticket_state", "varchar"),
                ("ticket_priority", "varchar"),
                ("sla_deadline", "timestamp"),
                ("sla_state", "varchar"),
            ):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for ticket in self.filtered("ticket_number"):
            ticket.access_url = f"/my/tickets/{ticket.id}"
        return result

    @api.depends("ticket_number")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        for ticket in self.filtered("ticket_number"):
            ticket.display_name = f"{ticket.ticket_number} {ticket.name}"
        return result

    @api.constrains("kor_contract_id", "project_id", "partner_id")
    def _check_ticket_customer(self):
        """A ticket, its project and its requester are of one customer: the project decides who sees it."""
        for ticket in self.filtered("kor_contract_id"):
            contract_sudo = ticket.kor_contract_id.sudo()  # a portal user who names a requester reads no contract
            customer = contract_sudo.partner_id.commercial_partner_id
            project_sudo = ticket.project_id.sudo()  # likewise
            if project_sudo.kor_support_partner_id != customer or project_sudo.company_id != contract_sudo.company_id:
                raise ValidationError(
                    self.env._(
                        "%(ticket)s belongs in the support project of %(customer)s.",
                        ticket=ticket.display_name,
                        customer=customer.name,
                    )
                )
            requester = ticket.partner_id.sudo()  # likewise
            if requester and requester.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(person)s is no contact of %(customer)s. Add the contact to the customer first, or choose "
                        "another one.",
                        person=requester.name,
                        customer=customer.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # The project and the number of a ticket follow from its contract, whoever opens it and however.
        vals_list = self._prepare_tickets(vals_list)
        tasks = super().create(vals_list)
        tasks._open_tickets(vals_list)
        return tasks

    def write(self, vals):
        takes_contract = "kor_contract_id" in vals and self.env.context.get("kor_following") is not FOLLOWING
        if takes_contract:
            self._take_contract(vals)
        result = super().write(vals)
        if takes_contract:
            self._sync_clocks(stopped_too=True)
        if {"stage_id", "state", "priority"} & vals.keys():
            self._note_board_changes(vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_tickets(self):
        tickets_sudo = self.sudo()  # whoever deletes, the log of a ticket stays
        for ticket in tickets_sudo.filtered("sla_event_ids")[:1]:
            raise UserError(
                self.env._(
                    "%(ticket)s has a log that its promised times rest on. Archive it instead of deleting it.",
                    ticket=ticket.display_name,
                )
            )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Take mail to the address of support: it becomes a ticket of the sender's contract."""
        values = custom_values or {}
        if values.get("ticket_channel") == "email" and not values.get("project_id"):
            custom_values = self._prepare_mail_ticket(msg_dict, values)
        task = super().message_new(msg_dict, custom_values=custom_values)
        if task.ticket_problem:
            task._note_to_staff(
                self.env._(
                    "%(problem)s Nobody was answered. Choose a contract to make this a ticket, or archive it.",
                    problem=task.ticket_problem,
                )
            )
        return task

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        self._note_message(message)
        return result

    def _notify_get_reply_to(self, default=None, author_id=False):
        # Answers to a ticket come back to support, wherever its project lies.
        result = super()._notify_get_reply_to(default=default, author_id=author_id)
        alias = self.env.ref("kor_sla.mail_alias_support", raise_if_not_found=False)
        address = alias.sudo().alias_full_name if alias else ""  # the address of support is no secret
        if address and "@" in address:
            for ticket in self.sudo().filtered("ticket_number"):  # whoever writes on it
                result[ticket.id] = self._notify_get_reply_to_formatted_email(address, author_id=author_id)
        return result

    def _creation_message(self):
        if self.ticket_number:
            return self.env._("%(ticket)s was opened.", ticket=self.ticket_number)
        return super()._creation_message()
