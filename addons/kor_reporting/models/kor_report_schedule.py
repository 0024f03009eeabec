import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..engine.recurrence import latest_due, next_due
from .kor_report_file import KINDS
from .kor_report_parameter_mixin import SPANS

_logger = logging.getLogger(__name__)


class KorReportSchedule(models.Model):
    """A report that is sent again and again: each recipient gets what that person may see, once for each date."""

    _name = "kor.report.schedule"
    _inherit = ["kor.report.parameter.mixin", "kor.input.mixin", "mail.thread"]
    _description = "Scheduled Report"
    _order = "next_date, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    span = fields.Selection(
        SPANS, string="Period", required=True, default="last_month", help="As seen from the day on which it is sent."
    )
    recipient_ids = fields.Many2many(
        "res.users",
        string="Recipients",
        required=True,
        domain=[("share", "=", False)],
        help="Each gets the report with what that person may see: account managers that of their own customers.",
    )
    frequency = fields.Selection(
        [("weekly", "Weekly"), ("monthly", "Monthly")], required=True, default="monthly", tracking=True
    )
    weekday = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        string="Day of the Week",
        required=True,
        default="0",
    )
    month_day = fields.Integer(
        string="Day of the Month", required=True, default=1, help="The last day of months that are too short."
    )
    kind = fields.Selection(KINDS, string="File", required=True, default="pdf")
    next_date = fields.Date(
        compute="_compute_next_date",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Sent in the morning of this day.",
    )
    delivery_ids = fields.One2many("kor.report.delivery", "schedule_id", string="Deliveries", readonly=True)
    last_date = fields.Date(string="Last Sent on", compute="_compute_last_date")

    _month_day_of_a_month = models.Constraint(
        "CHECK (month_day BETWEEN 1 AND 31)", "The day of the month must be from 1 to 31; 31 is always the last one."
    )

    @api.depends("frequency", "weekday", "month_day")
    def _compute_next_date(self):
        yesterday = fields.Date.subtract(fields.Date.context_today(self), days=1)
        for schedule in self:
            schedule.next_date = schedule._get_next_due(yesterday)

    @api.depends("delivery_ids.date")
    def _compute_last_date(self):
        domain = [("schedule_id", "in", self.ids), ("state", "=", "sent")]
        found = dict(self.env["kor.report.delivery"]._read_group(domain, ["schedule_id"], ["date:max"]))
        for schedule in self:
            schedule.last_date = found.get(schedule._origin)

    @api.constrains("recipient_ids")
    def _check_recipients(self):
        for schedule in self:
            users = schedule.sudo().recipient_ids  # whoever they are, they are checked
            outside = users.filtered("share")
            if outside:
                raise ValidationError(
                    self.env._(
                        "Reports are for employees: take %(user)s off the recipients of “%(name)s”.",
                        user=outside[0].name,
                        name=schedule.name,
                    )
                )

    @api.constrains("report", "group_by")
    def _check_group(self):
        for schedule in self:
            if not schedule._is_told_by(schedule.report, schedule.group_by):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is not told by this: choose other rows, such as customers.", name=schedule.name
                    )
                )

    def unlink(self):
        self.check_access("unlink")
        self.sudo().delivery_ids.unlink()  # nobody deletes these by hand; their files go with them
        return super().unlink()

    def action_send_now(self):
        """Send the report of today, in a moment, to those who have not had it.

        :return: an action that says so
        """
        self.ensure_one()
        self.check_access("write")
        today = fields.Date.context_today(self)
        refused = self.delivery_ids.filtered(lambda one: one.date == today and one.state == "refused")
        refused.sudo().unlink()  # nothing was sent: whoever has the rights now gets it
        if not self._get_open_recipients(today):
            raise UserError(
                self.env._("All recipients of “%(name)s” have the report of today already.", name=self.name)
            )
        self.next_date = today
        self.env.ref("kor_reporting.ir_cron_report_schedule")._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The reports are being made. Look at the messages below in a minute."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_deliveries(self):
        """Open what was sent, and what was not and why.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "kor.report.delivery",
            "views": [(False, "list"), (False, "form")],
            "domain": [("schedule_id", "=", self.id)],
        }

    @api.model
    def _cron_send(self):
        """Send what is due, each file in a transaction of its own: where it is broken off, it goes on."""
        cron, today = self.env["ir.cron"], fields.Date.context_today(self)
        due = self.search([("next_date", "<=", today)])
        cron._commit_progress(remaining=len(due))
        for schedule in due:
            schedule._send(today)
            if not cron._commit_progress(1):
                return

    def _send(self, today):
        """Send the latest report that is due to those who have not had it, then wait for the next date."""
        self.ensure_one()
        date = self._get_latest_due(today)
        for user in self._get_open_recipients(date):
            self._deliver(user, date)
        if not self._get_open_recipients(date):
            self._tell(date)
            self.next_date = self._get_next_due(today)

    def _deliver(self, user, date):
        """Make and send one file, and commit that it was: file, mail and record are there together or not at all."""
        made = self._make_for(user, date)
        try:
            self.env["kor.report.delivery"]._record(self, user, date, made)
            self.env["ir.cron"]._commit_progress()
        except Exception:
            # It is not recorded, so the next run tries again; others still get theirs.
            self.env.cr.rollback()
            _logger.exception("The report “%s” could not be sent to %s.", self.name, user.login)

    def _make_for(self, user, date):
        """Return the file with what a recipient may see, {"name", "content", "period"}, or the {"reason"} why not."""
        first, last = self._get_span(self.span, date)
        options = self._get_options()
        env = self.env(user=user, su=False, context=self._get_context_of(user))
        period = {"period": f"{format_date(env, first)} – {format_date(env, last)}"}
        if not user.email:
            return {"reason": self.env._("No e-mail address is known."), **period}
        try:
            with self.env.cr.savepoint():
                return {**env["kor.report.file"]._make(self.kind, self.report, first, last, options), **period}
        except UserError as error:
            return {"reason": str(error), **period}
        except Exception:
            _logger.exception("The report “%s” could not be made for %s.", self.name, user.login)
            return {"reason": self.env._("An error that is in the log of the server."), **period}

    def _get_context_of(self, user):
        return {"lang": user.lang, "tz": user.tz, "allowed_company_ids": self.company_id.ids}

    def _tell(self, date):
        """Write down who got the report of a date, and who did not and why."""
        done = self.env["kor.report.delivery"].search([("schedule_id", "=", self.id), ("date", "=", date)])
        sent = done.filtered(lambda one: one.state == "sent")
        body = Markup("<p>%s</p>") % self.env._(
            "Report of %(date)s sent to: %(names)s.",
            date=format_date(self.env, date),
            names=", ".join(sent.user_id.sorted("name").mapped("name")) or self.env._("nobody"),
        )
        if refused := done - sent:
            lines = Markup().join(Markup("<li>%s: %s</li>") % (one.user_id.name, one.reason) for one in refused)
            body += Markup("<p>%s</p><ul>%s</ul>") % (self.env._("Not sent to:"), lines)
        self.message_post(body=body)

    def _get_open_recipients(self, date):
        """Return those who have neither got the report of a date nor been refused it."""
        domain = [("schedule_id", "=", self.id), ("date", "=", date)]
        done = self.env["kor.report.delivery"].search_fetch(domain, ["user_id"])
        return self.recipient_ids - done.user_id

    def _get_next_due(self, after):
        return next_due(self.frequency, int(self.weekday), min(max(self.month_day, 1), 31), after)

    def _get_latest_due(self, today):
        return latest_due(self.frequency, int(self.weekday), self.month_day, self.next_date, today)
