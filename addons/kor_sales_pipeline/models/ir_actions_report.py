from odoo import models

ORDER_REPORT = "sale.report_saleorder"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _kor_get_documents(self, report_name, res_ids):
        """Print proposals by their own document wherever the native quotation would be printed."""
        if report_name == ORDER_REPORT:
            return self.env["sale.order"].browse(res_ids).filtered("kor_is_proposal")
        return super()._kor_get_documents(report_name, res_ids)
