import io
from collections import OrderedDict

from odoo import models

ORDER_REPORT = "sale.report_saleorder"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Print proposals by their own document wherever the native quotation would be printed."""
        proposals = self._kor_get_proposals(report_ref, res_ids)
        others = [one for one in res_ids or [] if one not in proposals.ids]
        if not proposals:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=others) if others else {}
        for order in proposals:
            streams[order.id] = {"stream": io.BytesIO(order._kor_render_pdf()), "attachment": None}
        return OrderedDict((one, streams[one]) for one in res_ids if one in streams)

    def _kor_get_proposals(self, report_ref, res_ids):
        orders = self.env["sale.order"]
        if not res_ids or self._get_report(report_ref).report_name != ORDER_REPORT:
            return orders
        return orders.browse(res_ids).filtered("kor_is_proposal")
