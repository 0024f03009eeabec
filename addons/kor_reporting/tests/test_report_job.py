from io import BytesIO
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models.kor_report_parameter_mixin import LARGE, LARGE_PARAMETER
from ..wizards import kor_report_request
from .report_common import ReportCase

HALF = ("2026-01-01", "2026-06-30")
LOGGER = "odoo.addons.kor_reporting.models.kor_report_job"
PDF = b"%PDF-1.4"


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportJob(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(type(cls.env["kor.pdf"]), "_render", lambda self, html: PDF))
        cls.user = cls._make_user("finance", "base.group_user,kor_reporting.group_kor_reporting_user")
        cls.keeper = cls._make_user("keeper", "base.group_user,kor_account_management.group_kor_account_user")
        cls.first.account_manager_id = cls.keeper

    def _request(self, user=None, **values):
        return self.env["kor.report.request"].with_user(user or self.user).create(
            {"report": "revenue", "group_by": "customer", "span": "other", "date_from": HALF[0], "date_to": HALF[1],
             "company_id": self.company.id, "currency_id": self.currency.id, **values}
        )  # fmt: skip

    def _queue(self, user=None, **values):
        action = self._request(user, **values).action_make_in_background()
        return self.env["kor.report.job"].sudo().browse(action["res_id"])

    def _run(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("kor_reporting.ir_cron_report_job").method_direct_trigger(), True)
        self.env.invalidate_all()

    def test_background_makes_table_workbook_and_document_as_the_user(self):
        jobs = [self._queue(), self._queue(self.keeper)]
        self.assertEqual([job.state for job in jobs], ["waiting", "waiting"])
        with self.assertRaisesRegex(UserError, "not made yet"):
            jobs[0].with_user(self.user).action_download()
        self._run()
        for job, names in zip(jobs, ({"Aurora", "Cirrus", "Delta"}, {"Aurora"}), strict=True):
            own = job.with_user(job.user_id)
            self.assertEqual((own.state, own.percent, own.attempt_count), ("done", 100, 1))
            self.assertLessEqual(names, {row["name"] for row in own.result["rows"]})
            sheet = openpyxl.load_workbook(BytesIO(own.xlsx_id.raw))["Report"]
            found = {cell.value for cell in sheet["A"]} & {"Aurora", "Cirrus", "Delta"}
            self.assertEqual(found, names)
            self.assertEqual(own.pdf_id.raw, PDF)
            self.assertIn(f"/{own.pdf_id.id}?", own.action_download_pdf()["url"])
            key = next(row["key"] for row in own.result["rows"] if row["name"] == "Aurora")
            self.assertEqual(own.action_drill("new", key)["res_model"], "kor.mrr.movement")
            told = self.env["mail.message"].sudo().search([("model", "=", "kor.report.job"), ("res_id", "=", job.id)])
            self.assertEqual(told.partner_ids, job.user_id.partner_id)
        with self.assertRaises(AccessError):
            jobs[0].with_user(self.keeper).read(["result"])
        with self.assertRaises(AccessError):
            jobs[0].xlsx_id.with_user(self.keeper).read(["raw"])
        with self.assertRaises(AccessError):
            jobs[0].with_user(self.user).write({"state": "waiting"})

    def test_it_is_the_report_that_the_screen_shows(self):
        request, job = self._request(), self._queue()
        request.action_show()
        self._run()
        self.assertEqual(job.result, request.result)

    def test_request_without_anything_is_of_the_last_12_months(self):
        request = self.env["kor.report.request"].with_user(self.user).create({})
        self.assertEqual((str(request.date_from), str(request.date_to)), ("2025-07-01", "2026-06-30"))
        self.assertEqual(request.action_make_in_background()["res_model"], "kor.report.job")

    def test_stages_are_told_and_read_on_cursors_that_cannot_write(self):
        job, told, written = self._queue(), [], []
        model, files = type(job), type(self.env["kor.report.file"])
        progress, generate = model._progress, files._generate

        def tell(own, percent, message, **values):
            told.append(percent)
            return progress(own, percent, message, **values)

        def look(own, *args):
            own.env.cr.execute("SHOW transaction_read_only")
            written.append(own.env.cr.fetchone()[0])
            return generate(own, *args)

        with patch.object(model, "_progress", tell), patch.object(files, "_generate", look):
            self._run()
        self.assertEqual(job.state, "done")
        self.assertEqual(told, sorted(set(told)))
        self.assertGreater(len(told), 3)
        self.assertEqual(written, ["on"])

    def test_job_that_was_killed_half_way_is_made_again_but_not_for_ever(self):
        killed, hopeless = self._queue(), self._queue()
        killed.sudo().write({"state": "running", "percent": 50, "attempt_count": 1})
        hopeless.sudo().write({"state": "running", "percent": 5, "attempt_count": 3})
        self._run()
        self.assertEqual((killed.state, killed.attempt_count), ("done", 2))
        self.assertEqual(hopeless.state, "failed")
        self.assertIn("broken off 3 times", hopeless.message)
        self.assertTrue(hopeless.with_user(self.user).action_restart())
        self._run()
        self.assertEqual(hopeless.state, "done")
        with self.assertRaisesRegex(UserError, "Only a report that failed"):
            hopeless.with_user(self.user).action_restart()

    def test_error_fails_its_own_job_only_and_says_why(self):
        wrong, broken, right = self._queue(), self._queue(), self._queue()
        files, seen = type(self.env["kor.report.file"]), []
        generate = files._generate

        def fail(own, *args):
            seen.append(args)
            if len(seen) < 3:
                raise (UserError("No rate of EUR is known.") if len(seen) == 1 else ValueError("nan"))
            return generate(own, *args)

        with patch.object(files, "_generate", fail), mute_logger(LOGGER):
            self._run()
        self.assertEqual((wrong.state, wrong.message), ("failed", "No rate of EUR is known."))
        self.assertEqual(broken.state, "failed")
        self.assertIn("log of the server", broken.message)
        self.assertEqual(right.state, "done")

    def test_large_request_goes_to_the_background_by_itself(self):
        request = self._request()
        self.assertIs(request.action_show(), True)
        parameters = self.env["ir.config_parameter"].sudo()
        # Six contracts in six months.
        for value, model in (("36", "ir.actions.act_url"), ("35", "kor.report.job"), ("x", "ir.actions.act_url")):
            parameters.set_param(LARGE_PARAMETER, value)
            for name in ("action_download", "action_download_pdf"):
                with self.subTest(value=value, name=name):
                    action = getattr(request, name)()
                    self.assertEqual(action.get("res_model", action["type"]), model)
        parameters.set_param(LARGE_PARAMETER, "12")
        self.assertEqual(request.action_show()["res_model"], "kor.report.job")
        # Two of them are the account manager's.
        self.assertIs(self._request(self.keeper).action_show(), True)
        self.assertGreater(LARGE, 100_000)

    def test_document_of_many_rows_is_printed_in_the_background(self):
        request = self._request(group_by="contract")
        rows = len(request._generate(0)["rows"])
        for count, model in ((rows, "ir.actions.act_url"), (rows - 1, "kor.report.job")):
            with self.subTest(count=count), patch.object(kor_report_request, "DIRECT_ROWS", count):
                action = request.action_download_pdf()
                self.assertEqual(action.get("res_model", action["type"]), model)
                self.assertEqual(request.action_download()["type"], "ir.actions.act_url")

    def test_only_readers_of_reports_queue_and_files_go_with_the_job(self):
        clerk = self._make_user("clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["kor.report.job"].with_user(clerk)._queue(self._request())
        job = self._queue()
        self._run()
        attachments = job.xlsx_id | job.pdf_id
        job.with_user(self.user).unlink()
        self.assertFalse(attachments.exists())
