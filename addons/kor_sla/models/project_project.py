from odoo import fields, models


class ProjectProject(models.Model):
    _inherit = "project.project"

    kor_support_partner_id = fields.Many2one(
        "res.partner",
        string="Supports",
        index="btree_not_null",
        copy=False,
        help="The customer whose support tickets are the tasks of this project.",
    )
