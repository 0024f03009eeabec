from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import format_measured

from .kor_cost_setup_mixin import CATEGORIES


class KorCostAllocation(models.Model):
    """A booked slice: what of a pool a contract bears, and why. Never edited, only followed by a difference."""

    _name = "kor.cost.allocation"
    _inherit = ["kor.revenue.calendar.month"]
    _description = "Allocated Cost"
    _order = "month desc, category, id desc"

    name = fields.Char(string="Cost", required=True, readonly=True)
    pool_id = fields.Many2one("kor.cost.pool", required=True, readonly=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, index=True)
    tier_id = fields.Many2one("kor.tier", readonly=True, help="Of the contract when the cost was allocated.")
    account_manager_id = fields.Many2one(related="contract_id.account_manager_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id", store=True)
    category = fields.Selection(CATEGORIES, required=True, readonly=True)
    month = fields.Date(required=True, readonly=True, index=True, help="The first day of the month that it cost.")
    date = fields.Date(
        string="Booked on",
        required=True,
        readonly=True,
        help="Later than the month of the cost where that was closed already.",
    )
    revision = fields.Integer(
        readonly=True, aggregator=False, help="0: the first booking. Above: what has changed since."
    )
    amount = fields.Monetary(readonly=True)
    explanation = fields.Json(readonly=True)
    explanation_html = fields.Html(compute="_compute_explanation_html", sanitize=False, string="Why this amount")
    analytic_line_id = fields.Many2one(
        "account.analytic.line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="One for all costs of a category that a contract bears of a month.",
    )

    _newest_index = models.Index("(date, contract_id)")
    _slice_unique = models.UniqueIndex("(pool_id, contract_id, revision)", "This share of the pool is booked already.")

    @api.depends("explanation")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        qweb = self.env["ir.qweb"]
        methods = dict(self.env["kor.cost.pool"]._fields["method"]._description_selection(self.env))
        for allocation in self:
            facts = allocation.explanation
            allocation.explanation_html = facts and qweb._render(
                "kor_reporting.kor_cost_explanation_share",
                {
                    "facts": facts,
                    "methods": methods,
                    "money": {"widget": "monetary", "display_currency": allocation.currency_id},
                    "number": lambda value: format_measured(self.env, value),
                    "month": allocation.month_name,
                    "booked_in": format_date(self.env, allocation.date, date_format="MMMM yyyy"),
                    "is_late": allocation.date.replace(day=1) != allocation.month,
                },
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Costs are allocated by allocate() of their pools."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What is allocated is never edited: what changes is booked as a difference."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        raise UserError(self.env._("What is allocated is never deleted: what changes is booked as a difference."))
