from odoo import api, fields, models

from ..engine import treatments
from ..models.kor_contract_amendment import ANSWERS
from ..models.kor_revenue_version import MODIFICATIONS


class KorAmendmentTreatment(models.TransientModel):
    """Answer the two questions of a modification, see what follows, and choose."""

    _name = "kor.amendment.treatment"
    _description = "Revenue Treatment of an Amendment"

    amendment_id = fields.Many2one("kor.contract.amendment", required=True, ondelete="cascade", readonly=True)
    figures = fields.Json(readonly=True, help="The treatments, as they were looked at when the dialog was opened.")
    distinct = fields.Selection(ANSWERS, required=True, default="yes")
    standalone = fields.Selection(ANSWERS, help="Empty: as the figures say.")
    treatment = fields.Selection(MODIFICATIONS, help="Empty: as the answers say.")
    html = fields.Html(compute="_compute_html", sanitize=False)
    problem = fields.Char(compute="_compute_html")

    # Pure: nothing is applied and taken back while somebody answers.
    @api.depends("figures", "distinct", "standalone", "treatment")
    @api.depends_context("lang")
    def _compute_html(self):
        for wizard in self:
            figures = wizard.figures or {"reason": "", "treatments": []}
            wizard.problem, wizard.html = figures["reason"], False
            if figures["treatments"]:
                amendment = wizard.amendment_id
                shown = {**figures, "chosen": wizard.treatment or wizard._get_answered()}
                wizard.html = amendment._render_treatments(shown, amendment.currency_id)

    def _get_answered(self):
        """Return the treatment that follows from the answers."""
        is_standalone = self.standalone == "yes" if self.standalone else self.figures["at_standalone"]
        return treatments.choose(self.distinct != "no", is_standalone, self.figures["adds_only"])

    def action_choose(self):
        """Choose the treatment.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.amendment_id.choose_revenue_treatment(
            self.treatment or "", distinct=self.distinct, standalone=self.standalone or ""
        )
        return {"type": "ir.actions.act_window_close"}
