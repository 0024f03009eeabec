from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .kor_sla_target import PRIORITIES

TICKET_STATES = [
    ("new", "New"),
    ("in_progress", "In progress"),
    ("waiting", "Waiting"),
    ("resolved", "Resolved"),
]
OPEN_STATES = tuple(state for state, _label in TICKET_STATES if state != "resolved")
# What an event makes of a ticket. A message of the customer alone changes nothing.
STATES_AFTER = {
    "opened": "new",
    "answered": "in_progress",
    "acknowledged": "in_progress",
    "paused": "waiting",
    "resumed": "in_progress",
    "resolved": "resolved",
    "reopened": "in_progress",
}
# Where a contract has no agreement.
REOPENING_DAYS = 14


class KorTicketEventMixin(models.AbstractModel):
    """Write down what happens to a ticket. All that is shown and measured follows from these facts."""

    _name = "kor.ticket.event.mixin"
    _description = "Events of Tickets"

    def acknowledge_ticket(self):
        """Say that somebody takes care of the ticket: nobody else is called in from now on.

        :return: the ticket with its clocks, as :meth:`get_ticket`
        """
        ticket = self._get_agents_ticket()
        if ticket.ticket_state == "resolved":
            raise UserError(self.env._("%(ticket)s is resolved. Open it again first.", ticket=ticket.ticket_number))
        return ticket._record_event("acknowledged")._get_ticket_values()

    def pause_ticket(self, reason, evidence=""):
        """Let the clock of the solution stand still, for a reason that the agreement knows.

        :param reason: the reason's code or id
        :param evidence: what shows that it is so; some reasons need it
        :return: the ticket with its clocks
        """
        ticket = self._get_agents_ticket()
        return ticket._pause(ticket._find_pause_reason(reason), evidence)._get_ticket_values()

    def resume_ticket(self):
        """Let the clocks of a paused ticket go on.

        :return: the ticket with its clocks
        """
        ticket = self._get_agents_ticket()
        if ticket.ticket_state != "waiting":
            raise UserError(
                self.env._("%(ticket)s is not paused, so it cannot go on.", ticket=ticket.ticket_number or ticket.name)
            )
        return ticket._record_event("resumed")._get_ticket_values()

    def resolve_ticket(self, note=""):
        """Say that the ticket is solved.

        :param note: for the customer, sent as a message
        :return: the ticket with its clocks
        """
        ticket = self._get_agents_ticket()
        return ticket._resolve(self._clean_text(note, self.env._("The note")))._get_ticket_values()

    def reopen_ticket(self, reason=""):
        """Open a resolved ticket again, within the days that its agreement gives for it.

        :param reason: why, for the log
        :return: the ticket with its clocks
        """
        ticket = self._get_agents_ticket()
        return ticket._reopen(self._clean_text(reason, self.env._("The reason")))._get_ticket_values()

    def set_ticket_priority(self, priority):
        """Agree on another priority; its times hold from the beginning of each running clock.

        :param priority: 0 to 3, or its name (low, medium, high, urgent)
        :return: the ticket with its clocks
        """
        ticket = self._get_agents_ticket()
        key = ticket._parse_priority(priority)
        if key != ticket.ticket_priority:
            ticket._record_event("priority", priority=key)
        return ticket._get_ticket_values()

    def get_ticket(self):
        """Return the ticket as other systems read it: its state and each of its clocks."""
        return self._get_agents_ticket()._get_ticket_values()

    def _get_agents_ticket(self):
        """Return the one ticket as superuser, or raise where the user is no agent who may change it."""
        self.ensure_one()
        if not self.env.su and not self.env.user.has_group("kor_sla.group_kor_support_user"):
            raise AccessError(self.env._("Only support agents change tickets. Answer on the ticket's page instead."))
        self.check_access("write")
        if not self.kor_contract_id:
            raise UserError(
                self.env._("“%(task)s” is no ticket yet. Choose the contract it belongs to.", task=self.display_name)
            )
        return self.sudo()  # events and clocks are nobody's to write; the rules chose the record

    @api.model
    def _parse_priority(self, priority):
        """Return the key of a priority from its number or name."""
        keys = {key: key for key, _label in PRIORITIES} | {label.lower(): key for key, label in PRIORITIES}
        key = None if isinstance(priority, bool) else keys.get(str(priority).strip().lower())
        if key is None:
            raise UserError(
                self.env._(
                    "A priority is 0 to 3, or one of: %(names)s. “%(value)s” is neither.",
                    names=", ".join(label.lower() for _key, label in PRIORITIES),
                    value=priority,
                )
            )
        return key

    @api.model
    def _clean_text(self, text, label):
        if not isinstance(text, str):
            raise UserError(self.env._("%(label)s must be text, not “%(value)s”.", label=label, value=text))
        return text.strip()

    def _find_pause_reason(self, reason):
        """Return the reason that was named, where the ticket's agreement has it."""
        reasons = self._get_ticket_agreement().pause_reason_ids
        names = {str(one.id): one for one in reasons} | {one.code: one for one in reasons}
        found = None if isinstance(reason, bool) else names.get(str(reason))
        if not found:
            raise UserError(
                self.env._(
                    "“%(reason)s” does not pause the clocks of %(ticket)s. By its agreement these do: %(reasons)s.",
                    reason=reason,
                    ticket=self.ticket_number,
                    reasons=", ".join(one.code for one in reasons) or self.env._("nothing"),
                )
            )
        return found

    def _pause(self, reason, evidence):
        evidence = self._clean_text(evidence or "", self.env._("The evidence"))
        if self.ticket_state in ("waiting", "resolved"):
            labels = dict(self._fields["ticket_state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(ticket)s is “%(state)s”; only what is worked on is paused.",
                    ticket=self.ticket_number,
                    state=labels[self.ticket_state],
                )
            )
        if reason.needs_evidence and not evidence:
            raise UserError(
                self.env._("“%(reason)s” needs evidence: say what shows that it is so.", reason=reason.name)
            )
        return self._record_event("paused", reason_id=reason.id, evidence=evidence)

    def _resolve(self, note=""):
        if self.ticket_state == "resolved":
            raise UserError(self.env._("%(ticket)s is resolved already.", ticket=self.ticket_number))
        if note:
            author = self.env.user.partner_id
            # As the user: the author of a public message decides whose answer it is.
            self.message_post(body=note, author_id=author.id, message_type="comment", subtype_xmlid="mail.mt_comment")
        return self._record_event("resolved")

    def _reopen(self, reason=""):
        if self.ticket_state != "resolved":
            raise UserError(
                self.env._("%(ticket)s is open; only a resolved one is opened again.", ticket=self.ticket_number)
            )
        if not self._can_reopen():
            raise UserError(
                self.env._(
                    "%(ticket)s was resolved more than %(days)s days ago. Open a new ticket instead.",
                    ticket=self.ticket_number,
                    days=self._get_reopening_days(),
                )
            )
        return self._record_event("reopened", evidence=reason)

    def _get_reopening_days(self):
        agreement = self._get_ticket_agreement()
        return agreement.reopening_days if agreement else REOPENING_DAYS

    def _can_reopen(self):
        """Return whether the agreement still lets the resolved ticket be opened again."""
        resolved = self.sla_event_ids.filtered(lambda event: event.kind == "resolved")[-1:]
        if not resolved:
            return False
        return fields.Datetime.now() <= fields.Datetime.add(resolved.date, days=self._get_reopening_days())

    def _record_event(self, kind, **values):
        """Add an event to the log, and let everything follow that follows from it."""
        self._add_events([(self, kind, values)])
        return self

    @api.model
    def _add_events(self, happened):
        """Add events of several tickets: (ticket, kind, values) each, in the order in which they happened."""
        events_sudo = self.env["kor.sla.event"].sudo()  # nobody writes events, this log does
        events = events_sudo.create(
            [
                {"task_id": ticket.id, "kind": kind, "user_id": self.env.uid, **values}
                for ticket, kind, values in happened
            ]
        )
        self.union(*[ticket for ticket, _kind, _values in happened])._sync_clocks()
        return events

    def _get_state_from_events(self):
        """Return state and priority of the ticket as its events leave them."""
        self.ensure_one()
        state, priority = "new", "0"
        for event in self.sla_event_ids.sorted(lambda one: (one.date, one.id)):
            if event.kind in ("opened", "priority"):
                priority = event.priority or priority
            if state == "waiting" and event.kind in ("answered", "acknowledged"):
                # Whoever writes while a ticket waits does not end the waiting.
                continue
            if state == "resolved" and event.kind != "reopened":
                continue
            state = STATES_AFTER.get(event.kind, state)
        return state, priority
