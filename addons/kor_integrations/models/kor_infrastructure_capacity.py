from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorInfrastructureCapacity(models.Model):
    """How much of a resource is contracted and allocated from a day on. Never edited."""

    _name = "kor.infrastructure.capacity"
    _inherit = ["kor.infrastructure.fact.mixin", "kor.input.mixin"]
    _description = "Quantity of a Resource"
    _rec_name = "resource_id"

    resource_id = fields.Many2one("kor.infrastructure.resource", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="resource_id.company_id", store=True, index=True)
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    contracted = fields.Float(digits=(20, 6), aggregator=False)
    allocated = fields.Float(digits=(20, 6), aggregator=False)
    reason = fields.Char(string="Why", help="Such as the amendment or the ticket behind it.")
    create_uid = fields.Many2one("res.users", string="Noted by", readonly=True)

    @api.constrains("contracted", "allocated")
    def _check_quantities(self):
        for fact in self:
            if fact.contracted < 0 or fact.allocated < 0:
                raise ValidationError(
                    self.env._(
                        "Quantities are 0 or more, not %(quantity)s.", quantity=min(fact.contracted, fact.allocated)
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        facts = super().create(vals_list)
        facts.resource_id._follow_warnings()
        return facts
