from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .ticket_common import TicketCase, utc


@tagged("post_install", "-at_install")
class TestTicketAccess(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_customer("Stranger")
        cls.stranger_user = new_test_user(
            cls.env, "test_stranger", "base.group_portal", partner_id=cls.stranger.id, email="x@stranger.example"
        )
        cls.ben_user = new_test_user(
            cls.env, "test_ben", "base.group_portal", partner_id=cls.ben.id, name="Ben", email=cls.ben.email
        )

    def test_colleagues_read_their_companys_tickets_and_nobody_else_does(self):
        ticket = self._open()
        tasks = self.env["project.task"]
        for user, sees in ((self.portal_user, True), (self.ben_user, True), (self.stranger_user, False)):
            with self.subTest(user=user.login):
                self.assertEqual(tasks.with_user(user).search([("id", "=", ticket.id)]), ticket if sees else tasks)
        self.assertEqual(ticket.with_user(self.ben_user).read(["name", "ticket_state"])[0]["ticket_state"], "new")

    def test_triage_is_for_staff_only(self):
        task = self.env["project.task"].create({"name": "Help", "ticket_channel": "email", "partner_id": self.ada.id})
        task.message_subscribe(self.ada.ids)
        self.assertFalse(self.env["project.task"].with_user(self.portal_user).search([("id", "=", task.id)]))

    def test_facts_and_clocks_are_nobodys_to_write(self):
        ticket = self._open()
        self._watch("11:00:00")
        manager = new_test_user(self.env, "test_manager", "base.group_user,kor_sla.group_kor_support_manager")
        records = (ticket.sla_event_ids[:1], ticket.sla_clock_ids[:1], ticket.sla_escalation_ids[:1])
        for user in (self.portal_user, self.agent, manager):
            for record in records:
                mine = record.with_user(user)
                for action in (
                    lambda mine=mine: mine.create({"task_id": ticket.id}),
                    lambda mine=mine: mine.write({"task_id": ticket.id}),
                    lambda mine=mine: mine.unlink(),
                ):
                    with self.subTest(user=user.login, model=record._name), self.assertRaises(AccessError):
                        action()
        for record in records:
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.portal_user).read(["task_id"])

    def test_portal_user_writes_no_field_of_a_ticket(self):
        ticket = self._open()
        for name, value in (
            ("stage_id", self.env.ref("kor_sla.ticket_stage_resolved").id),
            ("state", "1_done"),
            ("priority", "0"),
            ("ticket_state", "resolved"),
            ("kor_contract_id", False),
            ("sla_deadline", False),
        ):
            with self.subTest(field=name), self.assertRaises(AccessError):
                ticket.with_user(self.portal_user).write({name: value})

    def _let_edit(self, ticket):
        """Let the portal user edit the tickets of the project, and return the ticket as that user has it."""
        ticket.project_id.write(
            {"collaborator_ids": [Command.create({"partner_id": self.ada.id, "limited_access": False})]}
        )
        return ticket.with_user(self.portal_user)

    def test_collaborator_who_may_edit_moves_no_clock(self):
        ticket = self._open()
        self._at("09:05:00", ticket, "acknowledge_ticket")
        shared = self._let_edit(ticket)
        before = ticket.sla_clock_ids.read(["deadline", "state", "date_stop", "priority"])
        with freeze_time(utc("09:30:00")):
            for vals in (
                {"stage_id": self.env.ref("kor_sla.ticket_stage_resolved").id},
                {"state": "1_done"},
                {"priority": "0"},
                {"state": "1_canceled", "priority": "3"},
                {"date_deadline": "2030-01-01"},
            ):
                with self.subTest(vals=vals):
                    shared.write(vals)
                    self.env.flush_all()
                    self.assertEqual(self._get_kinds(ticket), ["opened", "acknowledged"])
                    self.assertEqual((ticket.ticket_state, ticket.ticket_priority), ("in_progress", "1"))
                    # The board is put back to what the events say.
                    self.assertEqual(
                        (ticket.stage_id.kor_ticket_state, ticket.state), ("in_progress", "01_in_progress")
                    )
                    self.assertEqual(ticket.sla_clock_ids.read(["deadline", "state", "date_stop", "priority"]), before)

    def test_collaborator_who_may_edit_hands_no_ticket_over(self):
        shared = self._let_edit(self._open())
        # Another customer is beyond their sight.
        for vals in ({"kor_contract_id": False}, {"partner_id": self.stranger.id}):
            with self.subTest(vals=vals), freeze_time(utc("09:30:00")), self.assertRaises(AccessError):
                shared.write(vals)

    def test_portal_user_opens_tickets_of_the_own_contract_only(self):
        with freeze_time(utc("09:00:00")):
            ticket_id = self.contract.with_user(self.portal_user).open_ticket({"name": "Mine"})
        ticket = self.env["project.task"].browse(ticket_id)
        self.assertEqual((ticket.partner_id, ticket.ticket_channel), (self.ada, "api"))
        with self.assertRaises(AccessError):
            self.contract.with_user(self.stranger_user).open_ticket({"name": "Theirs"})
        with self.assert_refused("is no contact of Harbour"):
            self.contract.with_user(self.portal_user).open_ticket({"name": "x", "requester": self.stranger.id})

    def test_portal_user_is_not_a_named_contact_by_naming_one(self):
        self.contract.write({"named_contacts_only": True, "support_contact_ids": [Command.set(self.ada.ids)]})
        with self.assert_refused("Ben is none of them"):
            self.contract.with_user(self.ben_user).open_ticket({"name": "x", "requester": self.ada.id})
        with freeze_time(utc("09:00:00")):
            self.assertTrue(self.contract.with_user(self.portal_user).open_ticket({"name": "x"}))

    def test_reader_of_contracts_opens_no_ticket(self):
        reader = new_test_user(self.env, "test_reader", "base.group_user,kor_contracts.group_kor_contract_user")
        with self.assertRaises(AccessError):
            self.contract.with_user(reader).open_ticket({"name": "x"})

    def test_customer_reads_public_messages_only(self):
        ticket = self._open()
        self._say("09:10:00", ticket, self.agent.partner_id, body="For all")
        self._say("09:11:00", ticket, self.agent.partner_id, body="Secret", subtype_xmlid="mail.mt_note")
        messages = (
            self.env["mail.message"]
            .with_user(self.portal_user)
            .search([("model", "=", "project.task"), ("res_id", "=", ticket.id)])
        )
        text = "".join(messages.mapped("body"))
        self.assertIn("For all", text)
        self.assertNotIn("Secret", text)

    def test_other_companys_staff_see_neither_ticket_nor_clock(self):
        ticket = self._open()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        other = new_test_user(
            self.env,
            "test_elsewhere",
            "base.group_user,kor_sla.group_kor_support_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.env["project.task"].with_user(other).search([("id", "=", ticket.id)]))
        self.assertFalse(self.env["kor.sla.clock"].with_user(other).search([("task_id", "=", ticket.id)]))
