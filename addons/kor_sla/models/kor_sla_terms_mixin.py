from odoo import fields, models

from odoo.addons.base.models.res_partner import _tz_get


class KorSlaTermsMixin(models.AbstractModel):
    """What is promised: of a policy, and of a contract's own agreement, which is a copy of one."""

    _name = "kor.sla.terms.mixin"
    _description = "Terms of a Service Level"

    uptime_target = fields.Float(
        string="Uptime (%)",
        digits=(16, 4),
        help="The share of the measured time in which the service is available. 0: none is promised.",
    )
    uptime_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Measured in",
        ondelete="restrict",
        help="Hours in which availability counts. Empty: around the clock.",
    )
    tz = fields.Selection(
        _tz_get, string="Time Zone", help="Where its months and hours begin and end. Empty: that of the contract."
    )
    maintenance_minutes = fields.Integer(
        string="Maintenance (minutes a month)",
        help="How much announced maintenance counts as no downtime. What goes beyond it does.",
    )
    maintenance_notice_hours = fields.Integer(
        string="Notice (hours)", help="How long ahead maintenance is announced. Announced later, it is downtime."
    )
    reopening = fields.Selection(
        [("continue", "The clock goes on"), ("restart", "A new clock begins")],
        required=True,
        default="continue",
        help="What happens to the time of resolution where a resolved ticket is opened again.",
    )
    reopening_days = fields.Integer(
        default=14, help="How long a resolved ticket can be opened again; afterwards it is a new one."
    )
    penalty_mode = fields.Selection(
        [("none", "No credits"), ("approval", "After approval"), ("automatic", "Automatic")],
        string="Credits",
        required=True,
        default="approval",
    )
    penalty_base = fields.Selection(
        [("recurring", "Recurring fees of the month"), ("all", "All fees of the month, with use")],
        string="Credits on",
        required=True,
        default="recurring",
    )
    penalty_cap = fields.Float(
        string="Credits at Most (%)",
        digits=(16, 4),
        default=100,
        help="Of the same fees: of all credits of a month together.",
    )
    penalty_minimum = fields.Float(
        string="Not Issued up to", digits=(16, 2), help="Credits of a month that are no more than this are not issued."
    )
    response_credit = fields.Float(
        string="Late Response (%)", digits=(16, 4), help="Credit for each ticket that was answered late."
    )
    resolution_credit = fields.Float(
        string="Late Resolution (%)", digits=(16, 4), help="Credit for each ticket that was resolved late."
    )
    dispute_days = fields.Integer(default=30, help="How long a customer can dispute a monthly report.")
