from odoo import api, models
from odoo.tools import format_date, formatLang

from .kor_report_workbook import COUNTS, PERCENT

# What a row may be opened as.
LINKED = {"customer": "res.partner", "contract": "kor.contract", "tier": "kor.tier", "plan": "kor.plan",
          "component": "product.product"}  # fmt: skip
TOTAL = "total"
# Where a figure would be if there was not a reason against it.
MISSING = "–"


class KorReportTable(models.AbstractModel):
    """Lay a report out as people read it, for the screen and for paper: texts only, in the language of the reader."""

    _name = "kor.report.table"
    _description = "Table of a Report"

    @api.model
    def _lay_out(self, result, linked=(), linked_of_rows=None):
        """Return what is shown of a result of `kor.financial.report`.

        :param linked: the measures whose figures lead to their records
        :param linked_of_rows: those of rows, where they are others than those of the total
        """
        of_rows = linked if linked_of_rows is None else linked_of_rows
        keys = [key for key in result["measures"] if key != "open"]
        decimals = self._get_decimals(result["currency"])
        total = {"name": self.env._("Total"), "key": TOTAL, **result["totals"]}
        return {
            "company": result["company"]["name"],
            "currency": result["currency"],
            "period": self.env._(
                "%(first)s to %(last)s",
                first=format_date(self.env, result["period"]["date_from"]),
                last=format_date(self.env, result["period"]["date_to"]),
            ),
            "columns": [
                {"key": key, **result["measures"][key], "linked": key in of_rows, "linked_total": key in linked}
                for key in keys
            ],
            "rows": [self._lay_out_row(row, keys, result["group_by"], decimals) for row in result["rows"]],
            "total": self._lay_out_row(total, keys, "", decimals),
            "steps": [self._lay_out_step(step, linked, decimals) for step in result.get("steps", ())],
            "cohorts": self._lay_out_cohorts(result.get("cohorts") or []),
            "notes": self._get_notes(result, decimals),
            "measures": [*result["measures"].values()],
        }

    @api.model
    def _get_decimals(self, code):
        return self.env["kor.report.workbook"]._get_decimals(code)

    @api.model
    def _get_group_label(self, group_by):
        """Return by what the rows of a report are told apart, such as Customer."""
        options = self.env["kor.report.request"]._fields["group_by"]._description_selection(self.env)
        return dict(options)[group_by]

    @api.model
    def _lay_out_row(self, row, keys, group_by, decimals):
        name = row["name"]
        if group_by == "month":
            name = format_date(self.env, f"{row['key']}-01", date_format="MMM yyyy")
        return {
            "key": row["key"],
            "name": name,
            "model": LINKED.get(group_by, "") if row.get("id") else "",
            "id": row.get("id", 0),
            "cells": [self._lay_out_cell(key, row, decimals) for key in keys],
        }

    @api.model
    def _lay_out_cell(self, key, row, decimals):
        """Return a figure as people read it, and what it is worked out from, or why there is none."""
        value = row.get(key)
        hint = row.get("reasons", {}).get(key) or row.get("shown", {}).get(key) or ""
        if value is None or value == "":
            return {"text": MISSING if hint else "", "hint": hint, "empty": True}
        return {"text": self._show(key, value, decimals), "hint": hint, "empty": not value}

    @api.model
    def _show(self, key, value, decimals):
        if key in COUNTS:
            return formatLang(self.env, value, digits=0)
        if key in PERCENT:
            return f"{formatLang(self.env, value, digits=1)} %"
        return formatLang(self.env, value, digits=decimals)

    @api.model
    def _lay_out_step(self, step, linked, decimals):
        """Return a step of the bridge, after what leads to it."""
        return {
            "key": step["key"],
            "label": step["label"],
            "formula": step["formula"],
            "text": self._show(step["key"], step["amount"], decimals),
            "linked": step["key"] in linked,
            "differences": [
                {
                    "key": one["key"],
                    "label": one["label"],
                    "formula": one["formula"],
                    "text": ("+" if one["amount"] > 0 else "") + self._show(one["key"], one["amount"], decimals),
                    "empty": not one["amount"],
                    "linked": one["key"] in linked,
                }
                for one in step["differences"]
            ],
        }

    @api.model
    def _lay_out_cohorts(self, cohorts):
        """Return who is still there by the months since, with the shade of each part."""
        return [
            {
                "name": format_date(self.env, f"{cohort['month']}-01", date_format="MMM yyyy"),
                "customers": cohort["customers"],
                "cells": [
                    {
                        "key": f"{cohort['month']}/{cell['age']}",
                        "text": f"{round(100 * cell['customers'] / cohort['customers'])} %",
                        "shade": round(0.6 * cell["customers"] / cohort["customers"], 2),
                        "hint": self.env._(
                            "%(month)s: %(count)s of %(all)s customers",
                            month=format_date(self.env, f"{cell['month']}-01", date_format="MMM yyyy"),
                            count=cell["customers"],
                            all=cohort["customers"],
                        ),
                    }
                    for cell in cohort["cells"]
                ],
            }
            for cohort in cohorts
        ]

    @api.model
    def _get_notes(self, result, decimals):
        notes = []
        if result["left_out"]:
            notes.append(
                self.env._("%(count)s more rows are in the workbook; the total has them all.", count=result["left_out"])
            )
        if result["totals"].get("open"):
            notes.append(
                self.env._(
                    "Not allocated to any contract: %(amount)s %(currency)s.",
                    amount=self._show("open", result["totals"]["open"], decimals),
                    currency=result["currency"],
                )
            )
        return notes
