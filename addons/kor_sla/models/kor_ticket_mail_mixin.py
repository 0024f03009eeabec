from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .mail_thread import AUTOMATIC


class KorTicketMailMixin(models.AbstractModel):
    """Let messages move tickets: whose they are decides what they mean; automatic ones mean nothing."""

    _name = "kor.ticket.mail.mixin"
    _description = "Messages of Tickets"

    def _note_message(self, message):
        """Write down what a message on the ticket means for its clocks."""
        ticket = self.sudo()  # customers write messages, and nobody writes events
        if not ticket.kor_contract_id or not ticket.sla_event_ids:
            return
        side = ticket._get_message_side(message)
        if side == "staff":
            ticket._record_event("answered", message_id=message.id)
        elif side == "customer":
            ticket._note_customer_message(message)

    @api.model
    def _get_message_side(self, message):
        """Return whether a message is one of staff to the customer or of the customer's side; else nothing.

        Notes among staff, what the system writes, and automatic mail are neither.
        """
        message_sudo = message.sudo()  # the subtype of a message tells who reads it
        is_public = message_sudo.subtype_id and not message_sudo.subtype_id.internal and not message_sudo.is_internal
        if message_sudo.message_type not in ("comment", "email") or not is_public:
            return ""
        if self.env.context.get("kor_automatic_mail") is AUTOMATIC:
            return ""
        author = message_sudo.author_id
        if author == self.env.ref("base.partner_root"):
            return ""
        users = author.with_context(active_test=False).user_ids
        return "staff" if any(not user.share for user in users) else "customer"

    def _note_customer_message(self, message):
        opened = self.sla_event_ids[:1]
        if self.ticket_channel == "email" and len(self.sla_event_ids) == 1 and not opened.message_id:
            # The mail that has opened the ticket, which the gateway adds to it afterwards.
            opened.message_id = message
            return
        author = message.sudo().author_id  # as above
        happened = [("replied", {"message_id": message.id})]
        if self.ticket_state == "waiting" and self._get_pause().reason_id.resumes_on_reply:
            happened.insert(0, ("resumed", {"message_id": message.id}))
        elif self.ticket_state == "resolved" and self._can_reopen():
            happened.insert(0, ("reopened", {"message_id": message.id}))
        elif self.ticket_state == "resolved" and self.kor_contract_id._is_supported():
            self._open_follow_up(message, author)
        self._add_events([(self, kind, values) for kind, values in happened])

    def _get_pause(self):
        """Return the event of the pause in which the ticket is."""
        return self.sla_event_ids.filtered(lambda event: event.kind == "paused")[-1:]

    def _open_follow_up(self, message, author):
        """Open a ticket for what was written on one that was resolved too long ago."""
        is_customers = author.commercial_partner_id == self.project_id.kor_support_partner_id
        follow_up = self.create(
            {
                "name": self.env._("Again: %(subject)s", subject=self.name),
                "kor_contract_id": self.kor_contract_id.id,
                "partner_id": author.id if is_customers else self.partner_id.id,
                "priority": self.ticket_priority,
                "ticket_channel": "email" if message.sudo().message_type == "email" else "portal",  # as above
                "ticket_previous_id": self.id,
                "description": message.sudo().body,  # as above
                "user_ids": [fields.Command.set(self.user_ids.filtered("active").ids)],
            }
        )
        text = self.env._("Resolved too long ago to open it again: this goes on in %(ticket)s.")
        self._note_to_staff(Markup.escape(text) % {"ticket": follow_up._get_html_link(title=follow_up.ticket_number)})
        return follow_up

    def _note_to_staff(self, text, partners=None):
        """Add an internal note by the system; it never reaches the customer."""
        return self.with_context(mail_create_nosubscribe=True).message_post(
            body=text,
            author_id=self.env.ref("base.partner_root").id,
            message_type="notification",
            subtype_xmlid="mail.mt_note",
            partner_ids=partners.ids if partners else [],
        )

    def _ask_assignee(self, text, deadline):
        """Give the assignee an activity, else who leads the customer's support."""
        contract = self.kor_contract_id
        for user in (self.user_ids or contract.support_user_ids or contract.account_manager_id)[:1]:
            self._ask_user(user, text, deadline)

    def _ask_user(self, user, text, deadline):
        zone = self.with_context(tz=user.tz or self.kor_contract_id.tz)
        day = fields.Date.context_today(zone, deadline or fields.Datetime.now())
        kind = "kor_sla.mail_activity_type_ticket"
        asked = self.activity_search([kind], user_id=user.id, only_automated=False)
        if asked:
            # One thing to do per person and ticket, which says the latest.
            asked.write({"summary": text, "date_deadline": day})
        else:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                kind, day, summary=text, user_id=user.id
            )

    @api.model
    def _prepare_mail_ticket(self, msg_dict, custom_values):
        """Return the values of what a mail to support becomes: a ticket of the sender's contract, or work for triage.

        Nobody is answered here: an unknown sender learns nothing of customers, and two machines never write to each
        other in circles.
        """
        email = email_normalize(msg_dict.get("email_from") or "")
        partners_sudo = self.env["res.partner"].sudo()  # the gateway decides by all contacts whose ticket it is
        partners = partners_sudo.search([("email_normalized", "=", email)]) if email else partners_sudo
        contract = self.env["kor.contract"]._get_supported_contract(partners.commercial_partner_id)
        requester = partners.filtered(
            lambda one: one.commercial_partner_id == contract.partner_id.commercial_partner_id
        )
        requester = requester.sorted("is_company")[:1]
        values = {**custom_values, "ticket_channel": "email"}
        problem = ""
        if self.env.context.get("kor_automatic_mail") is AUTOMATIC:
            problem = self.env._("This mail was sent by a machine.")
        elif not contract:
            problem = self.env._("The sender is no contact of a customer with a contract that runs.")
        else:
            try:
                contract._check_requester(requester)
            except UserError as error:
                problem = str(error)
        if problem:
            return {**values, "ticket_problem": problem}
        return {**values, "kor_contract_id": contract.id, "partner_id": requester.id}
