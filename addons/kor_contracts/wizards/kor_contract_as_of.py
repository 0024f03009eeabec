from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorContractAsOf(models.TransientModel):
    """Show what held, or will hold, on a day."""

    _name = "kor.contract.as.of"
    _description = "Contract on a Day"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade", readonly=True)
    date = fields.Date(string="As of", required=True, default=fields.Date.context_today)
    html = fields.Html(string="What Holds", compute="_compute_html", sanitize=False)

    @api.depends("contract_id", "date")
    def _compute_html(self):
        for wizard in self:
            known = wizard.contract_id and wizard.date
            wizard.html = wizard._render(wizard.contract_id) if known else False

    def _render(self, contract):
        look = contract.as_of(fields.Date.to_string(self.date))
        values = {
            "look": look,
            "tier": contract._get_tier_at(self.date).name,
            "money": {"widget": "monetary", "display_currency": contract.currency_id},
            "format_quantity": lambda quantity: format_quantity(self.env, quantity),
        }
        return self.env["ir.qweb"]._render("kor_contracts.contract_as_of", values)
