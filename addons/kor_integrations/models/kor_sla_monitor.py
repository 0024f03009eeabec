from odoo import api, fields, models

from odoo.addons.kor_sla.engine.payloads import Report
from odoo.addons.kor_sla.engine.signals import parse_time


class KorSlaMonitor(models.Model):
    """Take what checks of infrastructure found: states at moments, which nobody posts."""

    _inherit = "kor.sla.monitor"

    kind = fields.Selection(
        selection_add=[("infrastructure", "Infrastructure checks")], ondelete={"infrastructure": "set default"}
    )

    @api.depends("kind")
    def _compute_url(self):
        own = self.filtered(lambda one: one.kind == "infrastructure")
        own.url = False
        return super(KorSlaMonitor, self - own)._compute_url()

    def _read(self, payload):
        if self.kind != "infrastructure":
            return super()._read(payload)
        return [(self._read_turn(part), part) for part in payload["turns"]]

    @api.model
    def _read_turn(self, part):
        return Report(
            f"check-{part['check']}",
            "beat",
            part["state"],
            parse_time(part["time"]),
            None,
            part["title"],
            {},
            part["weight"],
        )

    def _interpret(self, report):
        if self.kind != "infrastructure":
            return super()._interpret(report)
        # The check has said what it means.
        return report.state, report.weight, self.service_id
