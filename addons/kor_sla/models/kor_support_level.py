from odoo import fields, models


class KorSupportLevel(models.Model):
    _inherit = "kor.support.level"

    escalation_step_ids = fields.One2many(
        "kor.escalation.step", "support_level_id", string="Escalation Steps", copy=True
    )
