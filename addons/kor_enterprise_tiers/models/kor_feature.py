from odoo import fields, models


class KorFeature(models.Model):
    _name = "kor.feature"
    _description = "Feature"
    _inherit = ["kor.code.mixin"]
    _order = "category, sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="Technical name that other systems ask for.")
    category = fields.Selection(
        [
            ("components", "Components"),
            ("support", "Support"),
            ("analytics", "Analytics"),
            ("integration", "Integration"),
            ("security", "Security and compliance"),
            ("deployment", "Deployment"),
            ("services", "Services"),
            ("commercial", "Commercial terms"),
        ],
        required=True,
        default="components",
    )
    description = fields.Text(translate=True, help="Shown to customers on the comparison page.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another feature already has this code.")
