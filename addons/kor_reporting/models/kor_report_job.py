import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_report_file import PAPER_ROWS, SCREEN_ROWS

_logger = logging.getLogger(__name__)

# What kills the worker again and again is not tried for ever.
ATTEMPTS = 3
KEPT_DAYS = 90


class KorReportJob(models.Model):
    """A large report that a job of the system makes, while its user goes on working.

    It is read on cursors that cannot write, stage by stage; between them short transactions say how far it is. Nothing
    but this record is written, so a job that was killed half-way is simply made again.
    """

    _name = "kor.report.job"
    _inherit = ["kor.report.parameter.mixin", "kor.report.drill.mixin"]
    _description = "Report in the Background"
    _order = "id desc"

    user_id = fields.Many2one(
        "res.users", string="Asked for by", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="waiting",
    )
    percent = fields.Float(string="Progress", readonly=True)
    message = fields.Char(string="What Happens", readonly=True)
    attempt_count = fields.Integer(string="Attempts", readonly=True)
    date_done = fields.Datetime(string="Done on", readonly=True)
    result = fields.Json(readonly=True)
    xlsx_id = fields.Many2one("ir.attachment", string="Workbook", readonly=True)
    pdf_id = fields.Many2one("ir.attachment", string="Document", readonly=True)

    @api.depends("report", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        files = self.env["kor.report.file"]
        for job in self:
            job.display_name = f"{files._get_title(job.report)} {job.date_from} – {job.date_to}"

    def action_download(self):
        """Download the workbook.

        :return: a URL action
        """
        return self._download("xlsx_id")

    def action_download_pdf(self):
        """Download the document.

        :return: a URL action
        """
        return self._download("pdf_id")

    def action_restart(self):
        """Make a report again that failed.

        :return: True
        """
        self.ensure_one()
        self.check_access("unlink")
        if self.state != "failed":
            raise UserError(self.env._("Only a report that failed is made again; this one did not."))
        self.sudo().write(  # the state is the job's own to write
            {"state": "waiting", "percent": 0, "attempt_count": 0, "message": self.env._("It waits for its turn.")}
        )
        self._wake()
        return True

    def _download(self, name):
        self.ensure_one()
        self.check_access("read")
        if not self[name]:
            raise UserError(self.env._("The file is not made yet: wait until the report is done."))
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self[name].id}?download=true", "target": "self"}

    @api.model
    def _queue(self, parameters):
        """Have a report made for the user, and return the action that shows how far it is.

        :param parameters: a record of `kor.report.parameter.mixin` with its days
        """
        self.env["kor.financial.report"]._check_reader()
        job = self.sudo().create(  # users ask for a report, and write nothing else of it
            {
                "user_id": self.env.uid,
                "report": parameters.report,
                "date_from": parameters.date_from,
                "date_to": parameters.date_to,
                "company_id": parameters.company_id.id,
                "currency_id": parameters.currency_id.id,
                "group_by": parameters.group_by,
                "message": self.env._("It waits for its turn."),
            }
        )
        job._wake()
        return open_form(job, name=job.display_name)

    @api.model
    def _wake(self):
        self.env.ref("kor_reporting.ir_cron_report_job").sudo()._trigger()  # whoever waits may wake the worker

    @api.model
    def _cron_work(self):
        """Make what waits, and what a run before this one was killed with: two of them never run at once."""
        cron = self.env["ir.cron"]
        jobs = self.search([("state", "in", ("waiting", "running"))], order="id")
        cron._commit_progress(remaining=len(jobs))
        for job in jobs:
            job.with_context(lang=job.user_id.lang)._work()
            if not cron._commit_progress(1):
                return

    def _work(self):
        if self.attempt_count >= ATTEMPTS:
            self._fail(self.env._("It was broken off %(count)s times: choose a shorter period.", count=ATTEMPTS))
            return
        try:
            self._make()
        except UserError as error:
            self.env.cr.rollback()
            self._fail(str(error))
        except Exception:
            self.env.cr.rollback()
            _logger.exception("The report %s could not be made in the background.", self.id)
            self._fail(self.env._("An error that is in the log of the server."))

    def _make(self):
        """Make table, workbook and document, each on a cursor of its own that cannot write."""
        self._progress(5, self.env._("The figures are worked out."), attempt_count=self.attempt_count + 1)
        days = self.report, self.date_from, self.date_to
        result = self._read(lambda files, options: files._generate(*days, options))
        self._progress(50, self.env._("The workbook is written."))
        workbook = self._read(lambda files, _options: files._write_file("xlsx", *days, result))
        self._progress(70, self.env._("The document is printed."))
        printed = _cut(result, PAPER_ROWS)
        document = self._read(lambda files, _options: files._write_file("pdf", *days, printed))
        self._progress(95, self.env._("The files are kept."))
        own = self.with_user(self.user_id).with_context(**self._get_context())
        self._finish(own._lay_out(_cut(result, SCREEN_ROWS)), workbook, document)

    def _read(self, work):
        """Return what work on reports says, that is done as the user on a cursor that cannot write."""
        user, context, options = self.user_id.id, self._get_context(), self._get_options()
        cr = self.env.registry.cursor(readonly=True)
        try:
            # Also where there is no replica to read from.
            cr.execute(SQL("SET TRANSACTION READ ONLY"))
            return work(api.Environment(cr, user, context)["kor.report.file"], options)
        finally:
            cr.rollback()
            cr.close()

    def _get_context(self):
        return {"lang": self.user_id.lang, "tz": self.user_id.tz, "allowed_company_ids": self.company_id.ids}

    def _progress(self, percent, message, **values):
        """Say how far it is, and commit that: who looks sees it, and no lock is held while the next stage runs."""
        self.write({"state": "running", "percent": percent, "message": message, **values})
        self.env["ir.cron"]._commit_progress()

    def _finish(self, shown, *files):
        attachments = self.env["ir.attachment"].create(
            [{"name": one["name"], "raw": one["content"], "res_model": self._name, "res_id": self.id} for one in files]
        )
        self.write(
            {
                "state": "done",
                "percent": 100,
                "message": self.env._("It is done."),
                "result": shown,
                "date_done": fields.Datetime.now(),
                "xlsx_id": attachments[0].id,
                "pdf_id": attachments[1].id,
            }
        )
        self._notify(self.env._("The report is made: open it, or download its files."), "success")

    def _fail(self, reason):
        self.write({"state": "failed", "message": reason})
        self._notify(reason, "danger")

    def _notify(self, text, kind):
        """Tell the user at once where the browser is open, and in the inbox."""
        self.user_id._bus_send("simple_notification", {"title": self.display_name, "message": text, "type": kind})
        self.env["mail.thread"].message_notify(
            model=self._name,
            res_id=self.id,
            subject=self.display_name,
            body=text,
            partner_ids=self.user_id.partner_id.ids,
        )

    @api.autovacuum
    def _gc_jobs(self):
        """Drop what was made long ago: it can be made again."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("state", "in", ("done", "failed")), ("write_date", "<", before)], limit=1000).unlink()


def _cut(result, count):
    """Return a result with as many rows, as if no more had been asked for."""
    rows = result["rows"]
    return {**result, "rows": rows[:count], "left_out": result["left_out"] + len(rows[count:])}
