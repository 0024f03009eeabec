from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorSupportLevel(models.Model):
    _name = "kor.support.level"
    _description = "Support Level"
    _inherit = ["kor.code.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    channels = fields.Char(translate=True, help="How customers reach support, e.g. Email and chat.")
    always_open = fields.Boolean(help="Support answers around the clock, every day of the year.")
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Service Hours",
        help="Hours in which the response time runs. Left empty for support that is always open.",
    )
    response_minutes = fields.Integer(
        string="First Response (minutes)",
        help="Minutes of service time until the first answer. 0: no time is promised.",
    )
    response_display = fields.Char(string="First Response", compute="_compute_response_display")
    has_team = fields.Boolean(string="Dedicated Team")
    has_account_manager = fields.Boolean(string="Account Manager")
    escalation = fields.Text(translate=True, help="Who is brought in, and when, if an answer is late.")
    description = fields.Text(translate=True, help="Shown to customers on the comparison page.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another support level already has this code.")
    _response_not_negative = models.Constraint("CHECK (response_minutes >= 0)", "A response time is 0 or more minutes.")

    @api.depends("response_minutes")
    @api.depends_context("lang")
    def _compute_response_display(self):
        for level in self:
            level.response_display = level._describe_response()

    @api.constrains("always_open", "calendar_id")
    def _check_hours(self):
        for level in self:
            if level.always_open == bool(level.calendar_id):
                raise ValidationError(
                    self.env._(
                        "%(level)s needs either service hours or “Always Open”, and not both.",
                        level=level.name,
                    )
                )

    def _describe_response(self):
        hours, minutes = divmod(self.response_minutes, 60)
        if not self.response_minutes:
            return self.env._("No time promised")
        if not minutes:
            return self.env._("1 hour") if hours == 1 else self.env._("%(hours)s hours", hours=hours)
        if not hours:
            return self.env._("%(minutes)s minutes", minutes=minutes)
        return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)

    def _describe_hours(self):
        """Return the service hours as customers read them."""
        return self.env._("24 hours, 7 days") if self.always_open else self.calendar_id.name or ""
