from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .ticket_common import TicketCase, utc


@tagged("post_install", "-at_install")
class TestTicket(TicketCase):
    def test_first_ticket_makes_the_support_project_and_the_second_uses_it(self):
        first, second = self._open(), self._open("09:10:00")
        project = first.project_id
        self.assertEqual(second.project_id, project)
        self.assertEqual(
            (project.kor_support_partner_id, project.company_id), (self.customer, self.contract.company_id)
        )
        self.assertEqual(project.type_ids.mapped("kor_ticket_state"), ["new", "in_progress", "waiting", "resolved"])
        self.assertNotEqual(first.ticket_number, second.ticket_number)
        self.assertEqual(first.stage_id, self.env.ref("kor_sla.ticket_stage_new"))

    def test_contract_of_a_contact_goes_to_the_project_of_its_company(self):
        contract = self._create_supported(self.ben)
        self.assertEqual(self._open(contract=contract).project_id, self._open().project_id)

    def test_ticket_by_rpc_has_what_was_given(self):
        values = {
            "name": "  Slow ",
            "description": "First line\n<b>second</b>",
            "priority": "urgent",
            "requester": "BEN@harbour.example",
            "channel": "chat",
        }
        ticket = self._open(**values)
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "Slow",
                    "ticket_priority": "3",
                    "priority": "3",
                    "partner_id": self.ben.id,
                    "ticket_channel": "chat",
                    "ticket_state": "new",
                }
            ],
        )
        self.assertIn("&lt;b&gt;second", ticket.description)
        self.assertIn(self.ben, ticket.message_partner_ids)
        self.assertFalse(ticket.user_ids)

    def test_bad_input_is_refused_with_a_sentence(self):
        table = [
            ({}, "Say in a few words"),
            ({"name": 5}, "“name” must be text"),
            ({"name": "x" * 201}, "longer than 200"),
            ({"name": "x", "priority": "soon"}, "A priority is 0 to 3"),
            ({"name": "x", "priority": True}, "A priority is 0 to 3"),
            ({"name": "x", "channel": "fax"}, "does not come by “fax”"),
            ({"name": "x", "requester": "nobody@else.example"}, "is no contact of Harbour"),
            ({"name": "x", "requester": self.agent.partner_id.id}, "is no contact of Harbour"),
            ({"name": "x", "stage_id": 1}, "A ticket has no “stage_id”"),
            ("x", "A ticket is given by its name"),
        ]
        for values, sentence in table:
            with self.subTest(values=values), self.assert_refused(sentence):
                self.contract.with_user(self.agent).open_ticket(values)

    def test_contract_that_does_not_run_takes_no_ticket(self):
        draft = self.env["kor.contract"].create({"partner_id": self.customer.id, "plan_id": self.plan.id})
        with self.assert_refused("is “Draft”: tickets are opened on contracts that are active"):
            draft.with_user(self.agent).open_ticket({"name": "x"})

    def test_named_contacts_only_refuses_others(self):
        self.contract.write({"named_contacts_only": True, "support_contact_ids": [(6, 0, self.ada.ids)]})
        self.assertTrue(self._open(requester=self.ada.id))
        with self.assert_refused("opened by its named contacts only: .*Ada. Ben is none of them|named contacts only"):
            self._open(requester=self.ben.id)

    def test_staff_open_a_ticket_in_the_form(self):
        with freeze_time(utc("09:00:00")):
            ticket = (
                self.env["project.task"]
                .with_user(self.agent)
                .create(
                    {
                        "name": "By phone",
                        "kor_contract_id": self.contract.id,
                        "ticket_channel": "phone",
                        "priority": "3",
                    }
                )
            )
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(self._get_clock(ticket, "response").deadline, utc("09:30:00"))

    def test_requester_of_another_customer_is_refused(self):
        stranger = self._create_customer("Stranger")
        with self.assert_refused("is no contact of Harbour", ValidationError):
            self.env["project.task"].create(
                {"name": "x", "kor_contract_id": self.contract.id, "partner_id": stranger.id}
            )

    def test_ticket_stays_with_its_customer_and_moves_between_its_contracts(self):
        ticket = self._open()
        other = self._create_supported(self._create_customer("Other"))
        sibling = self._create_supported(self.customer)
        with self.assert_refused("stays a ticket of Harbour"):
            ticket.kor_contract_id = other
        with self.assert_refused("stays a ticket of Harbour"):
            ticket.kor_contract_id = False
        with self.assert_refused("belongs in the support project", ValidationError):
            ticket.project_id = self.env["project.project"].create({"name": "Elsewhere"})
        ticket.kor_contract_id = sibling
        self.assertEqual(ticket.sla_clock_ids.contract_id, sibling)

    def test_ticket_with_a_log_is_not_deleted(self):
        ticket = self._open()
        with self.assert_refused("Archive it instead"):
            ticket.unlink()

    def test_copy_of_a_ticket_is_a_plain_task(self):
        copy = self._open().copy()
        self.assertFalse(copy.ticket_number or copy.sla_event_ids or copy.sla_clock_ids or copy.ticket_state)

    def test_plain_tasks_stay_plain(self):
        task = self.env["project.task"].create(
            {"name": "Paint", "project_id": self.env["project.project"].create({"name": "P"}).id}
        )
        self.assertFalse(task.ticket_number or task.ticket_state or task.sla_state)
        with self.assert_refused("is no ticket yet"):
            task.with_user(self.agent).acknowledge_ticket()
        task.unlink()

    def test_counts_of_open_tickets(self):
        ticket = self._open()
        self._open()
        self._at("10:00:00", ticket, "resolve_ticket")
        self.assertEqual((self.contract.ticket_count, self.customer.ticket_count, self.ada.ticket_count), (1, 1, 1))
        self.assertEqual(self.contract.action_open_tickets()["domain"], [("kor_contract_id", "in", self.contract.ids)])

    def test_triage_task_becomes_a_ticket_as_of_its_arrival(self):
        task = self.env["project.task"].create({"name": "Help", "ticket_channel": "email", "partner_id": self.ada.id})
        self.assertTrue(task.project_id.kor_is_triage)
        self.assertFalse(task.ticket_number)
        task.with_user(self.agent).kor_contract_id = self.contract
        self.assertTrue(task.ticket_number)
        self.assertEqual(task.project_id.kor_support_partner_id, self.customer)
        self.assertEqual(task.sla_event_ids.mapped("kind"), ["opened"])
        self.assertEqual(task.sla_event_ids.date, task.create_date.replace(microsecond=0))

    def test_only_agents_change_tickets(self):
        ticket = self._open()
        for user in (self.portal_user, self.env.ref("base.public_user")):
            for method, arguments in (
                ("acknowledge_ticket", ()),
                ("pause_ticket", ("customer",)),
                ("resume_ticket", ()),
                ("resolve_ticket", ()),
                ("reopen_ticket", ("x",)),
                ("set_ticket_priority", (3,)),
                ("get_ticket", ()),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(ticket.with_user(user), method)(*arguments)
        self.assertEqual(self._get_kinds(ticket), ["opened"])

    def test_plain_values_hold_no_none(self):
        ticket = self._open()
        values = self._at("09:10:00", ticket, "acknowledge_ticket")
        self.assertEqual(
            (values["ticket"], values["state"], values["priority"]), (ticket.ticket_number, "in_progress", 1)
        )
        self.assertEqual(values["deadline"], "2026-03-02 10:00:00")
        self.assertEqual([clock["kind"] for clock in values["clocks"]], ["resolution", "response"])
        self.assertNotIn(None, [value for clock in values["clocks"] for value in clock.values()])

    def test_bad_calls_are_refused_with_a_sentence(self):
        ticket = self._open()
        table = [
            ("resume_ticket", (), "is not paused"),
            ("reopen_ticket", ("x",), "only a resolved one"),
            ("pause_ticket", ("holiday",), "By its agreement these do: customer, third_party"),
            ("pause_ticket", (None,), "does not pause"),
            ("pause_ticket", ("third_party",), "needs evidence"),
            ("pause_ticket", ("customer", 5), "The evidence must be text"),
            ("resolve_ticket", (5,), "The note must be text"),
            ("set_ticket_priority", ("max",), "A priority is 0 to 3"),
        ]
        for method, arguments, sentence in table:
            with self.subTest(method=method, arguments=arguments), self.assert_refused(sentence, UserError):
                getattr(ticket.with_user(self.agent), method)(*arguments)
