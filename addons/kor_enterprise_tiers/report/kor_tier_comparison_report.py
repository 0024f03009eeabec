from odoo import api, models


class ReportTierComparison(models.AbstractModel):
    _name = "report.kor_enterprise_tiers.report_tier_comparison"
    _description = "Tier Comparison Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        tiers = self.env["kor.tier"].browse(docids)
        return {"docs": tiers, "comparison": tiers._get_comparison(self.env.company)}
