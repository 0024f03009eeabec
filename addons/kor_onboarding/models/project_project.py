from odoo import fields, models


class ProjectProject(models.Model):
    _inherit = "project.project"

    kor_onboarding_id = fields.Many2one(
        "kor.onboarding", string="Onboarding", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
