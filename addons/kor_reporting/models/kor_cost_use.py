from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorCostUse(models.Model):
    """Say how much of a service department another pool uses."""

    _name = "kor.cost.use"
    _inherit = ["kor.input.mixin"]
    _description = "Use of a Service Department"
    _order = "id"
    _rec_name = "pool_id"

    pool_id = fields.Many2one("kor.cost.pool", string="Service", index="btree_not_null", ondelete="cascade")
    template_id = fields.Many2one(
        "kor.cost.pool.template", string="Recurring Service", index="btree_not_null", ondelete="cascade"
    )
    target_pool_id = fields.Many2one("kor.cost.pool", string="Used by", index="btree_not_null", ondelete="cascade")
    target_template_id = fields.Many2one(
        "kor.cost.pool.template", string="Used by (recurring)", index="btree_not_null", ondelete="cascade"
    )
    quantity = fields.Float(digits=(16, 6), required=True, default=1, help="In the service's own unit: hours, people …")

    _owner = models.Constraint(
        "CHECK ((pool_id IS NOT NULL AND target_pool_id IS NOT NULL AND template_id IS NULL "
        "AND target_template_id IS NULL) OR (template_id IS NOT NULL AND target_template_id IS NOT NULL "
        "AND pool_id IS NULL AND target_pool_id IS NULL))",
        "A pool uses a pool, and a recurring cost a recurring cost.",
    )
    _pool_unique = models.UniqueIndex(
        "(pool_id, target_pool_id) WHERE pool_id IS NOT NULL", "This pool is named already: change its quantity."
    )
    _template_unique = models.UniqueIndex(
        "(template_id, target_template_id) WHERE template_id IS NOT NULL",
        "This cost is named already: change its quantity.",
    )
    _quantity_not_negative = models.Constraint("CHECK (quantity >= 0)", "What is used is 0 or more.")

    @api.constrains("pool_id", "target_pool_id", "template_id", "target_template_id")
    def _check_together(self):
        for use in self:
            service, user = use.pool_id or use.template_id, use.target_pool_id or use.target_template_id
            if service == user:
                raise ValidationError(
                    self.env._("What “%(name)s” uses of itself counts for nothing: leave it out.", name=service.name)
                )
            if service.company_id != user.company_id or use.pool_id.month != use.target_pool_id.month:
                raise ValidationError(
                    self.env._(
                        "“%(service)s” serves pools of its own company and month; “%(user)s” is none of them.",
                        service=service.name,
                        user=user.name,
                    )
                )
