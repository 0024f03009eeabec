from odoo import models


class KorSlaReport(models.Model):
    _inherit = "kor.sla.report"

    # EXTENDS kor_sla
    def _write_engine(self, vals):
        result = super()._write_engine(vals)
        if vals.get("state") == "frozen":
            facts = {
                contract: [(report, type(report)._get_event_data) for report in reports]
                for contract, reports in self.grouped("contract_id").items()
            }
            self.env["kor.event"]._emit("sla.report_published", facts)
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of a monthly report."""
        self.ensure_one()
        return {
            "month": self.month.strftime("%Y-%m"),
            "revision": self.revision,
            "uptime": self.uptime,
            "uptime_target": self.uptime_target,
            "targets": self.target_count,
            "missed": self.missed_count,
            "credit": self.credit_amount,
            "currency": self.currency_id.name,
        }
