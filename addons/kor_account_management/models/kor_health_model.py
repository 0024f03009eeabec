from odoo import fields, models


class KorHealthModel(models.Model):
    """How health is measured: the weight of each component, and where the bands begin."""

    _name = "kor.health.model"
    _inherit = ["kor.input.mixin"]
    _description = "Health Model"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Empty: for tiers without a model of their own.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    weight_ids = fields.One2many("kor.health.weight", "model_id", string="Weights", copy=True)
    healthy_from = fields.Float(default=70.0, help="The score at which an account is healthy.")
    watch_from = fields.Float(default=45.0, help="The score at which it is watched; below, it is at risk.")
    least_coverage = fields.Float(
        default=30.0, help="With less of the weights known (%), an account has no band: nothing is known of it yet."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
