from io import BytesIO
from unittest.mock import patch

import openpyxl
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .report_common import ReportCase

LOGGER = "odoo.addons.kor_reporting.models.kor_report_schedule"


@tagged("post_install", "-at_install")
@freeze_time("2026-07-01 05:00:00")
class TestReportSchedule(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["kor.report.schedule"].search([]).active = False
        cls.finance = cls._make_user("finance", "base.group_user,kor_reporting.group_kor_reporting_user")
        manager = "base.group_user,kor_account_management.group_kor_account_user"
        cls.manager = cls._make_user("keeper", manager)
        cls.clerk = cls._make_user("clerk", "base.group_user")
        cls.all = cls.finance | cls.manager | cls.clerk
        for user in cls.all:
            user.email = f"{user.login}@kor.example"
        cls.first.account_manager_id = cls.manager
        cls.schedule = cls._schedule()

    @classmethod
    def _schedule(cls, **values):
        return cls.env["kor.report.schedule"].create(
            {
                "name": "Revenue each month",
                "report": "revenue",
                "group_by": "customer",
                "span": "last_quarter",
                "kind": "xlsx",
                "company_id": cls.company.id,
                "currency_id": cls.currency.id,
                "recipient_ids": [Command.set(cls.all.ids)],
                "next_date": "2026-07-01",
                **values,
            }
        )

    def _run(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("kor_reporting.ir_cron_report_schedule").method_direct_trigger(), True)
        self.env.invalidate_all()

    def _deliveries(self, state="sent"):
        return self.schedule.delivery_ids.filtered(lambda one: one.state == state)

    def _mails(self):
        own = [("model", "=", "kor.report.delivery"), ("res_id", "in", self.schedule.delivery_ids.ids)]
        return self.env["mail.mail"].search(own)

    def _read(self, delivery):
        """Return the names in the first column of a workbook that was sent."""
        sheet = openpyxl.load_workbook(BytesIO(delivery.attachment_id.raw))["Report"]
        return {cell.value for cell in sheet["A"]}

    def test_each_recipient_gets_once_what_that_person_may_see(self):
        self._run()
        sent = {one.user_id: one for one in self._deliveries()}
        self.assertEqual(set(sent), {self.finance, self.manager})
        self.assertLessEqual({"Aurora", "Cirrus", "Delta"}, self._read(sent[self.finance]))
        self.assertIn("Aurora", self._read(sent[self.manager]))
        self.assertFalse({"Cirrus", "Delta"} & self._read(sent[self.manager]))
        self._check_refusal()
        mails = self._mails()
        self.assertEqual(mails.recipient_ids, (self.finance | self.manager).partner_id)
        self.assertEqual(mails.attachment_ids, self._deliveries().attachment_id)
        self.assertEqual(set(mails.mapped("subject")), {"Revenue each month: 04/01/2026 – 06/30/2026"})
        self.assertEqual(str(self.schedule.next_date), "2026-08-01")
        for _again in range(2):
            self.schedule.next_date = "2026-07-01"
            self._run()
        self.assertEqual(self._mails(), mails)
        self.assertEqual(len(self.schedule.delivery_ids), 3)

    def _check_refusal(self):
        refused = self._deliveries("refused")
        self.assertEqual(refused.user_id, self.clerk)
        self.assertIn("Reports are for members", refused.reason)
        with self.assertRaisesRegex(UserError, "Nothing was sent"):
            refused.action_open_file()
        told = self.schedule.message_ids[0].body
        for text in (self.finance.name, self.manager.name, f"<li>{self.clerk.name}: Reports are for members"):
            self.assertIn(text, told)

    def test_run_that_is_killed_half_way_goes_on_where_it_was(self):
        model, seen = type(self.env["kor.report.delivery"]), []
        record = model._record

        def fail_once(deliveries, schedule, user, date, made):
            if not seen and user == self.manager:
                seen.append(user)
                raise RuntimeError("The worker is gone.")
            return record(deliveries, schedule, user, date, made)

        with patch.object(model, "_record", fail_once), mute_logger(LOGGER):
            self._run()
        self.assertEqual(self._deliveries().user_id, self.finance)
        self.assertEqual(str(self.schedule.next_date), "2026-07-01")
        mails = self._mails()
        self._run()
        self.assertEqual(self._deliveries().user_id, self.finance | self.manager)
        self.assertEqual(len(self._mails() - mails), 1)
        self.assertEqual(str(self.schedule.next_date), "2026-08-01")

    def test_report_of_a_date_is_recorded_once_for_each_recipient(self):
        values = {"schedule_id": self.schedule.id, "date": "2026-07-01", "user_id": self.finance.id, "state": "sent"}
        deliveries = self.env["kor.report.delivery"].sudo()
        deliveries.create(values)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            deliveries.create(values)

    def test_dates_that_were_missed_are_made_up_for_once(self):
        self.schedule.write({"next_date": "2026-03-01", "recipient_ids": [Command.set(self.finance.ids)]})
        self._run()
        self.assertEqual([str(one.date) for one in self._deliveries()], ["2026-07-01"])

    def test_pdf_is_sent_and_who_has_no_address_or_company_is_named(self):
        self.finance.email = False
        # The recipient is in another company only, by now.
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.write({"company_id": other.id, "company_ids": [Command.set(other.ids)]})
        self.schedule.write({"kind": "pdf", "recipient_ids": [Command.set((self.finance | self.manager).ids)]})
        own = self.env.user
        own.email = "own@kor.example"
        self.schedule.recipient_ids |= own
        pdf = self.env["kor.pdf"]
        with patch.object(type(pdf), "_render", lambda self, html: b"%PDF-1.4"):
            self._run()
        self.assertEqual(self._deliveries().attachment_id.name, "revenue_2026-04-01_2026-06-30.pdf")
        reasons = {one.user_id: one.reason for one in self._deliveries("refused")}
        self.assertIn("No e-mail address", reasons[self.finance])
        self.assertIn("unauthorized", reasons[self.manager])

    def test_send_now_tries_again_who_was_refused_and_nobody_else(self):
        self._run()
        mails = self._mails()
        self.clerk.group_ids += self.env.ref("kor_reporting.group_kor_reporting_user")
        self.assertEqual(self.schedule.action_send_now()["tag"], "display_notification")
        self._run()
        self.assertEqual((self._mails() - mails).recipient_ids, self.clerk.partner_id)
        with self.assertRaisesRegex(UserError, "already"):
            self.schedule.action_send_now()

    def test_schedules_that_cannot_be_are_refused(self):
        portal = self._make_user("portal", "base.group_portal")
        for values, sentence in (
            ({"recipient_ids": [Command.link(portal.id)]}, "for employees"),
            ({"report": "revenue", "group_by": "component"}, "other rows"),
            ({"report": "lifetime_value", "group_by": "month"}, "other rows"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, sentence):
                self._schedule(**values)
        for day in (0, 32):
            with self.subTest(day=day), self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                self._schedule(month_day=day)

    def test_next_date_follows_the_frequency(self):
        self.schedule.write({"frequency": "weekly", "weekday": "2"})
        self.assertEqual(str(self.schedule.next_date), "2026-07-01")
        self.schedule.write({"weekday": "1"})
        self.assertEqual(str(self.schedule.next_date), "2026-07-07")
        self.schedule.write({"frequency": "monthly", "month_day": 31})
        self.assertEqual(str(self.schedule.next_date), "2026-07-31")

    def test_account_managers_see_what_they_get_and_write_nothing(self):
        self._run()
        own = self.schedule.with_user(self.manager)
        self.assertEqual(own.action_open_deliveries()["res_model"], "kor.report.delivery")
        self.assertEqual(self.env["kor.report.delivery"].with_user(self.manager).search([]).user_id, self.manager)
        files = self._deliveries()
        foreign = files.filtered(lambda one: one.user_id == self.finance)
        for call in (
            lambda: own.action_send_now(),
            lambda: own.write({"name": "Mine"}),
            lambda: foreign.with_user(self.manager).action_open_file(),
            lambda: foreign.attachment_id.with_user(self.manager).read(["raw"]),
            lambda: (files - foreign).with_user(self.manager).write({"date": "2026-01-01"}),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertIn("/web/content/", (files - foreign).with_user(self.manager).action_open_file()["url"])
        unseen = self._schedule(recipient_ids=[Command.set(self.finance.ids)])
        self.assertFalse(unseen.with_user(self.manager).has_access("read"))

    def test_files_go_with_their_schedule(self):
        self._run()
        files = self._deliveries().attachment_id
        self.schedule.with_user(self.finance).unlink()
        self.assertFalse(files.exists())

    def test_files_are_kept_for_ever_or_for_some_days(self):
        self._run()
        deliveries = self._deliveries()
        for today, days, kept in (("2027-07-01", "", True), ("2026-08-01", "31", True), ("2026-08-02", "31", False)):
            with self.subTest(today=today, days=days), freeze_time(today):
                self.env["ir.config_parameter"].set_param("kor_reporting.delivery_days", days)
                self.env["kor.report.delivery"].sudo()._gc_files()
                self.assertEqual(deliveries.mapped(lambda one: bool(one.attachment_id)), [kept] * 2)
        self.assertEqual(deliveries.exists().mapped("state"), ["sent", "sent"])
        with self.assertRaisesRegex(UserError, "not kept any more. Make the report of 04/01/2026 – 06/30/2026 again"):
            deliveries[0].action_open_file()
        # Nothing is sent again for it.
        self._run()
        self.assertEqual(self._deliveries(), deliveries)
