from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..keys import find_by_key, make_key, prepare_key

PATHS = {"alertmanager": "alertmanager", "uptime_kuma": "uptime-kuma", "api": "outages"}


class KorSlaMonitor(models.Model):
    """A system that watches services and says when one is not well, with a key of its own."""

    _name = "kor.sla.monitor"
    _inherit = ["kor.sla.monitor.intake.mixin", "kor.input.mixin", "mail.thread"]
    _description = "Monitor"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [("alertmanager", "Prometheus Alertmanager"), ("uptime_kuma", "Uptime Kuma"), ("api", "API")],
        required=True,
        default="alertmanager",
        tracking=True,
    )
    service_id = fields.Many2one(
        "kor.sla.service",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="What it watches. Rules can tell alerts of other services by their labels.",
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, index=True)
    key_hash = fields.Char(readonly=True, copy=False, groups="base.group_system", index="btree_not_null")
    key_hint = fields.Char(string="Key", readonly=True, copy=False, help="How its key ends.")
    tolerance_seconds = fields.Integer(
        string="Clock Tolerance (s)",
        default=300,
        help="How far the monitor's clock may be ahead of ours. A time within it is taken as the moment of receipt; "
        "one beyond it is refused.",
    )
    state = fields.Selection(
        [("down", "Down"), ("degraded", "Degraded"), ("none", "No outage")],
        string="Alerts Mean",
        required=True,
        default="down",
        help="Where no rule fits.",
    )
    rule_ids = fields.One2many("kor.sla.monitor.rule", "monitor_id", string="Rules", copy=True)
    signal_ids = fields.One2many("kor.sla.signal", "monitor_id", string="Signals")
    outage_ids = fields.One2many("kor.sla.outage", "monitor_id", string="Outages")
    date_last_signal = fields.Datetime(string="Last Signal", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False, help="Why its last message that was no use was refused.")
    url = fields.Char(string="Address", compute="_compute_url", help="What to enter in the monitor.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)

    _key_unique = models.UniqueIndex("(key_hash) WHERE key_hash IS NOT NULL", "Another monitor has this key.")

    @api.depends("kind")
    def _compute_url(self):
        for monitor in self:
            monitor.url = f"{monitor.get_base_url()}/kor/api/v1/monitor/{PATHS[monitor.kind or 'api']}"

    @api.constrains("tolerance_seconds")
    def _check_tolerance(self):
        for monitor in self:
            if not 0 <= monitor.tolerance_seconds <= 3600:
                raise ValidationError(
                    self.env._(
                        "A clock may be 0 to 3,600 seconds ahead, not %(count)s.", count=monitor.tolerance_seconds
                    )
                )

    def _make_key(self):
        """Give the monitor a new key and return it: the one before does not open anything any more."""
        self.ensure_one()
        key = make_key("korm_")
        self.sudo().write(prepare_key(key))  # whoever may set the monitor up may give it a key, not read it
        return key

    @api.model
    def _authenticate(self, kind, key):
        """Return the monitor with a key as superuser, an empty one where none has it."""
        monitor = find_by_key(self.sudo(), key)  # the key itself is what gives the right
        return monitor if monitor.kind == kind else monitor.browse()

    def action_make_key(self):
        """Give the monitor a new key and show it once.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("kor_sla.group_kor_support_manager"):
            raise AccessError(self.env._("Only a support administrator makes keys of monitors."))
        key = self._make_key()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of %(monitor)s", monitor=self.name),
            "res_model": "kor.sla.monitor.key",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key, "default_url": self.url, "default_kind": self.kind},
        }

    def action_test(self):
        """Take a signal of our own that means no outage, to see that signals arrive.

        :return: a notification that says what came of it
        """
        self.ensure_one()
        self.check_access("write")
        if not self.active:
            raise UserError(self.env._("The monitor is archived: it takes no signals."))
        now = fields.Datetime.now()
        outcome = self.sudo()._take_test(now)  # signals are written by monitors only, and by this test
        message = self.env._("%(count)s signals taken; the test made no outage.", count=outcome)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }


class KorSlaMonitorKey(models.AbstractModel):
    """Show a key once; it is kept as a hash only."""

    _name = "kor.sla.monitor.key"
    _description = "Key of a Monitor"

    # The form has no record: what it shows comes from the context.
    id = fields.Id()
    key = fields.Char(readonly=True)
    url = fields.Char(readonly=True)
    kind = fields.Char(readonly=True)
