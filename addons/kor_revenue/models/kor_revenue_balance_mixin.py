from odoo import fields, models

from .kor_revenue_schedule import GROUPS


class KorRevenueBalanceMixin(models.AbstractModel):
    """Describe a contract's row of a report on contract balances, and open what stands behind it."""

    _name = "kor.revenue.balance.mixin"
    _description = "Row of Contract Balances"

    contract_id = fields.Many2one("kor.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    tier_id = fields.Many2one("kor.tier", readonly=True)
    position_group = fields.Selection(
        GROUPS, string="Part", readonly=True, help="Fees, or use: use that was delivered is a receivable of its own."
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)

    def _open_flows(self, title, domain=()):
        """Return an action over the facts behind the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.contract_id.name}: {title}",
            "res_model": "kor.revenue.flow",
            "domain": [
                ("contract_id", "=", self.contract_id.id),
                ("position_group", "=", self.position_group),
                *domain,
            ],
            "views": [(False, "list"), (False, "pivot")],
            "context": {"search_default_group_kind": 1},
        }
