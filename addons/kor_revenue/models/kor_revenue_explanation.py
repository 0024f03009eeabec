from odoo import api, fields, models


class KorRevenueExplanation(models.AbstractModel):
    """Show the facts behind a figure of revenue as a sentence and a table."""

    _name = "kor.revenue.explanation"
    _description = "Explanation of Revenue"

    explanation = fields.Json(readonly=True)
    explanation_html = fields.Html(compute="_compute_explanation_html", sanitize=False, string="Why this amount")

    @api.depends("explanation")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        qweb = self.env["ir.qweb"]
        for record in self:
            values = {"explanation": record.explanation, "record": record, "currency": record.currency_id}
            record.explanation_html = (
                qweb._render("kor_revenue.explanation", values) if record.explanation and record.id else False
            )
