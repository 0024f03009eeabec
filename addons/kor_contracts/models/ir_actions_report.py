import io
from collections import OrderedDict

from odoo import models

CONTRACT_REPORT = "kor_contracts.report_kor_contract"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Let `kor.pdf` print what has a document of its own, wherever the report is asked for."""
        records = self._kor_get_documents(self._get_report(report_ref).report_name, res_ids or [])
        if not records:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        records.check_access("read")
        others = [one for one in res_ids if one not in records.ids]
        streams = super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=others) if others else {}
        for record in records:
            streams[record.id] = {"stream": io.BytesIO(record._kor_render_pdf()), "attachment": None}
        return OrderedDict((one, streams[one]) for one in res_ids if one in streams)

    def _kor_get_documents(self, report_name, res_ids):
        """Return the records of a report that print themselves by `_kor_render_pdf`. Extensible."""
        is_contract = report_name == CONTRACT_REPORT
        return self.env["kor.contract"].browse(res_ids if is_contract else [])
