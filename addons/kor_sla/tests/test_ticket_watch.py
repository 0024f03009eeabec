from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .ticket_common import TicketCase, utc


@tagged("post_install", "-at_install")
class TestTicketWatch(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = new_test_user(cls.env, "test_lead", "base.group_user", email="lead@company.example")
        cls.env["kor.escalation.step"].create(
            [
                {
                    "support_level_id": cls.level.id,
                    "clock": "response",
                    "percent": percent,
                    "receiver": "users",
                    "user_ids": [Command.set(cls.lead.ids)],
                    "channel": channel,
                    "note": "Look.",
                }
                for percent, channel in ((50, "activity"), (100, "mail"), (150, "note"))
            ]
        )

    def _get_log(self, ticket, kind="response"):
        """Return what was logged for a clock: (percent, receiver or nothing)."""
        log = ticket.sla_escalation_ids.filtered(lambda one: one.clock_kind == kind)
        return sorted((one.percent, one.receiver or "") for one in log)

    def test_each_moment_is_said_at_its_time_and_once(self):
        # 60 minutes from 9:00: half at 9:30, warnings at 9:45 and 9:54, over after 10:00, 150 % at 10:30.
        ticket = self._open("09:00:00")
        half = (50, self.lead.name)
        over, later = (100, self.lead.name), (150, self.lead.name)
        table = [
            ("09:29:59", "on_track", []),
            ("09:30:00", "on_track", [half]),
            ("09:44:59", "on_track", [half]),
            ("09:45:00", "warning", [half, (75, "")]),
            ("09:54:00", "critical", [half, (75, ""), (90, "")]),
            ("10:00:00", "critical", [half, (75, ""), (90, "")]),
            ("10:00:01", "breached", [half, (75, ""), (90, ""), (100, ""), over]),
            ("10:29:59", "breached", [half, (75, ""), (90, ""), (100, ""), over]),
            ("10:30:00", "breached", [half, (75, ""), (90, ""), (100, ""), over, later]),
            ("12:00:00", "breached", [half, (75, ""), (90, ""), (100, ""), over, later]),
        ]
        clock = self._get_clock(ticket, "response")
        for moment, state, log in table:
            with self.subTest(moment=moment):
                self._watch(moment)
                self._watch(moment)
                self.assertEqual((ticket.sla_state, self._get_log(ticket)), (state, log))
        self.assertEqual(clock.date_breached, utc("10:00:00"))
        notes = ticket.message_ids.filtered(lambda one: one.author_id == self.env.ref("base.partner_root"))
        self.assertEqual(len(notes.filtered(lambda one: "promised time was over" in one.body)), 1)
        self.assertTrue(all(one.is_internal or one.subtype_id.internal for one in notes))

    def test_missed_moments_are_caught_up_at_once(self):
        ticket = self._open("09:00:00")
        self._watch("11:00:00")
        log = [(50, self.lead.name), (75, ""), (90, ""), (100, ""), (100, self.lead.name), (150, self.lead.name)]
        self.assertEqual(self._get_log(ticket), log)
        self.assertEqual(self._get_clock(ticket, "response").date_breached, utc("10:00:00"))

    def test_breach_that_ended_before_it_was_noticed_is_still_said(self):
        ticket = self._open("09:00:00")
        self._say("10:10:00", ticket, self.agent.partner_id)
        self._watch("10:30:00")
        self.assertEqual(self._get_log(ticket), [(75, ""), (90, ""), (100, "")])
        self.assertFalse(ticket.activity_ids)

    def test_acknowledging_stops_escalation_but_not_warnings(self):
        ticket = self._open("09:00:00")
        self._at("09:20:00", ticket, "acknowledge_ticket")
        self._watch("10:30:00")
        self.assertEqual(self._get_log(ticket), [(75, ""), (90, ""), (100, "")])

    def test_answered_or_paused_is_not_watched(self):
        ticket = self._open("09:00:00")
        self._say("09:20:00", ticket, self.agent.partner_id)
        self._at("09:25:00", ticket, "pause_ticket", "customer")
        self._watch("2026-03-03 16:00:00")
        self.assertFalse(ticket.sla_escalation_ids)

    def test_assignee_has_one_activity_until_time_is_no_matter(self):
        ticket = self._open("09:00:00")
        ticket.user_ids = self.agent
        self._watch("09:46:00")
        self._watch("09:55:00")
        mine = ticket.activity_ids.filtered(lambda one: one.user_id == self.agent)
        self.assertEqual(len(mine), 1)
        self.assertIn("90", mine.summary)
        self._say("09:58:00", ticket, self.agent.partner_id)
        self.assertFalse(ticket.activity_ids)

    def test_job_is_woken_at_the_next_moment(self):
        triggers = self.env["ir.cron.trigger"].sudo()
        job = self.env.ref("kor_sla.ir_cron_watch_clocks")
        ticket = self._open("09:00:00")
        moments = set(triggers.search([("cron_id", "=", job.id)]).mapped("call_at"))
        # Half of 60 minutes, and three quarters of 240.
        self.assertLessEqual({utc("09:30:00"), utc("12:00:00")}, moments)
        self.assertEqual(self._get_clock(ticket, "response").date_watch, utc("09:30:00"))

    def test_killed_and_repeated_says_everything_once(self):
        tickets = [self._open("09:00:00") for _number in range(5)]
        project_task = type(self.env["project.task"])
        original, seen = project_task._watch_ticket, []

        def die_at_the_third(ticket):
            seen.append(ticket.id)
            if len(seen) == 3:
                raise KeyboardInterrupt
            return original(ticket)

        ids = self.env["project.task"].union(*tickets).ids
        with (
            patch.object(project_task, "_watch_ticket", die_at_the_third),
            freeze_time(utc("11:00:00")),
            self.enter_registry_test_mode(),
            self.assertRaises(KeyboardInterrupt),
            self.registry.cursor() as cursor,
        ):
            self.env(cr=cursor)["kor.sla.clock"]._watch_all(ids)
        self.assertEqual(len(seen), 3)
        self.env.invalidate_all()
        self._watch("11:00:00")
        self._watch("11:00:00")
        for ticket in tickets:
            self.assertEqual(len(self._get_log(ticket)), 6)

    @mute_logger("odoo.addons.kor_sla.models.kor_clock_watch_mixin")
    def test_ticket_that_fails_keeps_no_other_from_its_warning(self):
        bad, good = self._open("09:00:00"), self._open("09:00:00")
        project_task = type(self.env["project.task"])
        original = project_task._watch_ticket

        def fail_on_one(ticket):
            if ticket == bad:
                raise ValueError("broken")
            return original(ticket)

        with patch.object(project_task, "_watch_ticket", fail_on_one):
            self._watch("09:46:00")
        self.assertEqual((bool(self._get_log(bad)), bool(self._get_log(good))), (False, True))
        self._watch("10:02:00")
        self.assertIn((100, ""), self._get_log(bad))
