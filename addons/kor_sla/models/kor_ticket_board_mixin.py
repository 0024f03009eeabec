from odoo import api, models
from odoo.exceptions import UserError

CLOSED = ("1_done", "1_canceled")
# A sentinel: what follows from events is written without being taken for a new event, and no caller can say so.
FOLLOWING = object()


class KorTicketBoardMixin(models.AbstractModel):
    """Open tickets and keep them on the native board: what staff do there is written down as events."""

    _name = "kor.ticket.board.mixin"
    _description = "Tickets on the Board"

    @api.model
    def _prepare_tickets(self, vals_list):
        """Return the values with what follows from the contract: project, number, requester, priority."""
        given = self.env.context.get("default_kor_contract_id")
        prepared = []
        for vals in vals_list:
            values = {"kor_contract_id": given, **vals} if given else dict(vals)
            contract = self.env["kor.contract"].browse(values.get("kor_contract_id") or ())
            if contract:
                values = self._prepare_ticket(contract, values)
            elif values.get("ticket_channel") and not values.get("project_id"):
                values["project_id"] = self.env["project.project"]._get_triage_project(self.env.company).id
            prepared.append(values)
        return prepared

    @api.model
    def _prepare_ticket(self, contract, values):
        contract.check_access("read")
        contract_sudo = contract.sudo()  # who opens a ticket need not read all that the contract refers to
        contract_sudo._check_supported()
        company = contract_sudo.company_id
        requester = self.env["res.partner"].browse(values.get("partner_id") or contract_sudo.partner_id.id)
        contract_sudo._check_requester(requester)
        project = self.env["project.project"]._get_support_project(
            contract_sudo.partner_id.commercial_partner_id, company
        )
        return {
            "ticket_channel": "phone",
            "priority": "1",
            # Whoever opens a ticket does not take care of it by that.
            "user_ids": [],
            **values,
            "partner_id": requester.id,
            "project_id": project.id,
            "company_id": company.id,
            "ticket_number": self._next_ticket_number(company),
            "ticket_problem": False,
        }

    @api.model
    def _next_ticket_number(self, company):
        sequences_sudo = self.env["ir.sequence"].sudo()  # customers open tickets too
        return sequences_sudo.with_company(company).next_by_code("kor.ticket")

    def _open_tickets(self, vals_list):
        """Write down that the tickets among the tasks were opened, and let their requesters follow them."""
        happened = []
        for ticket, vals in zip(self.sudo(), vals_list, strict=True):  # nobody writes events
            if ticket.kor_contract_id:
                happened.append((ticket, "opened", {"priority": vals.get("priority") or "1"}))
                ticket.message_subscribe(ticket.partner_id.ids)
        if happened:
            self._add_events(happened)

    def _adopt(self, contract, vals):
        """Make a task, such as mail in triage, a ticket of the contract, as of the moment at which it came."""
        self.ensure_one()
        requester = vals.get("partner_id") or self.partner_id.id
        values = self._prepare_ticket(contract, {"priority": self.priority, **vals, "partner_id": requester})
        values["ticket_channel"] = vals.get("ticket_channel") or self.ticket_channel or "phone"
        stage = self.env["project.project"]._get_ticket_stages()[:1]
        self.with_context(kor_following=FOLLOWING).write({**values, "stage_id": stage.id})
        ticket = self.sudo()  # nobody writes events
        ticket.message_subscribe(ticket.partner_id.ids)
        self._add_events(
            [(ticket, "opened", {"priority": ticket.priority, "date": ticket.create_date.replace(microsecond=0)})]
        )
        for message in ticket.message_ids.sorted("id"):
            # What was answered while it waited in triage is an answer.
            ticket._note_message(message)

    def _take_contract(self, vals):
        """Make tasks tickets of a contract; what is a ticket already moves between its customer's contracts only."""
        self.check_access("write")
        self._check_field_access(self._fields["kor_contract_id"], "write")
        contract = self.env["kor.contract"].browse(vals["kor_contract_id"] or ())
        for task in self:
            if task.ticket_number:
                task._check_contract_change(contract)
            elif contract:
                task._adopt(contract, vals)

    def _check_contract_change(self, contract):
        """Raise where a ticket is to lose its contract, or to go to another customer's."""
        customer = self.kor_contract_id.partner_id.commercial_partner_id
        if contract.partner_id.commercial_partner_id != customer:
            raise UserError(
                self.env._(
                    "%(ticket)s stays a ticket of %(customer)s: choose one of its contracts.",
                    ticket=self.ticket_number,
                    customer=customer.name,
                )
            )

    def _note_board_changes(self, vals):
        """Write down what staff did on the board. What a portal user writes there moves nothing, and goes back."""
        if self.env.context.get("kor_following") is FOLLOWING:
            return
        if self.env.user.share:
            tickets_sudo = self.sudo()  # the board is put back to what the events say
            tickets_sudo.filtered("sla_event_ids")._follow_events()
            return
        for ticket in self.sudo().filtered("sla_event_ids"):  # nobody writes events
            if "priority" in vals and vals["priority"] != ticket.ticket_priority:
                ticket._record_event("priority", priority=vals["priority"])
            if wanted := ticket._get_wanted_state(vals):
                ticket._go_to_state(wanted)

    def _get_wanted_state(self, vals):
        """Return the state that a stage or a native state stands for."""
        if vals.get("state") in CLOSED:
            return "resolved"
        if "stage_id" in vals:
            return self.stage_id._get_ticket_state()
        reopens = self.ticket_state == "resolved" and vals.get("state")
        return "in_progress" if reopens else ""

    def _go_to_state(self, wanted):
        """Write the event that leads from the ticket's state to another one."""
        state = self.ticket_state
        if wanted == state:
            return
        if wanted == "resolved":
            self._resolve()
        elif wanted == "waiting":
            if state == "resolved":
                self._reopen()
            self._pause(self._get_board_reason(), "")
        elif state == "resolved":
            self._reopen()
        elif state == "waiting":
            self._record_event("resumed")
        elif wanted == "in_progress":
            self._record_event("acknowledged")

    def _get_board_reason(self):
        """Return the reason of a pause by drag and drop: the first that needs no evidence."""
        reason = self._get_ticket_agreement().pause_reason_ids.filtered(lambda one: not one.needs_evidence)[:1]
        if not reason:
            raise UserError(
                self.env._(
                    "%(ticket)s cannot wait without evidence. Open it, and pause it with a reason.",
                    ticket=self.ticket_number,
                )
            )
        return reason

    def _follow_events(self):
        """Move tickets on the native board to where their events have led them."""
        stages = {stage._get_ticket_state(): stage for stage in self.env["project.project"]._get_ticket_stages()}
        wanted = {}
        for ticket in self:
            values = ticket._get_board_values(stages)
            if values:
                wanted[tuple(sorted(values.items()))] = (
                    wanted.get(tuple(sorted(values.items())), self.browse()) | ticket
                )
        for values, tickets in wanted.items():
            tickets.with_context(kor_following=FOLLOWING).write(dict(values))
        calm = self.filtered(lambda ticket: ticket.sla_state not in ("warning", "critical", "breached"))
        calm.activity_unlink(["kor_sla.mail_activity_type_ticket"])

    def _get_board_values(self, stages):
        """Return the native values that differ from what the events say."""
        values = {}
        present = self.stage_id and self.stage_id._get_ticket_state()
        # A stage of the team's own, which means nothing to tickets, is left where the ticket is worked on.
        is_right = present == self.ticket_state or (not present and self.ticket_state in ("new", "in_progress"))
        if not is_right and self.ticket_state in stages:
            values["stage_id"] = stages[self.ticket_state].id
        if (self.state in CLOSED) != (self.ticket_state == "resolved"):
            values["state"] = "1_done" if self.ticket_state == "resolved" else "01_in_progress"
        if self.priority != self.ticket_priority:
            values["priority"] = self.ticket_priority
        return values
