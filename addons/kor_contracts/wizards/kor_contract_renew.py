from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import periods
from ..models.kor_contract_amendment import HOW


class KorContractRenew(models.TransientModel):
    """Agree to one more term of a contract, from the day after its end."""

    _name = "kor.contract.renew"
    _description = "Renew a Contract"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    date_end_before = fields.Date(related="contract_id.date_end", string="Runs until")
    mrr = fields.Monetary(related="contract_id.mrr", string="MRR Now")
    months = fields.Integer(compute="_compute_months", store=True, readonly=False, precompute=True)
    date_end = fields.Date(
        string="New End", compute="_compute_date_end", store=True, readonly=False, precompute=True, required=True
    )
    uplift = fields.Float(
        string="Uplift (%)", compute="_compute_uplift", store=True, readonly=False, precompute=True, digits=(16, 4),
        min_display_digits=1, help="By how much all prices change with the new term.",
    )  # fmt: skip
    mrr_after = fields.Monetary(string="MRR After", compute="_compute_mrr_after")
    agreed_by = fields.Char(help="Who agreed, on the customer's side.")
    agreed_how = fields.Selection(HOW, required=True, default="note")
    note = fields.Text(help="Kept with the amendment.")

    @api.depends("contract_id")
    def _compute_months(self):
        for wizard in self:
            wizard.months = wizard.contract_id.term_months or 12

    @api.depends("contract_id", "months")
    def _compute_date_end(self):
        for wizard in self:
            end = wizard.contract_id.date_end
            if end and wizard.months > 0:
                after = end + timedelta(days=1)
                day = periods.anchor_day_from(after, wizard.contract_id.date_start.day)
                wizard.date_end = periods.boundary(after, day, wizard.months, 1) - timedelta(days=1)
            else:
                wizard.date_end = wizard.date_end or end

    @api.depends("contract_id")
    def _compute_uplift(self):
        for wizard in self:
            contract = wizard.contract_id
            is_percent = contract.renewal_uplift_kind == "percent"
            wizard.uplift = contract.renewal_uplift if is_percent else 0
            if contract.renewal_uplift_kind == "index" and contract.date_end:
                wizard.uplift = wizard._get_index_uplift()

    def _get_index_uplift(self):
        """Return what the index says so far; without values, the uplift is typed in."""
        try:
            return float(self.contract_id._get_uplift(self.contract_id.date_end + timedelta(days=1))[0])
        except UserError:
            return 0

    @api.depends("mrr", "uplift")
    def _compute_mrr_after(self):
        for wizard in self:
            wizard.mrr_after = wizard.mrr * (1 + wizard.uplift / 100)

    def action_confirm(self):
        """Renew the contract as chosen.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        end = fields.Date.to_string(self.date_end)
        self.contract_id.renew(end, self.uplift, self.note or "", self.agreed_by or "", self.agreed_how)
        return {"type": "ir.actions.act_window_close"}
