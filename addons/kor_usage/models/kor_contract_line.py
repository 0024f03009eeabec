from odoo import models


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    def _get_meters(self, since, until):
        """Return the meters of the usage lines over since <= day < until, in one query.

        Lines of which nothing was ever reported are left out: their quantity is the one agreed.

        :return: {line id: Meter}
        """
        series = {
            line.id: (line.contract_id, line.metric_id, line._get_usage_dimension())
            for line in self
            if line.charge_type == "usage" and line.metric_id
        }
        meters = self.env["kor.usage.rollup"]._read_meters(series.values(), since, until)
        return {line_id: meters[key] for line_id, key in series.items() if key in meters}

    def _get_usage_dimension(self):
        """Return which part of the use the line charges, as canonical JSON; empty for all of it. Extensible."""
        self.ensure_one()
        return ""
