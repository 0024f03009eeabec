from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .ticket_common import TicketCase, utc


@tagged("post_install", "-at_install")
class TestTicketClock(TicketCase):
    def test_deadlines_in_support_hours_and_around_the_clock(self):
        # Opened Monday 15:30 UTC, 16:30 in Berlin: half an hour is left until closing.
        table = [
            ("1", "response", "2026-03-03 08:30:00"),
            ("1", "resolution", "2026-03-03 11:30:00"),
            ("3", "response", "2026-03-02 16:00:00"),
            ("3", "resolution", "2026-03-02 17:30:00"),
        ]
        for priority, kind, deadline in table:
            with self.subTest(priority=priority, kind=kind):
                ticket = self._open("15:30:00", priority=priority)
                self.assertEqual(self._get_clock(ticket, kind).deadline, utc(deadline))

    def test_priority_without_a_promise_has_no_clock(self):
        ticket = self._open(priority="low")
        self.assertFalse(ticket.sla_clock_ids)
        self.assertFalse(ticket.sla_state)

    def test_answer_on_the_deadline_is_in_time_and_a_second_later_is_not(self):
        for moment, state in (("10:00:00", "met"), ("10:00:01", "breached")):
            with self.subTest(moment=moment):
                ticket = self._open("09:00:00")
                self._say(moment, ticket, self.agent.partner_id)
                clock = self._get_clock(ticket, "response")
                self.assertEqual((clock.state, clock.date_stop), (state, utc(moment)))
        self.assertEqual(clock.date_breached, utc("10:00:00"))

    def test_next_response_runs_from_the_customers_message_to_our_next_one(self):
        ticket = self._open("09:00:00")
        self._say("09:20:00", ticket, self.agent.partner_id)
        self._say("10:00:00", ticket, self.ada)
        clock = self._get_clock(ticket, "next_response")
        self.assertEqual((clock.date_start, clock.deadline, clock.state), (utc("10:00:00"), utc("12:00:00"), "running"))
        # A second message does not start it anew.
        self._say("10:30:00", ticket, self.ada)
        self._say("11:00:00", ticket, self.agent.partner_id)
        self.assertEqual((clock.state, clock.used_seconds), ("met", 3600))
        self._say("11:30:00", ticket, self.ada)
        self.assertEqual(self._get_clock(ticket, "next_response", 2).deadline, utc("13:30:00"))

    def test_pause_stops_the_solution_and_the_customers_reply_resumes_it(self):
        ticket = self._open("09:00:00")
        self._say("09:10:00", ticket, self.agent.partner_id)
        self._at("09:30:00", ticket, "pause_ticket", "customer", "Asked for the log")
        clock = self._get_clock(ticket)
        self.assertEqual((ticket.ticket_state, ticket.sla_state, clock.deadline), ("waiting", "paused", False))
        self.assertEqual(ticket.stage_id, self.env.ref("kor_sla.ticket_stage_waiting"))
        self._say("10:30:00", ticket, self.ada)
        # 240 minutes from 9:00, an hour of them paused: 14:00.
        self.assertEqual((ticket.ticket_state, clock.deadline), ("in_progress", utc("14:00:00")))
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered", "paused", "resumed", "replied"])
        self.assertEqual(ticket.sla_event_ids[2].evidence, "Asked for the log")

    def test_reply_does_not_resume_what_waits_for_others(self):
        ticket = self._open("09:00:00")
        self._at("09:30:00", ticket, "pause_ticket", "third_party", "Case 4711")
        self._say("10:00:00", ticket, self.ada)
        self.assertEqual(ticket.ticket_state, "waiting")
        self._at("10:30:00", ticket, "resume_ticket")
        self.assertEqual(self._get_clock(ticket).deadline, utc("14:00:00"))

    def test_priority_holds_from_the_beginning_of_running_clocks(self):
        ticket = self._open("09:00:00")
        self._say("09:10:00", ticket, self.agent.partner_id)
        values = self._at("09:15:00", ticket, "set_ticket_priority", "urgent")
        self.assertEqual((values["priority"], ticket.priority), (3, "3"))
        self.assertEqual(self._get_clock(ticket).deadline, utc("11:00:00"))
        self.assertEqual(self._get_clock(ticket, "response").target_minutes, 60)
        # The same again is no event.
        self._at("09:16:00", ticket, "set_ticket_priority", 3)
        self.assertEqual(self._get_kinds(ticket).count("priority"), 1)

    def test_resolving_with_a_note_answers_and_closes(self):
        ticket = self._open("09:00:00")
        self._at("09:30:00", ticket, "resolve_ticket", "Done.")
        self.assertEqual(self._get_kinds(ticket), ["opened", "answered", "resolved"])
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"met"})
        self.assertEqual((ticket.state, ticket.sla_state, ticket.sla_deadline), ("1_done", "met", False))

    def test_reopening_within_the_days_goes_on_and_restart_begins_anew(self):
        # Resolved after 60 of 240 minutes. Opened again at 12:00: due 15:00, or 16:00 where a new clock begins.
        for reopening, deadline, clocks in (("continue", "15:00:00", 1), ("restart", "16:00:00", 2)):
            with self.subTest(reopening=reopening):
                self.env.flush_all()
                self.env.cr.execute("UPDATE kor_sla_agreement SET reopening = %s", [reopening])
                self.env.invalidate_all()
                ticket = self._open("09:00:00")
                self._at("10:00:00", ticket, "resolve_ticket")
                self._at("12:00:00", ticket, "reopen_ticket", "Still broken")
                clocks_of_kind = ticket.sla_clock_ids.filtered(lambda one: one.kind == "resolution")
                self.assertEqual(len(clocks_of_kind), clocks)
                self.assertEqual(self._get_clock(ticket, number=clocks).deadline, utc(deadline))
                self.assertEqual((ticket.ticket_state, ticket.state), ("in_progress", "01_in_progress"))

    def test_reopening_too_late_is_refused(self):
        ticket = self._open("09:00:00")
        self._at("10:00:00", ticket, "resolve_ticket")
        with self.assert_refused("more than 14 days ago. Open a new ticket"):
            self._at("2026-03-16 10:00:01", ticket, "reopen_ticket", "Again")
        self._at("2026-03-16 10:00:00", ticket, "reopen_ticket", "Again")
        self.assertEqual(ticket.ticket_state, "in_progress")

    def test_customers_reply_reopens_or_opens_a_new_ticket(self):
        ticket = self._open("09:00:00")
        self._at("10:00:00", ticket, "resolve_ticket")
        self._say("11:00:00", ticket, self.ada)
        self.assertEqual(ticket.ticket_state, "in_progress")
        self.assertEqual(self._get_kinds(ticket)[-2:], ["reopened", "replied"])
        self._at("12:00:00", ticket, "resolve_ticket")
        self._say("2026-03-20 09:00:00", ticket, self.ada, body="It is back")
        self.assertEqual(ticket.ticket_state, "resolved")
        follow_up = self.env["project.task"].search([("ticket_previous_id", "=", ticket.id)])
        self.assertRecordValues(
            follow_up,
            [
                {
                    "partner_id": self.ada.id,
                    "kor_contract_id": self.contract.id,
                    "ticket_state": "new",
                    "ticket_priority": "1",
                }
            ],
        )
        self.assertIn("It is back", follow_up.description)
        self.assertIn(follow_up.ticket_number, ticket.message_ids[0].body)

    def test_rerun_changes_nothing(self):
        ticket = self._open("09:00:00")
        self._say("09:20:00", ticket, self.agent.partner_id)
        self._say("10:00:00", ticket, self.ada)
        self._at("10:10:00", ticket, "pause_ticket", "customer")
        names = ["kind", "number", "deadline", "date_stop", "used_seconds", "state", "date_watch"]
        before = ticket.sla_clock_ids.read(names)
        with freeze_time(utc("10:10:00")):
            ticket._sync_clocks(stopped_too=True)
            ticket._sync_clocks()
        self.assertEqual(ticket.sla_clock_ids.read(names), before)
        # From nothing but the facts.
        ticket.sla_clock_ids.unlink()
        with freeze_time(utc("10:10:00")):
            ticket._sync_clocks()
        self.assertEqual(
            [{**row, "id": 0} for row in ticket.sla_clock_ids.read(names)], [{**row, "id": 0} for row in before]
        )

    def test_board_moves_are_events(self):
        ticket = self._open("09:00:00")
        board = ticket.with_user(self.agent)
        stages = {name: self.env.ref(f"kor_sla.ticket_stage_{name}") for name in ("in_progress", "waiting", "resolved")}
        table = [
            ({"stage_id": stages["in_progress"].id}, "acknowledged", "in_progress"),
            ({"stage_id": stages["waiting"].id}, "paused", "waiting"),
            ({"stage_id": stages["in_progress"].id}, "resumed", "in_progress"),
            ({"stage_id": stages["resolved"].id}, "resolved", "resolved"),
            ({"stage_id": stages["in_progress"].id}, "reopened", "in_progress"),
            ({"state": "1_canceled"}, "resolved", "resolved"),
            ({"state": "01_in_progress"}, "reopened", "in_progress"),
            ({"priority": "3"}, "priority", "in_progress"),
        ]
        for number, (vals, kind, state) in enumerate(table):
            with self.subTest(vals=vals), freeze_time(utc(f"10:0{number}:00")):
                board.write(vals)
                self.assertEqual((ticket.sla_event_ids[-1].kind, ticket.ticket_state), (kind, state))
                self.assertEqual(ticket.state in ("1_done", "1_canceled"), state == "resolved")
        self.assertEqual(len(ticket.sla_event_ids), len(table) + 1)
        self.assertEqual(ticket.stage_id.kor_ticket_state, "in_progress")

    def test_stage_of_the_team_is_no_event_and_a_folded_one_is_the_end(self):
        ticket = self._open("09:00:00")
        own, folded = self.env["project.task.type"].create(
            [
                {"name": "Second level", "project_ids": [Command.link(ticket.project_id.id)]},
                {"name": "Archive", "fold": True, "project_ids": [Command.link(ticket.project_id.id)]},
            ]
        )
        ticket.with_user(self.agent).stage_id = own
        self._say("09:10:00", ticket, self.agent.partner_id)
        self.assertEqual((ticket.stage_id, self._get_kinds(ticket)), (own, ["opened", "answered"]))
        ticket.with_user(self.agent).stage_id = folded
        self.assertEqual(ticket.ticket_state, "resolved")

    def test_holiday_moves_open_clocks_only(self):
        stopped, open_one = self._open("09:00:00"), self._open("09:00:00")
        self._at("12:00:00", stopped, "resolve_ticket")
        closed_late = self._open("09:00:00")
        self._at("14:00:00", closed_late, "resolve_ticket")
        before = (stopped | closed_late).sla_clock_ids.read(["deadline", "state", "used_seconds"])
        with freeze_time(utc("12:30:00")):
            holiday = self.env["resource.calendar.leaves"].create(
                {
                    "name": "Holiday",
                    "calendar_id": self.calendar.id,
                    "company_id": self.contract.company_id.id,
                    "date_from": utc("10:00:00"),
                    "date_to": utc("12:00:00"),
                }
            )
            # 240 minutes from 9:00 without two hours: 15:00.
            self.assertEqual(self._get_clock(open_one).deadline, utc("15:00:00"))
            self.assertEqual((stopped | closed_late).sla_clock_ids.read(["deadline", "state", "used_seconds"]), before)
            holiday.date_to = utc("11:00:00")
            self.assertEqual(self._get_clock(open_one).deadline, utc("14:00:00"))
            holiday.unlink()
            self.assertEqual(self._get_clock(open_one).deadline, utc("13:00:00"))

    def test_holiday_of_the_company_counts_and_anothers_does_not(self):
        ticket = self._open("09:00:00")
        other = self.env["res.company"].create({"name": "Other"})
        values = {"name": "Holiday", "calendar_id": False, "date_from": utc("10:00:00"), "date_to": utc("11:00:00")}
        with freeze_time(utc("09:30:00")):
            leaves = self.env["resource.calendar.leaves"]
            self.assertEqual(leaves.with_company(other).create(values).company_id, other)
            self.assertEqual(self._get_clock(ticket).deadline, utc("13:00:00"))
            leaves.with_company(self.contract.company_id).create(values)
            self.assertEqual(self._get_clock(ticket).deadline, utc("14:00:00"))

    def test_changed_hours_move_open_clocks(self):
        ticket = self._open("15:00:00")
        self.assertEqual(self._get_clock(ticket).deadline, utc("2026-03-03 11:00:00"))
        with freeze_time(utc("15:10:00")):
            self.calendar.attendance_ids.filtered(lambda one: one.dayofweek == "0").hour_to = 20
            # Until 19:00 UTC there are the four hours.
            self.assertEqual(self._get_clock(ticket).deadline, utc("19:00:00"))

    def test_time_left_and_share_are_as_of_now(self):
        ticket = self._open("09:00:00")
        with freeze_time(utc("09:45:00")):
            self.env.invalidate_all()
            clock = self._get_clock(ticket, "response")
            self.assertEqual((clock.used_percent, clock.time_left, ticket.sla_time_left), (75.0, "15 min", "15 min"))
        with freeze_time(utc("10:05:00")):
            self.env.invalidate_all()
            self.assertEqual(self._get_clock(ticket, "response").time_left, "5 min late")

    def test_two_hundred_tickets_take_few_queries(self):
        tasks = self.env["project.task"].sudo()
        with freeze_time(utc("09:00:00")):
            tickets = tasks.create(
                [{"name": str(n), "kor_contract_id": self.contract.id, "priority": "1"} for n in range(200)]
            )
        self.env.flush_all()
        self.env.invalidate_all()
        with freeze_time(utc("09:30:00")), self.assertQueryCount(40):
            tickets._sync_clocks()
            self.env.flush_all()
        self.assertEqual(set(tickets.sla_clock_ids.mapped("used_seconds")), {1800})
