from odoo import fields, models


class ProjectTags(models.Model):
    _inherit = "project.tags"

    kor_asks_feature = fields.Boolean(
        string="Asks for a Feature", help="Open tickets with this tag are a signal to the account manager."
    )
    kor_feature_id = fields.Many2one(
        "kor.feature", string="Feature", ondelete="set null", help="Which one. Tickets of those who have it count not."
    )
