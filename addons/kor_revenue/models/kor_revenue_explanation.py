from odoo import api, fields, models
from odoo.tools.misc import formatLang


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
            record.explanation_html = (
                qweb._render("kor_revenue.explanation", record._get_explanation_values())
                if record.explanation and record.id
                else False
            )

    def _get_explanation_values(self):
        """Return what the template shows: the facts, and how they are written. Extensible."""
        self.ensure_one()
        methods = dict(self.env["kor.revenue.schedule"]._fields["method"]._description_selection(self.env))
        treatments = self.env["kor.revenue.version"]._fields["treatment"]._description_selection(self.env)
        return {
            "explanation": self.explanation,
            "record": self,
            "currency": self.currency_id,
            "money": {"widget": "monetary", "display_currency": self.currency_id},
            "day": {"widget": "date"},
            "month": {"widget": "date", "format": "MMMM yyyy"},
            "ratio": self._format_ratio,
            "treatments": dict(treatments),
            "methods": methods,
        }

    def _format_ratio(self, value):
        """Return a ratio with the decimals it needs, two to six of them."""
        digits = len(f"{value:.6f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, value, digits=max(digits, 2))
