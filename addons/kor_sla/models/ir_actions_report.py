from odoo import models

REPORT = "kor_sla.report_kor_sla_report"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    # EXTENDS kor_contracts
    def _kor_get_documents(self, report_name, res_ids):
        if report_name == REPORT:
            return self.env["kor.sla.report"].browse(res_ids)
        return super()._kor_get_documents(report_name, res_ids)
