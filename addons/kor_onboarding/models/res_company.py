from datetime import date, datetime, time, timedelta

import pytz

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_onboarding_auto = fields.Boolean(
        string="Onboard at Activation", help="A contract that is activated gets its onboarding at once."
    )
    kor_onboarding_patience = fields.Integer(
        string="Look After (working days)",
        default=5,
        help="An onboarding in which nothing goes on for so many working days is at risk. 0: never.",
    )

    _kor_onboarding_patience_not_negative = models.Constraint(
        "CHECK (kor_onboarding_patience >= 0)", "Somebody looks after 0 working days or more."
    )

    def _get_kor_open_days(self):
        """Return a function that tells of a day whether the company works on it, holidays left out.

        It reads a year at a time, and remembers it for as long as it is held.
        """
        self.ensure_one()
        known = {}

        def is_open(day):
            if day.year not in known:
                known[day.year] = self._read_kor_open_days(day.year)
            return day in known[day.year]

        return is_open

    def _read_kor_open_days(self, year):
        """Return the days of a year on which any working time is left."""
        calendar_sudo = self.sudo().resource_calendar_id  # whoever looks at a plan needs no right to the calendar
        if not calendar_sudo:
            first = date(year, 1, 1)
            days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
            return {day for day in days if day.weekday() < 5}
        tz = pytz.timezone(calendar_sudo.tz or "UTC")
        start, end = (tz.localize(datetime.combine(date(one, 1, 1), time.min)) for one in (year, year + 1))
        # A holiday of another company is none of this one.
        leaves = [("time_type", "=", "leave"), ("company_id", "in", [False, self.id])]
        work = calendar_sudo._work_intervals_batch(start, end, domain=leaves, tz=tz)[False]
        return {day for first, last, _records in work for day in self._get_kor_days_between(first, last)}

    def _get_kor_days_between(self, first, last):
        count = (last.date() - first.date()).days
        days = {first.date() + timedelta(days=number) for number in range(count + 1)}
        # Work until midnight ends on the day before.
        return days - {last.date()} if last.time() == time.min else days
