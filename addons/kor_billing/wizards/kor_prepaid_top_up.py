from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.tools import open_form


class KorPrepaidTopUp(models.TransientModel):
    """Sell prepaid credit for a contract."""

    _name = "kor.prepaid.top.up"
    _description = "Top Up Prepaid Credit"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    balance = fields.Monetary(string="Balance Today", related="contract_id.prepaid_balance")
    amount = fields.Monetary(required=True)
    date_end = fields.Date(string="Expires after", help="The last day. Empty: the credit does not expire.")
    covers = fields.Selection([("all", "All charges"), ("usage", "Use and commitments")], required=True, default="all")

    def action_top_up(self):
        """Make the credit and its invoice.

        :return: an action that opens the invoice
        """
        self.ensure_one()
        [move_id] = self.contract_id.top_up(self.amount, fields.Date.to_string(self.date_end), self.covers)
        return open_form(self.env["account.move"].browse(move_id))
