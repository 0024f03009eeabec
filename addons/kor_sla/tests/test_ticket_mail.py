from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.mail.tests.common import MailCase

from .ticket_common import TicketCase, utc

RAW = """Return-Path: <{sender}>
From: {sender}
To: {to}
Subject: {subject}
Message-ID: <{number}@mail.example>
Date: Mon, 2 Mar 2020 03:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
{headers}
{body}
"""
# As Exchange, Gmail, Lotus and ticket systems write them.
MACHINES = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated",
    'Auto-Submitted: auto-replied; owner-email="ada@harbour.example"',
    "Precedence: auto_reply",
    "Precedence: bulk",
    "Precedence: junk",
    "X-Autoreply: yes",
    "X-Autorespond: Out of office",
]


@tagged("post_install", "-at_install")
class TestTicketMail(TicketCase, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].search([("name", "=", "kor.example")]) or cls.env[
            "mail.alias.domain"
        ].create({"name": "kor.example", "bounce_alias": "bounce", "catchall_alias": "catchall"})
        cls.env.company.alias_domain_id = domain
        cls.alias = cls.env.ref("kor_sla.mail_alias_support")
        cls.alias.alias_domain_id = domain
        cls.number = 0

    def _receive(self, moment, sender, headers="", subject="Printer", body="It smokes.", to="support@kor.example"):
        """Let a raw mail come in at a moment, and return the task that it is about."""
        type(self).number += 1
        headers = f"{headers}\n" if headers else ""
        raw = RAW.format(
            sender=sender, to=to, subject=subject, body=body, headers=headers, number=f"{self.number}.{id(self)}"
        )
        with freeze_time(utc(moment)), self.mock_mail_gateway():
            thread_id = self.env["mail.thread"].sudo().message_process(False, raw)
        return self.env["project.task"].browse(thread_id)

    def _reply(self, moment, ticket, sender, headers=""):
        """Let somebody answer by mail what was last written publicly on the ticket."""
        parent = ticket.message_ids.filtered(lambda one: one.message_type in ("email", "comment"))[0]
        headers = "\n".join(filter(None, (f"In-Reply-To: {parent.message_id}", headers)))
        return self._receive(moment, sender, headers, subject=f"Re: {ticket.name}")

    def test_mail_of_a_contact_opens_a_ticket_of_its_contract(self):
        ticket = self._receive("09:00:00", '"Ada" <Ada@Harbour.example>')
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "Printer",
                    "kor_contract_id": self.contract.id,
                    "partner_id": self.ada.id,
                    "ticket_channel": "email",
                    "ticket_state": "new",
                    "ticket_priority": "1",
                    "ticket_problem": False,
                }
            ],
        )
        # The moment of arrival counts, not the date that the sender's program wrote.
        self.assertEqual(self._get_clock(ticket, "response").deadline, utc("10:00:00"))
        self.assertEqual(self._get_kinds(ticket), ["opened"])
        self.assertIn("It smokes.", ticket.sla_event_ids.message_id.body)

    def test_answers_by_mail_thread_and_count(self):
        ticket = self._receive("09:00:00", "ada@harbour.example")
        self.assertEqual(self._reply("09:20:00", ticket, "agent@company.example"), ticket)
        self.assertEqual(self._reply("09:40:00", ticket, "ben@harbour.example"), ticket)
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered", "replied"])
        self.assertEqual(self._get_clock(ticket, "response").date_stop, utc("09:20:00"))
        self.assertEqual(self._get_clock(ticket, "next_response").deadline, utc("11:40:00"))

    def test_answers_go_back_to_support(self):
        ticket = self._receive("09:00:00", "ada@harbour.example")
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).message_post(
                body="We look.", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        message = ticket.message_ids[0]
        self.assertIn("support@kor.example", message.reply_to)
        self.assertIn(self.ada, message.notified_partner_ids)

    def test_machines_answer_nothing(self):
        ticket = self._receive("09:00:00", "ada@harbour.example")
        for header in MACHINES:
            with self.subTest(header=header):
                self._reply("09:10:00", ticket, "agent@company.example", header)
                self.assertEqual(self._get_kinds(ticket), ["opened"])
        self.assertEqual(len(ticket.message_ids.filtered(lambda one: one.message_type == "email")), 1 + len(MACHINES))
        self._reply("09:10:00", ticket, "agent@company.example", "Auto-Submitted: no")
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered"])

    def test_out_of_office_resumes_and_reopens_nothing(self):
        ticket = self._receive("09:00:00", "ada@harbour.example")
        self._at("09:10:00", ticket, "pause_ticket", "customer")
        self._reply("09:11:00", ticket, "ada@harbour.example", "Auto-Submitted: auto-replied")
        self.assertEqual(ticket.ticket_state, "waiting")
        self._reply("09:12:00", ticket, "ada@harbour.example")
        self.assertEqual(ticket.ticket_state, "in_progress")
        self._at("09:20:00", ticket, "resolve_ticket", "Done.")
        self._reply("09:21:00", ticket, "ada@harbour.example", "Auto-Submitted: auto-replied")
        self.assertEqual(ticket.ticket_state, "resolved")

    def test_notes_bots_and_notifications_answer_nothing(self):
        ticket = self._open("09:00:00")
        bot = self.env.ref("base.partner_root")
        staff = self.agent.partner_id
        for author, values in (
            (staff, {"subtype_xmlid": "mail.mt_note"}),
            (bot, {}),
            (staff, {"message_type": "notification"}),
            (staff, {"message_type": "auto_comment"}),
            (staff, {"is_internal": True}),
        ):
            with self.subTest(author=author.name, values=values):
                self._say("09:10:00", ticket, author, **values)
                self.assertEqual(self._get_kinds(ticket), ["opened"])

    def test_unknown_sender_goes_to_triage_and_hears_nothing(self):
        task = self._receive("09:00:00", "mallory@nowhere.example", subject="Hello there")
        self.assertTrue(task.project_id.kor_is_triage)
        self.assertFalse(task.ticket_number or task.sla_event_ids)
        note = task.message_ids.filtered(lambda one: one.subtype_id.internal)
        self.assertIn("no contact of a customer", note.body)
        self.assertFalse(self._new_mails.filtered(lambda mail: "mallory" in (mail.email_to or "")))
        self.assertFalse(note.notified_partner_ids)
        stranger = task.partner_id
        # Once the sender is known, a contract makes it a ticket, and what was answered meanwhile is an answer.
        stranger.parent_id = self.customer
        task.with_user(self.agent).message_post(body="Hi", message_type="comment", subtype_xmlid="mail.mt_comment")
        task.with_user(self.agent).kor_contract_id = self.contract
        self.assertEqual(self._get_kinds(task), ["opened", "answered"])

    def test_requester_who_is_not_named_goes_to_triage(self):
        self.contract.write({"named_contacts_only": True, "support_contact_ids": [Command.set(self.ada.ids)]})
        named = self._receive("09:00:00", "ada@harbour.example")
        self.assertTrue(named.ticket_number, named.ticket_problem)
        task = self._receive("09:00:00", "ben@harbour.example", subject="Me too")
        self.assertFalse(task.ticket_number)
        self.assertIn("Ben is none of them", task.ticket_problem)

    def test_machine_opens_no_ticket(self):
        task = self._receive("09:00:00", "ada@harbour.example", "Auto-Submitted: auto-replied", subject="Out of office")
        self.assertFalse(task.ticket_number)
        self.assertIn("sent by a machine", task.ticket_problem)

    def test_customer_without_a_running_contract_goes_to_triage(self):
        self.contract.action_cancel("2026-01-31")
        self.contract.invalidate_recordset()
        self.env.cr.execute("UPDATE kor_contract SET state = 'ended' WHERE id = %s", [self.contract.id])
        self.env.invalidate_all()
        self.assertFalse(self._receive("09:00:00", "ada@harbour.example").ticket_number)

    def test_mail_on_a_ticket_that_was_resolved_long_ago_opens_another(self):
        ticket = self._receive("09:00:00", "ada@harbour.example")
        self._at("10:00:00", ticket, "resolve_ticket", "Done.")
        self._reply("2026-03-30 09:00:00", ticket, "ben@harbour.example")
        follow_up = self.env["project.task"].search([("ticket_previous_id", "=", ticket.id)])
        self.assertEqual((follow_up.ticket_channel, follow_up.partner_id), ("email", self.ben))
        self.assertEqual(ticket.ticket_state, "resolved")

    def test_from_outside_nobody_can_say_that_a_message_is_automatic(self):
        ticket = self._open("09:00:00")
        with freeze_time(utc("09:10:00")):
            ticket.with_user(self.agent).with_context(kor_automatic_mail=True).message_post(
                body="Hi", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered"])
