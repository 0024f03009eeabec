from odoo import api, fields, models
from odoo.exceptions import UserError


class KorRevenuePeriod(models.TransientModel):
    """Ask for the days and the company of a report, and open it."""

    _name = "kor.revenue.period"
    _description = "Period of a Revenue Report"

    report = fields.Selection(
        [("roll_forward", "Roll-forward"), ("remaining", "Remaining Obligations")],
        required=True,
        default="roll_forward",
    )
    span = fields.Selection(
        [
            ("last_month", "Last month"),
            ("last_quarter", "Last quarter"),
            ("fiscal_year", "This fiscal year"),
            ("last_fiscal_year", "Last fiscal year"),
            ("other", "Other dates"),
        ],
        string="Period",
        required=True,
        default="last_month",
    )
    date_from = fields.Date(string="From", compute="_compute_dates", store=True, readonly=False)
    date_to = fields.Date(string="To", compute="_compute_dates", store=True, readonly=False)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )

    @api.depends("span", "company_id")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        for period in self:
            if period.span in ("fiscal_year", "last_fiscal_year"):
                years = int(period.span == "last_fiscal_year")
                found = period.company_id.compute_fiscalyear_dates(fields.Date.subtract(today, years=years))
                period.date_from, period.date_to = found["date_from"], found["date_to"]
            elif period.span == "last_quarter":
                day = fields.Date.subtract(today, months=3)
                period.date_from = fields.Date.start_of(day, "quarter")
                period.date_to = fields.Date.end_of(day, "quarter")
            elif period.span == "last_month":
                day = fields.Date.subtract(today, months=1)
                period.date_from, period.date_to = fields.Date.start_of(day, "month"), fields.Date.end_of(day, "month")

    def action_open(self):
        """Open the report for the chosen days.

        :return: a window action
        """
        self.ensure_one()
        if not self.date_to or (self.report == "roll_forward" and not self.date_from):
            raise UserError(self.env._("Choose the days of the report."))
        return self._open_remaining() if self.report == "remaining" else self._open_roll_forward()

    def _open_roll_forward(self):
        first, last = self.env["kor.revenue.report"]._parse_period(self.date_from, self.date_to)
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_revenue.kor_revenue_roll_forward_action")
        title = self.env._("Roll-forward %(first)s to %(last)s", first=first, last=last)
        return {
            **action,
            "name": title,
            "display_name": title,
            "target": "main",
            "domain": [("company_id", "=", self.company_id.id)],
            "context": {"date_from": str(first), "date_to": str(last), "search_default_group_customer": 1},
        }

    def _open_remaining(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_revenue.kor_revenue_remaining_action")
        title = self.env._("Remaining Obligations on %(day)s", day=self.date_to)
        return {
            **action,
            "name": title,
            "display_name": title,
            "target": "main",
            "domain": [("company_id", "=", self.company_id.id)],
            "context": {"as_of": str(self.date_to)},
        }
