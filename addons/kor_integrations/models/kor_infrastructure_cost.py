from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorInfrastructureCost(models.Model):
    """What a unit of a resource costs us in a month, from a day on. Never edited."""

    _name = "kor.infrastructure.cost"
    _inherit = ["kor.infrastructure.fact.mixin", "kor.input.mixin"]
    _description = "Cost of a Resource"
    _rec_name = "resource_id"

    resource_id = fields.Many2one("kor.infrastructure.resource", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="resource_id.company_id", store=True, index=True)
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    unit_cost = fields.Float(string="Cost per Unit and Month", digits=(20, 6), required=True, aggregator=False)
    currency_id = fields.Many2one(
        "res.currency", required=True, ondelete="restrict", default=lambda self: self.env.company.currency_id
    )
    reason = fields.Char(string="Why", help="Such as the supplier's offer behind it.")
    create_uid = fields.Many2one("res.users", string="Noted by", readonly=True)

    @api.constrains("unit_cost")
    def _check_unit_cost(self):
        for fact in self:
            if fact.unit_cost < 0:
                raise ValidationError(self.env._("A cost is 0 or more, not %(cost)s.", cost=fact.unit_cost))
