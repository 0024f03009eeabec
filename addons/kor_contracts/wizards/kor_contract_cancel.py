from odoo import api, fields, models


class KorContractCancel(models.TransientModel):
    """Ask for the last day before a contract is cancelled."""

    _name = "kor.contract.cancel"
    _description = "Cancel a Contract"

    contract_id = fields.Many2one("kor.contract", required=True, ondelete="cascade", readonly=True)
    state = fields.Selection(related="contract_id.state")
    date_start = fields.Date(related="contract_id.date_start")
    date_end_effective = fields.Date(related="contract_id.date_end_effective", string="Contract End")
    date = fields.Date(
        string="Last Day",
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Until then the contract runs, and is billed, as agreed.",
    )
    is_later = fields.Boolean(compute="_compute_is_later")
    is_before_start = fields.Boolean(compute="_compute_is_later")
    fee_note = fields.Char(string="Early Termination Fee", compute="_compute_fee_note")
    date_minimum_end = fields.Date(related="contract_id.date_minimum_end")
    reason = fields.Text(help="Noted in the contract's history.")

    @api.depends("contract_id")
    def _compute_date(self):
        for wizard in self:
            contract = wizard.contract_id
            wizard.date = fields.Date.context_today(wizard)
            if contract:
                # Nobody cancels after one day what has not begun.
                wizard.date = contract._get_reference_day() if contract._has_begun() else contract._get_today()

    @api.depends("contract_id", "date")
    def _compute_is_later(self):
        for wizard in self:
            contract = wizard.contract_id
            day = contract and wizard.date
            wizard.is_later = bool(day) and day > contract._get_today()
            wizard.is_before_start = bool(day) and day < contract.date_start and not contract._has_begun()

    @api.depends("contract_id", "date")
    def _compute_fee_note(self):
        for wizard in self:
            contract, day = wizard.contract_id, wizard.date
            fee = contract._get_termination_fee(day) if contract and day else None
            wizard.fee_note = contract._describe_termination_fee(fee, day)

    def action_confirm(self):
        """Cancel the contract as of the chosen day.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.contract_id.action_cancel(fields.Date.to_string(self.date))
        if self.reason:
            self.contract_id.message_post(body=self.reason)
        return {"type": "ir.actions.act_window_close"}
