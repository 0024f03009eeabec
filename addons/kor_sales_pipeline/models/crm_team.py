from odoo import api, fields, models


class CrmTeam(models.Model):
    _name = "crm.team"
    _inherit = ["crm.team", "kor.team.funnel.mixin", "kor.team.dashboard.mixin"]

    kor_stage_ids = fields.Many2many(
        "crm.stage", "crm_stage_crm_team_rel", "crm_team_id", "crm_stage_id", string="Own Stages"
    )
    kor_is_pipeline = fields.Boolean(
        string="Sells Contracts",
        compute="_compute_kor_is_pipeline",
        store=True,
        help="The team has the stages of the enterprise pipeline: its opportunities stand in no others.",
    )
    kor_onboarding_user_id = fields.Many2one(
        "res.users",
        string="Onboarding Owner",
        domain="[('share', '=', False)]",
        help="Is told by an activity when an opportunity is won. Empty: the team leader.",
    )

    @api.depends("kor_stage_ids.kor_key")
    def _compute_kor_is_pipeline(self):
        for team in self:
            team.kor_is_pipeline = any(team.kor_stage_ids.mapped("kor_key"))

    def _kor_get_stages(self):
        """Return the team's own stages in their order."""
        return self.kor_stage_ids.sorted(lambda stage: stage._kor_rank())

    def _kor_get_stage(self, key):
        return self._kor_get_stages().filtered(lambda stage: stage.kor_key == key)[:1]
