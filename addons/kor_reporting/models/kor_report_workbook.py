from io import BytesIO

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from odoo import api, models

from odoo.addons.kor_enterprise_tiers.tools import put_in_sentence

from ..engine.bridge import DIFFERENCES, STEPS
from ..engine.mrr import KINDS
from .kor_report_bridge_mixin import KEYS, MEASURES, RESTS
from .kor_report_measure_mixin import COSTS, CUSTOMERS, RETENTION

HEAD = 5
PERCENT = {*RETENTION, "churn_month", "gross_percent", "contribution_percent", "profit_percent"}
COUNTS = {*CUSTOMERS, "customer_months"}
# What adds up over the rows of every report.
ADDED = {"recognised", "invoiced", *KINDS, *COSTS}
# What adds up over customers, and not over months: what is open at the end of one is paid in the next.
ADDED_ACROSS = {"mrr_opening", MEASURES["mrr"], *KEYS.values(), *RESTS.values()}
# What a reader would work out from other cells of the row.
ROW_FORMULAS = {
    "mrr_closing": "{mrr_opening}+" + "+".join(f"{{{kind}}}" for kind in KINDS),
    "arr_opening": "12*{mrr_opening}",
    "arr_closing": "12*{mrr_closing}",
    "cost": "+".join(f"{{{key}}}" for key in COSTS),
    "gross": "{recognised}-{infrastructure}-{support}",
    "contribution": "{gross}-{sales_marketing}",
    "profit": "{contribution}-{development}-{overhead}",
    "gross_percent": 'IF({recognised}>0,ROUND({gross}/{recognised},4),"")',
    "contribution_percent": 'IF({recognised}>0,ROUND({contribution}/{recognised},4),"")',
    "profit_percent": 'IF({recognised}>0,ROUND({profit}/{recognised},4),"")',
}


class KorReportWorkbook(models.AbstractModel):
    """Write a report as a workbook: figures with the formulas behind them, and a sheet that explains each measure."""

    _name = "kor.report.workbook"
    _description = "Workbook of a Report"

    @api.model
    def _write_workbook(self, title, result):
        """Return the bytes of an xlsx file.

        :param title: the name of the report
        :param result: what a report of `kor.financial.report` returned, with all of its rows
        """
        stream = BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        formats = self._add_formats(book, self._get_decimals(result["currency"]))
        self._write_report(book, formats, title, result)
        if result.get("steps"):
            self._write_steps(book, formats, result["steps"])
        if result.get("cohorts"):
            self._write_cohorts(book, formats, result["cohorts"])
        self._write_measures(book, formats, result["measures"])
        book.close()
        return stream.getvalue()

    @api.model
    def _get_decimals(self, code):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)
        return currency.decimal_places if currency else 2

    @api.model
    def _add_formats(self, book, decimals):
        money = "#,##0" + ("." + "0" * decimals if decimals else "")
        total = {"bold": True, "top": 1}
        return {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bg_color": "#E7E9ED", "text_wrap": True, "bottom": 1}),
            "text": book.add_format({}),
            "indent": book.add_format({"indent": 1}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "money": book.add_format({"num_format": money}),
            "percent": book.add_format({"num_format": "0.00%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "total_text": book.add_format(total),
            "total_money": book.add_format({**total, "num_format": money}),
            "total_percent": book.add_format({**total, "num_format": "0.00%"}),
            "total_count": book.add_format({**total, "num_format": "#,##0"}),
        }

    @api.model
    def _write_report(self, book, formats, title, result):
        sheet = book.add_worksheet(self.env._("Report")[:31])
        period, keys, rows = result["period"], list(result["measures"]), result["rows"]
        if "open" in keys:
            keys.remove("open")
        sheet.write_string(0, 0, title, formats["title"])
        sheet.write_string(1, 0, f"{period['date_from']} – {period['date_to']}")
        sheet.write_string(2, 0, f"{result['company']['name']}, {result['currency']}")
        group = put_in_sentence(self.env, self.env["kor.report.table"]._get_group_label(result["group_by"]))
        sheet.write_string(HEAD - 1, 0, self.env._("By %(group)s", group=group), formats["head"])
        for column, key in enumerate(keys, 1):
            sheet.write_string(HEAD - 1, column, result["measures"][key]["label"], formats["head"])
        for number, row in enumerate(rows):
            sheet.write_string(HEAD + number, 0, row["name"] or "", formats["text"])
            self._write_row(sheet, formats, HEAD + number, keys, row, "")
        self._write_totals(sheet, formats, keys, result)
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, max(len(keys), 1), 15)
        sheet.freeze_panes(HEAD, 1)
        if result["group_by"] == "month" and rows:
            self._add_chart(book, sheet, keys, rows, result)

    @api.model
    def _write_row(self, sheet, formats, at, keys, row, prefix, skip=()):
        """Write the figures of a row, as a formula where its other cells say what they are."""
        cells = {key: xl_rowcol_to_cell(at, column) for column, key in enumerate(keys, 1)}
        for column, key in enumerate(keys, 1):
            if key in skip:
                continue
            style, value = formats[prefix + _kind(key)], _shown(key, row.get(key, ""))
            formula = _bridge_formula(key, cells) or ROW_FORMULAS.get(key)
            if formula and all(name in cells for name in _names(formula)):
                sheet.write_formula(at, column, "=" + formula.format(**cells), style, value)
            elif value == "":
                sheet.write_blank(at, column, None, style)
            else:
                sheet.write_number(at, column, value, style)

    @api.model
    def _write_totals(self, sheet, formats, keys, result):
        rows, totals = result["rows"], result["totals"]
        at, last = HEAD + len(rows), HEAD + len(rows) - 1
        sheet.write_string(at, 0, self.env._("Total"), formats["total_text"])
        written = set()
        for column, key in enumerate(keys, 1):
            formula = ""
            is_added = key in ADDED and not _bridge_formula(key, keys)
            if rows and (is_added or key in ADDED_ACROSS and result["group_by"] != "month"):
                formula = f"=SUM({xl_range(HEAD, column, last, column)})"
            elif rows and key == "mrr_opening":
                # A month begins with what the one before left: the first one has what the period began with.
                formula = f"={xl_rowcol_to_cell(HEAD, column)}"
            if formula:
                sheet.write_formula(at, column, formula, formats["total_" + _kind(key)], totals.get(key, 0))
                written.add(key)
        self._write_row(sheet, formats, at, keys, totals, "total_", written)
        if "open" in totals:
            sheet.write_string(at + 2, 0, result["measures"]["open"]["label"], formats["text"])
            sheet.write_number(at + 2, 1, totals["open"], formats["money"])

    @api.model
    def _add_chart(self, book, sheet, keys, rows, result):
        shown = [key for key in ("recognised", "cost", "mrr_closing") if key in keys][:2]
        if not shown:
            return
        chart, last = book.add_chart({"type": "column"}), HEAD + len(rows) - 1
        for key in shown:
            column = keys.index(key) + 1
            chart.add_series(
                {
                    "name": result["measures"][key]["label"],
                    "categories": [sheet.name, HEAD, 0, last, 0],
                    "values": [sheet.name, HEAD, column, last, column],
                }
            )
        chart.set_legend({"position": "bottom"})
        sheet.insert_chart(last + 5, 0, chart, {"x_scale": 1.6})

    @api.model
    def _write_steps(self, book, formats, steps):
        """Write the bridge of all: each step is the one before it, plus the differences between them."""
        sheet = book.add_worksheet(self.env._("Bridge")[:31])
        heads = [self.env._("Step"), self.env._("Difference"), self.env._("Amount"), self.env._("What it is")]
        for column, label in enumerate(heads):
            sheet.write_string(0, column, label, formats["head"])
        at, before = 1, None
        for step in steps:
            first = at
            for one in step["differences"]:
                sheet.write_string(at, 0, one["label"], formats["indent"])
                sheet.write_number(at, 1, one["amount"], formats["money"])
                sheet.write_string(at, 3, one["formula"], formats["wrap"])
                at += 1
            sheet.write_string(at, 0, step["label"], formats["total_text"])
            sheet.write_blank(at, 1, None, formats["total_text"])
            if before:
                formula = f"={before}+SUM({xl_range(first, 1, at - 1, 1)})"
                sheet.write_formula(at, 2, formula, formats["total_money"], step["amount"])
            else:
                sheet.write_number(at, 2, step["amount"], formats["total_money"])
            sheet.write_string(at, 3, step["formula"], formats["wrap"])
            before = xl_rowcol_to_cell(at, 2)
            at += 1
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 2, 16)
        sheet.set_column(3, 3, 80)
        sheet.freeze_panes(1, 1)

    @api.model
    def _write_cohorts(self, book, formats, cohorts):
        """Write which part of the customers of each month is still there, by the months since."""
        sheet = book.add_worksheet(self.env._("Cohorts")[:31])
        ages = max((cell["age"] for cohort in cohorts for cell in cohort["cells"]), default=0)
        for column, label in enumerate([self.env._("First MRR in"), self.env._("Customers"), *range(ages + 1)]):
            sheet.write(0, column, label, formats["head"])
        for at, cohort in enumerate(cohorts, 1):
            sheet.write_string(at, 0, cohort["month"], formats["text"])
            sheet.write_number(at, 1, cohort["customers"], formats["count"])
            for cell in cohort["cells"]:
                column = cell["age"] + 2
                left = xl_rowcol_to_cell(at, 1, col_abs=True)
                share = cell["customers"] / cohort["customers"]
                sheet.write_formula(at, column, f"={cell['customers']}/{left}", formats["percent"], share)
        sheet.conditional_format(1, 2, len(cohorts), ages + 2, {"type": "2_color_scale", "min_color": "#FFFFFF",
                                                                "max_color": "#8FBCA8"})  # fmt: skip
        sheet.set_column(0, 1, 14)
        sheet.freeze_panes(1, 2)

    @api.model
    def _write_measures(self, book, formats, measures):
        sheet = book.add_worksheet(self.env._("Measures")[:31])
        sheet.write_string(0, 0, self.env._("Measure"), formats["head"])
        sheet.write_string(0, 1, self.env._("How it is worked out"), formats["head"])
        for at, measure in enumerate(measures.values(), 1):
            sheet.write_string(at, 0, measure["label"], formats["wrap"])
            sheet.write_string(at, 1, measure["formula"], formats["wrap"])
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 90)
        sheet.freeze_panes(1, 0)


def _bridge_formula(key, keys):
    """Return how a step of the bridge follows from the one before it, as far as its differences have columns."""
    step = next((step for step in STEPS[1:] if MEASURES[step] == key and RESTS[step] in keys), None)
    if not step:
        return ""
    before = MEASURES[STEPS[STEPS.index(step) - 1]]
    names = [before, *(KEYS[step, one] for one in DIFFERENCES[step]), RESTS[step]]
    return "+".join(f"{{{name}}}" for name in names if name in keys)


def _kind(key):
    return "percent" if key in PERCENT else "count" if key in COUNTS else "money"


def _shown(key, value):
    return round(value / 100, 6) if key in PERCENT and value != "" else value


def _names(formula):
    return {part.split("}")[0] for part in formula.split("{")[1:]}
