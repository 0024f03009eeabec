from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_billing_parking import KINDS


class KorBillingRunLine(models.Model):
    """What a billing run would bill of one contract, beside what it billed the last time, and why it differs."""

    _name = "kor.billing.run.line"
    _description = "Preview of a Billing Run"
    _order = "run_id desc, partner_id, id"
    _rec_name = "contract_id"

    run_id = fields.Many2one("kor.billing.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    date_from = fields.Date(string="Period from")
    date_to = fields.Date(string="Period to")
    line_count = fields.Integer(string="Lines")
    amount = fields.Monetary(help="Before taxes, with what prepaid credit pays taken off.")
    prepaid = fields.Monetary(string="Drawn Credit", help="What prepaid credit pays of it.")
    previous_amount = fields.Monetary(
        string="Last Time", help="What the same charges came to in the period billed before."
    )
    difference = fields.Monetary()
    changes = fields.Text(help="What differs from the last period, charge by charge.")
    state = fields.Selection([("due", "To Bill"), ("parked", "Parked")], required=True, default="due")
    kind = fields.Selection(KINDS, string="Parked for")
    reason = fields.Text()

    def action_open_contract(self):
        """Open the contract.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.contract_id)
