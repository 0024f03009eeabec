from math import ceil

from odoo import api, fields, models
from odoo.tools import format_datetime

from odoo.addons.kor_enterprise_tiers.tools import put_in_sentence

from .kor_report_table import MISSING

# What fits across a page beside the names of the rows.
COLUMNS = 12
# More reasons than these are a list that nobody reads.
REASONS = 40


class KorReportPaper(models.AbstractModel):
    """Print a report: its tables in blocks of columns that fit a page, and what each measure means."""

    _name = "kor.report.paper"
    _description = "Document of a Report"

    @api.model
    def _print(self, title, result):
        """Return the bytes of a PDF.

        :param title: the name of the report
        :param result: what a report of `kor.financial.report` returned
        """
        html = self.env["ir.qweb"]._render("kor_reporting.kor_report_pdf", self._get_values(title, result))
        return self.env["kor.pdf"]._render(html)

    @api.model
    def _get_values(self, title, result):
        table = self.env["kor.report.table"]._lay_out(result)
        reasons = self._number_reasons(table)
        manager = self.env["kor.financial.report"]._check_reader()
        head = self.env["kor.report.table"]._get_group_label(result["group_by"])
        return {
            "title": title,
            "table": table,
            "head": head,
            "rows_are": put_in_sentence(self.env, head),
            "blocks": self._get_blocks(table),
            "cohorts": self._get_cohort_blocks(table["cohorts"]),
            "reasons": reasons,
            "sums": self._get_sums(table),
            "manager": manager.name if manager else "",
            "user": self.env.user.name,
            "made": format_datetime(self.env, fields.Datetime.now(), dt_format="short"),
            "lang": (self.env.lang or "en_US").replace("_", "-"),
            **self.env["kor.pdf"]._get_look(self.env["res.company"].browse(result["company"]["id"])),
        }

    @api.model
    def _get_blocks(self, table):
        """Return the table in parts of about as many columns: [{"columns", "rows": [{"name", "cells"}], "total"}]."""
        rows, blocks = table["rows"], []
        for first, last in _split(len(table["columns"])):
            cut = [{"name": row["name"], "cells": row["cells"][first:last]} for row in (*rows, table["total"])]
            blocks.append({"columns": table["columns"][first:last], "rows": cut[:-1], "total": cut[-1]})
        return blocks

    @api.model
    def _get_cohort_blocks(self, cohorts):
        """Return the cohort table in parts; of each part the cohorts that are old enough to be in it."""
        most = max((len(cohort["cells"]) for cohort in cohorts), default=0)
        return [
            {
                "ages": [*range(first, last)],
                "rows": [
                    {**cohort, "cells": cohort["cells"][first:last]}
                    for cohort in cohorts
                    if len(cohort["cells"]) > first
                ],
            }
            for first, last in _split(most)
        ]

    @api.model
    def _number_reasons(self, table):
        """Return why figures are missing, each reason once; their cells get its number, for paper has no tooltips."""
        numbers = {}
        for row in (*table["rows"], table["total"]):
            for cell in row["cells"]:
                is_missing = cell["text"] == MISSING
                if is_missing and (cell["hint"] in numbers or len(numbers) < REASONS):
                    cell["note"] = numbers.setdefault(cell["hint"], len(numbers) + 1)
        return [*numbers]

    @api.model
    def _get_sums(self, table):
        """Return the totals whose sum is written out: [{"label", "sum"}]."""
        pairs = zip(table["columns"], table["total"]["cells"], strict=True)
        return [
            {"label": column["label"], "sum": cell["hint"]}
            for column, cell in pairs
            if cell["hint"] and cell["text"] != MISSING
        ]


def _split(count):
    """Return the slices of columns, all of about one width: 13 columns are 7 and 6, not 12 and 1."""
    if not count:
        return []
    size = ceil(count / ceil(count / COLUMNS))
    return [(first, min(first + size, count)) for first in range(0, count, size)]
