from odoo import fields, models

COMPONENTS = [
    ("usage", "Usage trend"),
    ("adoption", "Adoption of features"),
    ("support", "Support load"),
    ("sla", "SLA breaches"),
    ("payment", "Payment behaviour"),
    ("onboarding", "Onboarding"),
    ("satisfaction", "Satisfaction"),
    ("contact", "Contact"),
]


class KorHealthWeight(models.Model):
    _name = "kor.health.weight"
    _inherit = ["kor.input.mixin"]
    _description = "Weight of Health"
    _order = "sequence, id"

    model_id = fields.Many2one("kor.health.model", required=True, index=True, ondelete="cascade")
    component = fields.Selection(COMPONENTS, required=True)
    weight = fields.Float(string="Weight (%)", required=True)
    worst = fields.Float(help="The reading at which the component scores 0.")
    best = fields.Float(help="The reading at which it scores 100. Between both it goes straight.")
    sequence = fields.Integer(default=10)

    _component_unique = models.Constraint("UNIQUE (model_id, component)", "Each component has one weight.")
