import base64

from odoo import api, models

# More rows than these are for the workbook: nobody leafs through them.
PAPER_ROWS = 500
SCREEN_ROWS = 200
# A row on paper takes some 15 ms: more of them than these are no work for the request of a browser.
DIRECT_ROWS = 100
ROWS = {"xlsx": 0, "pdf": PAPER_ROWS}
KINDS = [("xlsx", "Workbook (XLSX)"), ("pdf", "Document (PDF)")]


class KorReportFile(models.AbstractModel):
    """Make the file of a report, with what the user may see, in the language of the user."""

    _name = "kor.report.file"
    _description = "File of a Report"

    @api.model
    def _make(self, kind, report, first, last, options):
        """Return a file as {"name", "content"}.

        :param kind: xlsx or pdf
        :param report: the name of the report, such as revenue
        :param options: as calls of `kor.financial.report` take them
        """
        result = self._generate(report, first, last, {**options, "limit": ROWS[kind]})
        return self._write_file(kind, report, first, last, result)

    @api.model
    def _write_file(self, kind, report, first, last, result):
        title = self._get_title(report)
        if kind == "pdf":
            content = self.env["kor.report.paper"]._print(title, result)
        else:
            content = self.env["kor.report.workbook"]._write_workbook(title, result)
        return {"name": f"{report}_{first}_{last}.{kind}", "content": content}

    @api.model
    def _generate(self, report, first, last, options):
        generate = getattr(self.env["kor.financial.report"], f"generate_{report}_report")
        return generate(str(first), str(last), options)

    @api.model
    def _get_title(self, report):
        return dict(self.env["kor.report.request"]._fields["report"]._description_selection(self.env))[report]

    @api.model
    def _encode(self, content):
        return base64.b64encode(content)
