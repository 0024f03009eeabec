from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.kor_sla.tools import check_weight

from ..engine.infrastructure_checks import Streak
from ..tools.addresses import Allowed, Refused, parse
from ..tools.guarded_http import get_allowed
from ..tools.infrastructure_probe import read_host
from .kor_infrastructure_state_mixin import WATCHED

KINDS = [("http", "HTTP(S)"), ("tcp", "TCP connection"), ("heartbeat", "Readings come")]
IMPACTS = [("down", "Down"), ("degraded", "Degraded"), ("none", "Only tell the owner")]
# By field, whose label names the unit: the least and the most.
BOUNDS = {
    "interval": (1, 1440),
    "timeout": (1, 30),
    "failures": (1, 20),
    "successes": (1, 20),
    "silence": (1, 10080),
}


class KorInfrastructureCheck(models.Model):
    """Something that is looked at again and again, to know whether infrastructure works."""

    _name = "kor.infrastructure.check"
    _inherit = ["kor.infrastructure.check.run.mixin", "kor.infrastructure.guard.mixin", "kor.input.mixin"]
    _description = "Infrastructure Check"
    _order = "infrastructure_id, sequence, id"

    name = fields.Char(required=True)
    infrastructure_id = fields.Many2one("kor.infrastructure", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="infrastructure_id.partner_id", store=True, string="Customer")
    company_id = fields.Many2one(related="infrastructure_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(KINDS, required=True, default="http")
    url = fields.Char(
        string="Address", help="Such as https://status.customer.example/health. Redirects are not followed."
    )
    expected_status = fields.Integer(help="0: anything from 200 to 399.", aggregator=False)
    expected_text = fields.Char(help="What the answer has to contain. Empty: anything.")
    host = fields.Char()
    port = fields.Integer(aggregator=False)
    silence = fields.Integer(
        string="Silence (min)", default=15, aggregator=False, help="For how long readings may stay out before it fails."
    )
    interval = fields.Integer(string="Every (min)", default=5, required=True, aggregator=False)
    timeout = fields.Integer(string="Time-out (s)", default=10, required=True, aggregator=False)
    failures = fields.Integer(
        string="Failures until Down", default=3, required=True, aggregator=False, help="In a row."
    )
    successes = fields.Integer(
        string="Successes until Up", default=2, required=True, aggregator=False, help="In a row, when it was down."
    )
    impact = fields.Selection(
        IMPACTS, required=True, default="down", help="What it means for the service when this check is down."
    )
    weight = fields.Float(
        default=1.0,
        digits=(16, 4),
        aggregator=False,
        help="Of degraded service: the share of its time that counts as down.",
    )
    has_readings = fields.Boolean(
        string="Answer Has Readings",
        help="The answer is JSON such as {“readings”: [{“resource”: “storage”, “used”: 12.5}]}, taken at each success.",
    )

    date_next = fields.Datetime(string="Next", index="btree_not_null", copy=False, default=fields.Datetime.now)
    date_last = fields.Datetime(string="Last", copy=False)
    is_down = fields.Boolean(string="Down Now", copy=False, index=True)
    date_down = fields.Datetime(string="Down since", copy=False)
    streak = fields.Integer(
        string="In a Row", copy=False, aggregator=False, help="Outcomes that speak against its status."
    )
    date_streak = fields.Datetime(copy=False)
    last_message = fields.Char(string="Last Outcome", copy=False, help="Empty: all is well.")
    last_milliseconds = fields.Integer(string="Took (ms)", copy=False, aggregator="avg")
    is_unusable = fields.Boolean(
        string="Could not Be Made", copy=False, help="Its address is not called. It counts as no outage; correct it."
    )
    day_ids = fields.One2many("kor.infrastructure.check.day", "check_id", string="Days")
    status = fields.Selection(
        [("new", "Not run yet"), ("up", "Up"), ("shaky", "Shaky"), ("down", "Down"), ("unusable", "Cannot be made")],
        compute="_compute_status",
    )

    @api.model
    def _get_engine_fields(self):
        return super()._get_engine_fields() | {
            "date_next",
            "date_last",
            "is_down",
            "date_down",
            "streak",
            "date_streak",
            "last_message",
            "last_milliseconds",
            "is_unusable",
        }

    @api.depends("date_last", "is_down", "streak", "is_unusable")
    def _compute_status(self):
        for check in self:
            if check.is_unusable:
                check.status = "unusable"
            elif check.is_down:
                check.status = "down"
            elif check.streak:
                check.status = "shaky"
            else:
                check.status = "up" if check.date_last else "new"

    @api.constrains(*BOUNDS)
    def _check_bounds(self):
        for check in self:
            for name, (least, most) in BOUNDS.items():
                if not least <= check[name] <= most:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” of a check is from %(least)s to %(most)s, not %(value)s.",
                            field=self._fields[name].get_description(self.env, ["string"])["string"],
                            least=least,
                            most=most,
                            value=check[name],
                        )
                    )

    @api.constrains("weight")
    def _check_weight(self):
        check_weight(self)

    @api.constrains("kind", "url", "host", "port", "expected_status")
    def _check_address(self):
        allowed = Allowed.read(get_allowed(self.env))
        for check in self.filtered(lambda one: one.kind != "heartbeat"):
            try:
                if check.kind == "http":
                    parse(check.url or "", plain=True, allowed=allowed)
                else:
                    read_host((check.host or "").strip(), check.port, allowed)
            except Refused as error:
                raise ValidationError(
                    self.env._("Check “%(name)s”: %(reason)s", name=check.name, reason=str(error))
                ) from None
            if check.expected_status and not 100 <= check.expected_status <= 599:
                raise ValidationError(
                    self.env._("A status of HTTP is from 100 to 599, not %(status)s.", status=check.expected_status)
                )

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks.infrastructure_id.filtered(lambda one: one.state in WATCHED)._ensure_watched()
        return checks

    def write(self, vals):
        if vals.get("active") is False:
            self._end_outages()
        result = super().write(vals)
        if {"kind", "url", "host", "port"} & set(vals):
            # What is looked at is another thing now.
            self._as_engine().write({"is_unusable": False, "streak": 0, "date_streak": False})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_run(self):
        for check in self.filtered("date_last"):
            raise UserError(
                self.env._("“%(name)s” has been made: archive it, so that what it found stays known.", name=check.name)
            )

    def _get_streak(self):
        return Streak(self.is_down, self.streak, self.date_streak or None)

    def _is_over_silence(self, now):
        """Tell whether readings have stayed out for too long."""
        last = self.infrastructure_id.date_reading or self.create_date
        return now - last > timedelta(minutes=self.silence)

    def action_run(self):
        """Make the checks now.

        :return: a notification that says what came of them
        """
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("kor_integrations.group_kor_integration_user")):
            raise AccessError(self.env._("Only users of KOR Enterprise › Integrations make checks."))
        for check in self.filtered(lambda one: not one._is_watched()):
            raise UserError(self.env._("“%(name)s” does not run: its checks rest.", name=check.infrastructure_id.name))
        if len(self) > 50:
            raise UserError(self.env._("Make at most 50 checks at once; the others are made in their turn."))
        self.sudo()._claim()._run()  # what checks find is written by them only
        bad = self.filtered("last_message")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": "\n".join(f"{check.name}: {check.last_message}" for check in bad)
                or self.env._("All is well."),
                "type": "danger" if bad else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
