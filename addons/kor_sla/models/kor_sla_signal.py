import json

from odoo import api, fields, models


class KorSlaSignal(models.Model):
    """What a monitor said, as it came: the facts that outages are computed from. Never edited."""

    _name = "kor.sla.signal"
    _description = "Signal of a Monitor"
    _order = "received desc, id desc"
    _rec_name = "title"

    monitor_id = fields.Many2one("kor.sla.monitor", required=True, readonly=True, index=True, ondelete="cascade")
    service_id = fields.Many2one("kor.sla.service", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="monitor_id.company_id")
    fingerprint = fields.Char(required=True, readonly=True, help="The alert, as the monitor calls it.")
    digest = fields.Char(required=True, readonly=True, help="The same for the same facts: they count once.")
    status = fields.Selection(
        [("firing", "Firing"), ("resolved", "Resolved"), ("beat", "State at a moment"), ("stated", "Outage stated")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("up", "Operational"),
            ("down", "Down"),
            ("degraded", "Degraded"),
            ("maintenance", "Maintenance"),
            ("unknown", "Unknown"),
            ("none", "Says nothing"),
        ],
        required=True,
        readonly=True,
    )
    weight = fields.Float(readonly=True, digits=(16, 4), default=1.0, aggregator=False)
    date_start = fields.Datetime(string="From", required=True, readonly=True)
    date_end = fields.Datetime(string="To", readonly=True)
    claimed_start = fields.Char(
        readonly=True, help="As the monitor wrote it. A time that lies a little ahead of the receipt is cut to it."
    )
    claimed_end = fields.Char(readonly=True)
    received = fields.Datetime(required=True, readonly=True, index=True)
    revision = fields.Integer(readonly=True)
    title = fields.Char(readonly=True)
    payload = fields.Json(readonly=True)
    payload_text = fields.Text(string="As It Came", compute="_compute_payload_text")

    _once_unique = models.UniqueIndex("(monitor_id, fingerprint, digest)", "This has been said already.")

    @api.depends("payload")
    def _compute_payload_text(self):
        for signal in self:
            signal.payload_text = json.dumps(signal.payload, indent=2, ensure_ascii=False)
