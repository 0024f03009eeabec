import json

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .compliance_common import ComplianceCase
from .payloads import alert, alertmanager

CUSTOMER, AGENT, HEAD = "story_customer", "story_agent", "story_head"


@tagged("post_install", "-at_install")
class TestSlaStory(ComplianceCase, HttpCase):
    """One month as the customer, the agent, the monitor, the head of support and the biller live it.

    The contract: 1,000 a month in advance, 15 % tax; 99.9 % uptime, urgent tickets answered within 60 minutes and
    solved within 480, around the clock. Uptime from 99 to 99.9 % gives 10 %, each late answer 5 %, at most 50 % in all.

    7 April, 9:00   the ticket: warned at 9:45 (75 %) and 9:54 (90 %), over at 10:00, the head of support is told
             10:30  answered after 90 minutes of 60: late; solved after 90 of 480: met
    10 April        down from 10:00 to 10:50
    April           30 × 1,440 = 43,200 minutes; 43,200 − 50 = 43,150; 43,150 / 43,200 = 99.884259 % < 99.9 %
    Credit          10 % of 1,000 = 100 for the uptime, 5 % of 1,000 = 50 for the answer; 150 ≤ 50 % of 1,000 = 500
    Credit note     150 + 15 % = 172.50
    June            1,000 + 15 % = 1,150, less 172.50: 977.50 to pay
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        agent, manager = "kor_sla.group_kor_support_user", "kor_sla.group_kor_support_manager"
        cls.agent = new_test_user(cls.env, AGENT, f"base.group_user,{agent}", name="Agent", **own)
        cls.head = new_test_user(cls.env, HEAD, f"base.group_user,{manager}", name="Head of Support", **own)
        person = cls.env["res.partner"].create(
            {"name": "Ada", "parent_id": cls.customer.id, "email": "ada@aurora.example"}
        )
        cls.buyer = new_test_user(cls.env, CUSTOMER, "base.group_portal", partner_id=person.id, name="Ada", **own)
        level = cls.env["kor.support.level"].create({"name": "Always", "code": "story_always", "always_open": True})
        cls.env["kor.escalation.step"].create(
            {
                "support_level_id": level.id,
                "clock": "response",
                "percent": 100,
                "receiver": "users",
                "user_ids": [Command.set(cls.head.ids)],
            }
        )
        cls.gold.support_level_id = level
        cls.contract = cls._promise()
        cls.monitor = cls.env["kor.sla.monitor"].create(
            {"name": "Prometheus", "kind": "alertmanager", "service_id": cls.service.id}
        )
        cls.key = cls.monitor._make_key()

    def test_a_month_in_the_browser(self):
        for day in ("2026-03-01", "2026-04-01"):
            self._bill_at(self.contract, day)
        ticket = self._open_in_the_portal()
        self._let_time_pass(ticket)
        self._answer_in_the_web_client(ticket)
        self._be_down_for_50_minutes()
        self._pay_what_is_billed()
        report = self._report_the_month()
        self._approve_in_the_web_client(report)
        note = self._bill_june()
        self._read_why_in_the_portal(report, note)

    def _tour(self, moment, url, name, login):
        with freeze_time(moment):
            self.start_tour(url, name, login=login, timeout=120)
        self.env.invalidate_all()

    def _run_job(self, moment, name):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.flush_all()
            self.env.ref(f"kor_sla.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _open_in_the_portal(self):
        self._tour("2026-04-07 09:00:00", "/my", "kor_sla_ticket_tour", CUSTOMER)
        ticket = self.contract.ticket_ids
        self.assertEqual(
            (ticket.ticket_channel, ticket.ticket_priority, ticket.partner_id),
            ("portal", "3", self.buyer.partner_id),
        )
        return ticket

    def _let_time_pass(self, ticket):
        for moment, state, told in (
            ("09:45:00", "warning", [75]),
            ("09:54:00", "critical", [75, 90]),
            ("10:00:00", "critical", [75, 90]),
            ("10:00:01", "breached", [75, 90, 100, 100]),
        ):
            with self.subTest(moment=moment):
                self._run_job(f"2026-04-07 {moment}", "ir_cron_watch_clocks")
                self.assertEqual(ticket.sla_state, state)
                self.assertEqual(sorted(ticket.sla_escalation_ids.mapped("percent")), told)
        self.assertEqual(ticket.activity_ids.user_id, self.head)

    def _answer_in_the_web_client(self, ticket):
        self._tour("2026-04-07 10:30:00", "/odoo/kor-tickets", "kor_sla_answer_tour", AGENT)
        clocks = {clock.kind: clock for clock in ticket.sla_clock_ids}
        self.assertEqual(
            {kind: (clock.used_seconds / 60, clock.state) for kind, clock in clocks.items()},
            {"response": (90, "breached"), "resolution": (90, "met")},
        )
        self.assertEqual(str(clocks["response"].date_breached), "2026-04-07 10:00:00")
        self.assertEqual((ticket.ticket_state, ticket.sla_state), ("resolved", "missed"))

    def _post_alert(self, moment, message):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        with freeze_time(moment):
            self.env.flush_all()
            response = self.url_open(
                "/kor/api/v1/monitor/alertmanager", data=json.dumps(message), headers=headers, timeout=60
            )
        self.assertEqual(response.status_code, 200, response.text)
        self.env.invalidate_all()

    def _be_down_for_50_minutes(self):
        start, end = "2026-04-10T10:00:00.828Z", "2026-04-10T10:50:00.828Z"
        self._post_alert("2026-04-10 10:01:00", alertmanager(alert(start)))
        outage = self.monitor.outage_ids
        self.assertEqual((outage.state, outage.date_end), ("down", False))
        resolved = alertmanager(alert(start, end), status="resolved")
        for _number in range(2):
            self._post_alert("2026-04-10 10:51:00", resolved)
        self.assertEqual(self.monitor.outage_ids, outage)
        self.assertEqual((outage.date_end - outage.date_start).total_seconds(), 50 * 60)
        with freeze_time("2026-05-01 06:00:00"):
            uptime = self.contract.track_uptime("2026-04-01", "2026-04-30")
        self.assertEqual(round(uptime["availability"], 6), 99.884259)

    def _pay_what_is_billed(self):
        self._bill_at(self.contract, "2026-05-01")
        invoices = self._documents(self.contract)
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        with freeze_time("2026-05-02"):
            register.create({"payment_date": "2026-05-02", "group_payment": False})._create_payments()
        self.assertEqual(sum(invoices.mapped("amount_residual")), 0)

    def _report_the_month(self):
        self._run_job("2026-05-01 06:00:00", "ir_cron_sla_report")
        report = self.reports.search([("contract_id", "=", self.contract.id), ("month", "=", "2026-04-01")])
        self.assertEqual((report.state, report.date_freeze), ("draft", fields.Date.to_date("2026-05-03")))
        self._run_job("2026-05-04 06:00:00", "ir_cron_sla_report")
        self.assertEqual((report.state, round(report.uptime, 6)), ("sent", 99.884259))
        self.assertEqual((report.missed_count, report.target_count), (2, 3))
        self.assertEqual((report.base_amount, report.credit_amount), (1000, 150))
        self.assertEqual(self._amounts_by_kind(self.contract, "2026-04"), {"uptime": 100, "response": 50})
        return report

    def _approve_in_the_web_client(self, report):
        self.assertEqual(set(report.credit_ids.filtered("amount").mapped("state")), {"proposed"})
        self._tour("2026-05-05 09:00:00", "/odoo/kor-sla-credits", "kor_sla_approve_tour", HEAD)
        credits = report.credit_ids.filtered("amount")
        self.assertEqual((set(credits.mapped("state")), credits.approved_by_id), ({"approved"}, self.head))

    def _bill_june(self):
        moves = self._bill_at(self.contract, "2026-06-01")
        note = moves.filtered(lambda move: move.move_type == "out_refund")
        invoice = moves - note
        self.assertEqual((note.state, note.amount_untaxed, note.amount_total), ("posted", 150, 172.5))
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (1150, 977.5))
        return note

    def _read_why_in_the_portal(self, report, note):
        self._tour("2026-06-02 09:00:00", "/my", "kor_sla_why_tour", CUSTOMER)
        self._tour("2026-06-02 09:00:00", "/my/status", "kor_sla_status_tour", CUSTOMER)
        with freeze_time("2026-06-02 09:00:00"):
            self.authenticate(CUSTOMER, CUSTOMER)
            for url in (report.access_url, "/my/status"):
                self.assertIn(note.name, self.url_open(url).text)
