from odoo import api, fields, models
from odoo.exceptions import UserError

from .kor_cost_setup_mixin import CATEGORIES


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    kor_cost_category = fields.Selection(
        CATEGORIES,
        string="Allocated Cost",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Written by the allocation of costs to a contract.",
    )

    def write(self, vals):
        if not self.env.su and ("kor_cost_category" in vals or any(self.mapped("kor_cost_category"))):
            self._refuse_allocated()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        given = [vals.get("kor_cost_category") for vals in vals_list]
        if not self.env.su and any([*given, self.env.context.get("default_kor_cost_category")]):
            self._refuse_allocated()
        return super().create(vals_list)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_allocated(self):
        if any(self.mapped("kor_cost_category")):
            self._refuse_allocated()

    def _refuse_allocated(self):
        raise UserError(self.env._("Allocated costs are never edited: change the cost pool and allocate it again."))
