from odoo import api, fields, models


class KorDunningThreshold(models.Model):
    """Below which sum a customer is not reminded of what is overdue, for each currency."""

    _name = "kor.dunning.threshold"
    _inherit = ["kor.input.mixin"]
    _description = "Dunning Threshold"
    _order = "company_id, currency_id"
    _rec_name = "currency_id"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(
        required=True, help="While all that is overdue of a customer in this currency is less, nothing happens."
    )

    _currency_unique = models.UniqueIndex("(company_id, currency_id)", "This currency has a threshold already.")
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "A threshold is 0 or more.")

    @api.model
    def _get_by_currency(self, companies):
        """Return the amounts by company and currency; where there is none, every amount counts."""
        found = self.search([("company_id", "in", companies.ids)])
        return {(one.company_id, one.currency_id): one.amount for one in found}
