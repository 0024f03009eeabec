from odoo import api, fields, models
from odoo.tools import format_date


class KorRevenueCalendarMonth(models.AbstractModel):
    """Read a month, which is kept as its first day, as a month."""

    _name = "kor.revenue.calendar.month"
    _description = "Calendar Month"

    month = fields.Date()
    month_name = fields.Char(string="Calendar Month", compute="_compute_month_name")

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_month_name(self):
        for record in self:
            record.month_name = record.month and format_date(self.env, record.month, date_format="MMMM yyyy")
