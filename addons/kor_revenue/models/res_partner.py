from odoo import api, fields, models

from .kor_contract_balance_mixin import READER


class ResPartner(models.Model):
    _inherit = "res.partner"

    kor_revenue_currency_id = fields.Many2one("res.currency", compute="_compute_kor_revenue_currency_id")
    kor_earns_revenue = fields.Boolean(compute="_compute_kor_deferred_revenue", compute_sudo=True, groups=READER)
    kor_deferred_revenue = fields.Monetary(
        string="Deferred Revenue",
        currency_field="kor_revenue_currency_id",
        compute="_compute_kor_deferred_revenue",
        compute_sudo=True,
        groups=READER,
        help="What the customer was billed for and the company has not earned yet: its contract liability.",
    )

    @api.depends_context("company")
    def _compute_kor_revenue_currency_id(self):
        self.kor_revenue_currency_id = self.env.company.currency_id

    @api.depends_context("company")
    def _compute_kor_deferred_revenue(self):
        company = self.env.company
        contracts = self.env["kor.contract"].search(
            [
                ("partner_id", "child_of", self.ids),
                ("company_id", "=", company.id),
                ("revenue_schedule_ids", "!=", False),
            ]
        )
        for partner in self:
            family = partner | partner.child_ids
            own = contracts.filtered(lambda contract, family=family: contract.partner_id in family)
            partner.kor_earns_revenue = bool(own)
            partner.kor_deferred_revenue = own._get_deferred_balance() if own else 0.0

    def action_open_kor_deferred_revenue(self):
        """Open the customer's contracts with what they earn and what is deferred of it.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_revenue.kor_contract_deferred_action")
        return {**action, "domain": [("partner_id", "child_of", self.id)], "context": {}}
