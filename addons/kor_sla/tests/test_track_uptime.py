from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .uptime_common import UptimeCase

JUNE = ("2026-06-01", "2026-06-30")


@tagged("post_install", "-at_install")
@freeze_time("2026-08-01 00:00:00")
class TestTrackUptime(UptimeCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.env.company.partner_id.tz = "UTC"
        # Monday to Friday from 9 to 17.
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "America/New_York",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 9, "hour_to": 17})
                        for day in range(5)
                    ),
                ],
            }
        )

    def _fresh(self, terms=(), **values):
        contract = self._make_contract(self.customer, terms=terms, **values)
        self.service = self._make_service(f"of_{contract.id}", contract)
        return contract

    def _holiday(self, day, company):
        leaves = self.env["resource.calendar.leaves"].with_company(company)
        leave = leaves.create({"name": "Holiday", "date_from": f"{day} 00:00:00", "date_to": f"{day} 23:59:59"})
        self.assertEqual((leave.company_id, leave.calendar_id.id), (company, False))

    def _amend(self, contract, day, change):
        self.env["kor.contract.amendment"].browse(contract.amend(day, [change])).action_agree()

    def test_window_is_read_in_the_zone_of_the_agreement(self):
        # 22 working days of 8 hours; the calendar's own zone is another one.
        contract = self._fresh({"uptime_calendar_id": self.calendar.id, "tz": "Europe/Madrid"})
        # Monday 1 June, 16:00 to 19:00 in Madrid: an hour of it is within the window.
        self._outage("2026-06-01 14:00:00", "2026-06-01 17:00:00")
        # Saturday.
        self._outage("2026-06-06 10:00:00", "2026-06-06 12:00:00")
        told = contract.track_uptime(*JUNE)
        self.assertEqual((told["total_seconds"], told["down_seconds"]), (22 * 8 * 3600, 3600))
        self.assertEqual((told["window"], told["tz"]), ("Office", "Europe/Madrid"))
        self.assertEqual([one["down_seconds"] for one in told["incidents"]], [3600, 0])
        self.assertIn("Outside of the hours", told["incidents"][1]["why"])

    def test_holidays_of_the_company_only_are_left_out(self):
        contract = self._fresh({"uptime_calendar_id": self.calendar.id})
        self._holiday("2026-06-02", self.env.company)
        self._holiday("2026-06-03", self.env["res.company"].create({"name": "Elsewhere"}))
        told = contract.sudo().track_uptime(*JUNE)
        self.assertEqual(told["total_seconds"], 21 * 8 * 3600)

    def test_day_to_midnight_is_whole_and_a_holiday_too(self):
        self.calendar.attendance_ids.unlink()
        self.calendar.attendance_ids = [
            Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 0, "hour_to": 24}) for day in range(7)
        ]
        contract = self._fresh({"uptime_calendar_id": self.calendar.id})
        self.assertEqual(contract.track_uptime(*JUNE)["total_seconds"], 30 * 86400)
        self._holiday("2026-06-02", self.env.company)
        self.assertEqual(contract.track_uptime(*JUNE)["total_seconds"], 29 * 86400)

    def test_maintenance_is_accepted_as_agreed(self):
        contract = self._fresh({"maintenance_minutes": 60, "maintenance_notice_hours": 48})
        for start, end, announced in (
            # Announced 48 hours ahead: accepted.
            ("2026-06-05 22:00:00", "2026-06-05 22:40:00", "2026-06-03 22:00:00"),
            # Announced too late: downtime.
            ("2026-06-08 22:00:00", "2026-06-08 22:10:00", "2026-06-06 22:00:01"),
            # Not announced: downtime.
            ("2026-06-10 22:00:00", "2026-06-10 22:10:00", False),
            # 20 of its 30 minutes are left of the allowance: 10 are downtime.
            ("2026-06-12 22:00:00", "2026-06-12 22:30:00", "2026-06-01 00:00:00"),
            # Nothing is left.
            ("2026-06-14 22:00:00", "2026-06-14 22:05:00", "2026-06-01 00:00:00"),
        ):
            self._outage(start, end, "maintenance", date_announced=announced)
        told = contract.track_uptime(*JUNE)
        self.assertEqual(told["maintenance_seconds"], 60 * 60)
        self.assertEqual(told["down_seconds"], (10 + 10 + 10 + 5) * 60)
        found = [(one["down_seconds"] // 60, one["excluded_seconds"] // 60) for one in told["incidents"]]
        self.assertEqual(found, [(0, 40), (10, 0), (10, 0), (10, 20), (5, 0)])
        for incident, part in zip(
            told["incidents"],
            ("within the month", "less than 48 hours", "not announced", "goes beyond", "beyond what the month"),
            strict=True,
        ):
            self.assertIn(part, incident["why"])

    def test_degraded_counts_by_its_weight_and_unknown_not_at_all(self):
        contract = self._fresh()
        self._outage("2026-06-01 00:00:00", "2026-06-01 04:00:00", "degraded", weight=0.25)
        self._outage("2026-06-02 00:00:00", "2026-06-03 00:00:00", "unknown")
        told = contract.track_uptime(*JUNE)
        self.assertEqual(told["down_seconds"], 3600)
        self.assertEqual((told["unknown_seconds"], told["measured_seconds"]), (86400, 29 * 86400))
        self.assertIn("by 25 %", told["incidents"][0]["why"])
        self.assertIn("not measured", told["incidents"][1]["why"])

    def test_excluded_outage_costs_nothing_and_says_why(self):
        contract = self._fresh()
        outage = self._outage("2026-06-01 00:00:00", "2026-06-01 04:00:00")
        outage.action_exclude("Your own firewall")
        told = contract.track_uptime(*JUNE)
        self.assertEqual((told["down_seconds"], told["availability"]), (0, 100.0))
        self.assertEqual(told["incidents"][0]["why"], "Left out: Your own firewall")
        # Late, after a report: it just changes the next difference.
        outage.action_include()
        self.assertEqual(contract.track_uptime(*JUNE)["down_seconds"], 4 * 3600)

    def test_outage_only_for_some_contracts_touches_these(self):
        contract = self._fresh()
        other = self._make_contract(self.other_customer)
        self.service.contract_ids |= other
        self._outage("2026-06-01 00:00:00", "2026-06-01 01:00:00", contract_ids=[Command.set(other.ids)])
        self._outage("2026-06-02 00:00:00", "2026-06-02 01:00:00")
        self.assertEqual(contract.track_uptime(*JUNE)["down_seconds"], 3600)
        self.assertEqual(other.track_uptime(*JUNE)["down_seconds"], 7200)
        self.assertEqual(len(contract.track_uptime(*JUNE)["incidents"]), 1)

    def test_two_services_count_once_together(self):
        contract = self._fresh()
        self._outage("2026-06-01 00:00:00", "2026-06-01 01:00:00")
        second = self._make_service("second", contract)
        self._outage("2026-06-01 00:30:00", "2026-06-01 01:30:00", service_id=second.id)
        told = contract.track_uptime(*JUNE)
        self.assertEqual(told["down_seconds"], 90 * 60)
        self.assertEqual(set(told["services"]), {self.service.code, "test_second"})

    def test_archived_service_still_tells_the_past(self):
        contract = self._fresh()
        self._outage("2026-06-01 00:00:00", "2026-06-01 01:00:00")
        self.service.active = False
        self.assertEqual(contract.track_uptime(*JUNE)["down_seconds"], 3600)

    def test_contract_without_a_service_is_not_measured(self):
        contract = self._make_contract(self.customer)
        told = contract.track_uptime(*JUNE)
        self.assertEqual(
            (told["is_measured"], told["availability"], told["availability_exact"], told["met"]),
            (False, False, "", False),
        )
        self.assertEqual(told["unknown_seconds"], 30 * 86400)

    def test_life_of_the_contract_clips(self):
        contract = self._fresh(date_start="2026-06-11", term="custom", date_end="2026-06-20")
        told = contract.track_uptime("2026-05-01", "2026-07-31")
        self.assertEqual(told["total_seconds"], 10 * 86400)
        self.assertEqual([month["date_from"] for month in told["months"]], ["2026-06-11"])
        self.assertEqual(contract.track_uptime("2026-05-01", "2026-05-31")["months"], [])

    def test_paused_days_are_not_measured(self):
        contract = self._fresh()
        self._amend(contract, "2026-06-11", {"kind": "pause", "date_end": "2026-06-20"})
        self._outage("2026-06-10 23:00:00", "2026-06-11 01:00:00")
        told = contract.track_uptime(*JUNE)
        self.assertEqual((told["total_seconds"], told["down_seconds"]), (20 * 86400, 3600))

    def test_draft_promises_nothing(self):
        contract = self._make_contract(self.customer, activate=False)
        told = contract.track_uptime(*JUNE)
        self.assertEqual((told["months"], told["is_measured"], told["incidents"]), ([], False, []))

    def test_changed_target_holds_from_its_day(self):
        contract = self._fresh()
        self._amend(contract, "2026-06-16", {"kind": "sla", "uptime_target": 99.0})
        self._outage("2026-06-02 00:00:00", "2026-06-02 01:00:00")
        told = contract.track_uptime(*JUNE)
        self.assertEqual([month["target"] for month in told["months"]], [99.9, 99.0])
        # 15 days of 0.1 % and 15 of 1 %.
        allowed = 15 * 86400 * 0.001 + 15 * 86400 * 0.01
        self.assertAlmostEqual(told["budget"]["allowed_seconds"], allowed, 6)
        self.assertAlmostEqual(told["target"], 99.45)
        self.assertEqual([month["met"] for month in told["months"]], [False, True])
        self.assertTrue(told["met"])

    def test_running_month_is_measured_so_far_with_the_budget_of_the_whole(self):
        contract = self._fresh()
        with freeze_time("2026-06-16 00:00:00"):
            self._outage("2026-06-15 23:00:00")
            told = contract.track_uptime(*JUNE)
        self.assertEqual((told["total_seconds"], told["down_seconds"]), (15 * 86400, 3600))
        self.assertAlmostEqual(told["budget"]["allowed_seconds"], 30 * 86400 * 0.001)
        self.assertAlmostEqual(told["budget"]["left_seconds"], 2592 - 3600)
        self.assertEqual(told["incidents"][0]["end"], "")

    def test_bad_periods_are_refused(self):
        for first, last, part in (
            ("yesterday", "2026-06-30", "YYYY-MM-DD"),
            ("2026-06-30", "2026-06-01", "Give date_from first"),
            (None, None, "YYYY-MM-DD"),
            ("2000-01-01", "2026-06-01", "at most 3700"),
        ):
            with self.subTest(first=first), self.assertRaisesRegex(UserError, part):
                self.contract.track_uptime(first, last)

    def test_customers_track_their_own_contracts_only(self):
        user = self._make_portal_user(self.customer, "uptime_portal")
        self._outage("2026-06-01 00:00:00", "2026-06-01 01:00:00", note="Our intern did it")
        told = self.contract.with_user(user).track_uptime(*JUNE)
        self.assertEqual(told["down_seconds"], 3600)
        self.assertNotIn("intern", str(told))
        with self.assertRaises(AccessError):
            self.other_contract.with_user(user).track_uptime(*JUNE)
        stranger = new_test_user(self.env, "uptime_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.contract.with_user(stranger).track_uptime(*JUNE)
