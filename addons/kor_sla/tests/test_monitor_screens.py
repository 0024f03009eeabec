from odoo.tests import Form, TransactionCase, freeze_time, tagged

from .uptime_common import UptimeCase, at


@tagged("post_install", "-at_install")
@freeze_time("2026-06-22 12:00:00")
class TestMonitorScreens(UptimeCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.agent = cls._make_agent()
        cls.admin = cls._make_agent("sla_admin", "kor_sla.group_kor_support_manager")

    def test_agent_notes_an_outage_and_plans_maintenance(self):
        form = Form(self.Outage.with_user(self.agent))
        form.name, form.service_id = "The API does not answer", self.service
        outage = form.save()
        self.assertEqual((outage.date_start, outage.phase), (at("2026-06-22 12:00"), "running"))
        form = Form(self.Outage.with_user(self.agent))
        form.name, form.service_id, form.state = "Upgrade", self.service, "maintenance"
        form.date_start, form.date_end = "2026-06-28 22:00:00", "2026-06-28 23:00:00"
        planned = form.save()
        self.assertEqual((planned.phase, planned.duration), ("planned", 1))
        shown = self.Outage.search([("date_until", ">=", "2026-06-22 00:00:00"), ("service_id", "=", self.service.id)])
        self.assertEqual(shown, outage | planned)
        self.assertEqual(outage.date_until, at("2026-06-22 12:00"))

    def test_administrator_connects_a_monitor(self):
        form = Form(self.env["kor.sla.monitor"].with_user(self.admin))
        form.name, form.kind, form.service_id = "Kuma", "uptime_kuma", self.service
        with form.rule_ids.new() as rule:
            rule.label, rule.value, rule.state = "region", "eu", "degraded"
        monitor = form.save()
        self.assertTrue(monitor.url.endswith("/kor/api/v1/monitor/uptime-kuma"))
        action = monitor.action_make_key()
        shown = Form(self.env[action["res_model"]].with_user(self.admin).with_context(**action["context"]))
        self.assertEqual(shown.key[-4:], monitor.key_hint[-4:])
        self.assertEqual(monitor.with_user(self.admin).action_test()["tag"], "display_notification")

    def test_buttons_open_what_they_say(self):
        outage = self._outage("2026-06-20 10:00:00", "2026-06-20 11:00:00")
        planned = self._outage("2026-06-28 22:00:00", "2026-06-28 23:00:00", state="maintenance")
        self.assertEqual((self.service.outage_count, self.service.contract_count), (1, 1))
        for action, expected in (
            (self.service.with_user(self.agent).action_open_outages(), outage | planned),
            (self.service.with_user(self.agent).action_open_contracts(), self.contract),
        ):
            self.assertEqual(self.env[action["res_model"]].search(action["domain"]), expected)
        self.env["kor.sla.budget"]._measure_running(self.contract)
        action = self.contract.with_user(self.agent).action_open_uptime()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).contract_id, self.contract)
        # 21.5 days so far, an hour of them down: 515 of 516 hours.
        self.contract.invalidate_recordset()
        self.assertEqual(self.contract.uptime_shown, "99.81 %")

    def test_every_view_can_be_opened_by_agents(self):
        for model in ("service", "outage", "monitor", "signal", "budget"):
            action = self.env.ref(f"kor_sla.kor_sla_{model}_action")
            views = [[False, kind] for kind in (*action.view_mode.split(","), "search")]
            found = self.env[f"kor.sla.{model}"].with_user(self.agent).get_views(views)
            self.assertEqual(len(found["views"]), len(views))
