from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_cost_method = fields.Selection(
        [
            ("direct", "Direct: to what serves contracts only"),
            ("step_down", "Step-down: one service after another"),
            ("reciprocal", "Reciprocal: services serve each other"),
        ],
        string="Service Departments",
        required=True,
        default="step_down",
        help="How costs of service departments are handed on to other pools, before those go to contracts.",
    )
