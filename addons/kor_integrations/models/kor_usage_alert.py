from odoo import models


class KorUsageAlert(models.Model):
    _inherit = "kor.usage.alert"

    # EXTENDS kor_usage
    def _tell(self):
        result = super()._tell()
        facts = {
            contract: [(alert, type(alert)._get_event_data) for alert in alerts]
            for contract, alerts in self.grouped("contract_id").items()
        }
        self.env["kor.event"]._emit("usage.threshold_reached", facts)
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of an alert."""
        self.ensure_one()
        return {
            "metric": self.metric_id.code,
            "threshold": self.threshold,
            "used": self.used,
            "limit": self.quantity,
            "percent": self.percent,
            "enforcement": self.enforcement or "",
            "period_from": str(self.period_start),
            "period_to": str(self.period_end),
        }
