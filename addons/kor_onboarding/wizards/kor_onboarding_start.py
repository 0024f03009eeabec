from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import groupby


class KorOnboardingStart(models.TransientModel):
    """Look at the plan before an onboarding begins."""

    _name = "kor.onboarding.start"
    _description = "Start an Onboarding"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True)
    state = fields.Selection(related="contract_id.state")
    manager_id = fields.Many2one(
        "res.users",
        compute="_compute_manager_id",
        store=True,
        readonly=False,
        required=True,
        domain=[("share", "=", False)],
        help="Leads the onboarding, and is told when it is late.",
    )
    date_planned = fields.Date(string="Planned Go-live", compute="_compute_preview")
    date_agreed = fields.Date(string="Agreed Go-live", help="What the customer was promised. Empty: as planned.")
    preview_html = fields.Html(string="Plan", compute="_compute_preview", sanitize=False)
    problem = fields.Char(compute="_compute_preview")

    @api.depends("contract_id")
    def _compute_manager_id(self):
        for wizard in self:
            wizard.manager_id = wizard.contract_id._find_onboarding_manager(0)

    @api.depends("contract_id")
    @api.depends_context("lang")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview_html, wizard.problem, wizard.date_planned = False, False, False
            try:
                preview = wizard.contract_id.preview_onboarding()
            except UserError as error:
                wizard.problem = str(error)
                continue
            wizard.date_planned = preview["date_go_live"]
            wizard.preview_html = self.env["ir.qweb"]._render(
                "kor_onboarding.plan_preview", self._get_preview_values(preview)
            )

    @api.model
    def _get_preview_values(self, preview):
        steps = groupby(preview["tasks"], key=lambda task: task["step_name"])
        return {
            "preview": preview,
            "steps": list(steps),
            "to_date": fields.Date.to_date,
        }

    def action_start(self):
        """Begin the onboarding, and open it.

        :return: a window action
        """
        self.ensure_one()
        agreed = fields.Date.to_string(self.date_agreed) if self.date_agreed else ""
        self.contract_id.start_onboarding(agreed, self.manager_id.id)
        self.contract_id.invalidate_recordset(["onboarding_id"])
        return self.contract_id.action_open_onboarding()
