from odoo import api, fields, models

from ..models.kor_contract_amendment import ANSWERS
from ..models.kor_revenue_version import MODIFICATIONS


class KorAmendmentTreatment(models.TransientModel):
    """Answer the two questions of a modification, see what follows, and choose."""

    _name = "kor.amendment.treatment"
    _description = "Revenue Treatment of an Amendment"

    amendment_id = fields.Many2one("kor.contract.amendment", required=True, ondelete="cascade", readonly=True)
    distinct = fields.Selection(
        ANSWERS, required=True, compute="_compute_answers", store=True, readonly=False, precompute=True
    )
    standalone = fields.Selection(
        ANSWERS,
        compute="_compute_answers",
        store=True,
        readonly=False,
        precompute=True,
        help="Empty: as the figures say.",
    )
    treatment = fields.Selection(
        MODIFICATIONS,
        compute="_compute_answers",
        store=True,
        readonly=False,
        precompute=True,
        help="Empty: as the answers say.",
    )
    html = fields.Html(compute="_compute_html", sanitize=False)
    problem = fields.Char(compute="_compute_html")

    @api.depends("amendment_id")
    def _compute_answers(self):
        for wizard in self:
            wizard.distinct = wizard.amendment_id.revenue_distinct
            wizard.standalone = wizard.amendment_id.revenue_standalone
            wizard.treatment = wizard.amendment_id.revenue_treatment

    @api.depends("amendment_id", "distinct", "standalone", "treatment")
    def _compute_html(self):
        for wizard in self:
            answers = {
                "revenue_distinct": wizard.distinct or "yes",
                "revenue_standalone": wizard.standalone,
                "revenue_treatment": wizard.treatment,
            }
            amendment = wizard.amendment_id._origin
            shown = amendment._get_treatments_html(answers) if amendment else (False, False)
            wizard.html, wizard.problem = shown

    def action_choose(self):
        """Choose the treatment.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.amendment_id.choose_revenue_treatment(
            self.treatment or "", distinct=self.distinct, standalone=self.standalone or ""
        )
        return {"type": "ir.actions.act_window_close"}
