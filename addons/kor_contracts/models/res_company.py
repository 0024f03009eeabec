from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_portal_self_service = fields.Boolean(
        string="More Seats at Once",
        help="More seats that a customer signs for on the contract's page hold at once. "
        "Everything else that customers ask for waits for staff.",
    )
    kor_reminder_days_first = fields.Integer(
        string="First Renewal Reminder",
        default=30,
        help="So many days before the notice deadline, or before the end of contracts that do not renew themselves.",
    )
    kor_reminder_days_last = fields.Integer(string="Last Renewal Reminder", default=7, help="0: no second one.")

    _kor_reminder_days_not_negative = models.Constraint(
        "CHECK (kor_reminder_days_first >= 0 AND kor_reminder_days_last >= 0)",
        "A reminder goes out 0 or more days before.",
    )

    def _get_kor_reminder_days(self):
        """Return how many days before a deadline the companies remind of it; 0 is no reminder."""
        days = {*self.mapped("kor_reminder_days_first"), *self.mapped("kor_reminder_days_last")}
        return sorted(days - {0}, reverse=True)
