from pytz import timezone, utc

from odoo import models

from ..engine import clock as engine

# What moves working time; two_weeks_calendar and others come with new attendances.
MOVING_FIELDS = {"tz", "two_weeks_calendar", "flexible_hours", "attendance_ids", "global_leave_ids", "leave_ids"}


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if MOVING_FIELDS & vals.keys():
            self.env["kor.sla.clock"]._recompute_calendars(self)
        return result

    def _get_kor_worktime(self, zone, company, start, end):
        """Return the working time between two moments, without the holidays that the company has.

        Hours to midnight end a microsecond early in the calendar; the engine closes that gap.
        """
        self.ensure_one()
        calendar_sudo = self.sudo()  # whoever acts on a ticket, hours and holidays are the same
        intervals = calendar_sudo._work_intervals_batch(
            utc.localize(start),
            utc.localize(end),
            domain=[("time_type", "=", "leave"), ("company_id", "in", [False, company.id])],
            tz=timezone(zone),
        )[False]
        return engine.WorkTime((begin, finish) for begin, finish, _attendance in intervals)
