from odoo import api, fields, models
from odoo.exceptions import UserError


class KorCostShare(models.Model):
    """Give a contract a fixed part of a pool, or an amount that it caused itself."""

    _name = "kor.cost.share"
    _inherit = ["kor.input.mixin"]
    _description = "Share of a Contract"
    _order = "id"
    _rec_name = "contract_id"

    pool_id = fields.Many2one("kor.cost.pool", index="btree_not_null", ondelete="cascade")
    template_id = fields.Many2one("kor.cost.pool.template", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="restrict")
    percent = fields.Float(string="Share (%)", digits=(16, 6), help="Fixed shares make 100 % together.")
    amount = fields.Monetary(
        help="What the contract caused, in the currency of the company, beside what the source says of it."
    )

    _owner = models.Constraint(
        "CHECK ((pool_id IS NULL) != (template_id IS NULL))", "A share belongs to a pool or to a recurring cost."
    )
    _pool_unique = models.UniqueIndex(
        "(pool_id, contract_id) WHERE pool_id IS NOT NULL", "This contract has a share of the pool already."
    )
    _template_unique = models.UniqueIndex(
        "(template_id, contract_id) WHERE template_id IS NOT NULL", "This contract has a share of the cost already."
    )
    _percent_range = models.Constraint("CHECK (percent >= 0 AND percent <= 100)", "A share is 0 to 100 percent.")

    @api.depends("pool_id.company_id", "template_id.company_id")
    def _compute_company_id(self):
        for share in self:
            share.company_id = share.pool_id.company_id or share.template_id.company_id

    @api.constrains("contract_id", "pool_id", "template_id")
    def _check_contract_company(self):
        for share in self:
            if share.contract_id.company_id != share.company_id:
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is of %(other)s: costs of %(company)s go to its own contracts.",
                        contract=share.contract_id.name,
                        other=share.contract_id.company_id.name,
                        company=share.company_id.name,
                    )
                )
