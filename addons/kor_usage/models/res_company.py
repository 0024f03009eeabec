from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.limits import ThresholdError, parse_thresholds


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_usage_retention_days = fields.Integer(
        string="Keep Usage Events (days)",
        help="Single events older than this are dropped; what they add up to each day is kept. 0: keep them all.",
    )
    kor_usage_alert_thresholds = fields.Char(
        string="Usage Alerts (%)",
        default="80, 100",
        help="When use passes one of these percentages of a limit, the account manager and the customer are told, "
        "once in each period. Empty: nobody is told.",
    )

    _kor_usage_retention_not_negative = models.Constraint(
        "CHECK (kor_usage_retention_days >= 0)", "Usage events are kept for 0 days (for ever) or more."
    )

    @api.constrains("kor_usage_alert_thresholds")
    def _check_kor_usage_alert_thresholds(self):
        for company in self:
            try:
                company._get_usage_alert_thresholds()
            except ThresholdError as error:
                raise ValidationError(str(error)) from error

    def _get_usage_alert_thresholds(self):
        """Return the percentages of a limit at which somebody is told, in order."""
        self.ensure_one()
        return parse_thresholds(self.kor_usage_alert_thresholds)
