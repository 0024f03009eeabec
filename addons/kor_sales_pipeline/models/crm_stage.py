from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmStage(models.Model):
    _inherit = "crm.stage"

    kor_key = fields.Selection(
        [
            ("lead", "Lead generation"),
            ("qualification", "Qualification"),
            ("proposal", "Proposal"),
            ("negotiation", "Negotiation"),
            ("signing", "Contract signing"),
            ("onboarding", "Onboarding"),
        ],
        string="Pipeline Step",
        copy=False,
        help="What the stage stands for in the enterprise pipeline: proposals, counter-offers and signatures move "
        "opportunities to it.",
    )
    kor_condition_ids = fields.One2many("kor.stage.condition", "stage_id", string="Entry Conditions")

    @api.constrains("kor_key", "team_ids")
    def _check_kor_key(self):
        for stage in self.filtered("kor_key"):
            if not stage.team_ids:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is a step of the enterprise pipeline: say of which sales teams.", stage=stage.name
                    )
                )
            twins = stage.team_ids.kor_stage_ids.filtered(
                lambda one, stage=stage: one != stage and one.kor_key == stage.kor_key
            )
            if twins:
                raise ValidationError(
                    self.env._(
                        "“%(twin)s” already is this step of the same team: a step has one stage.", twin=twins[0].name
                    )
                )

    def _kor_rank(self):
        """Return what puts stages in order."""
        return (self.sequence, self.id or 0)
