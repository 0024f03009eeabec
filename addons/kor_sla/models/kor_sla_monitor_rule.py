from odoo import api, fields, models

from ..tools import check_weight


class KorSlaMonitorRule(models.Model):
    """What an alert with a label means. The first rule that fits says it."""

    _name = "kor.sla.monitor.rule"
    _inherit = ["kor.input.mixin"]
    _description = "Meaning of a Label"
    _order = "sequence, id"

    monitor_id = fields.Many2one("kor.sla.monitor", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    label = fields.Char(required=True, default="severity", help="Name of a label of the alert, or of a tag.")
    value = fields.Char(help="What the label has to be. Empty: whatever it is.")
    state = fields.Selection(
        [
            ("down", "Down"),
            ("degraded", "Degraded"),
            ("maintenance", "Maintenance"),
            ("unknown", "Unknown"),
            ("none", "No outage"),
        ],
        required=True,
        default="down",
    )
    weight = fields.Float(
        default=1.0, digits=(16, 4), help="Of degraded service: the share of its time that counts as down, from 0 to 1."
    )
    service_id = fields.Many2one("kor.sla.service", help="Empty: the service of the monitor.")

    @api.constrains("weight")
    def _check_weight(self):
        check_weight(self)

    def _fits(self, labels):
        found = labels.get(self.label)
        return found is not None and (not self.value or found == self.value)
