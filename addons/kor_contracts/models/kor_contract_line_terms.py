from odoo import api, fields, models
from odoo.tools import format_date


class KorContractLine(models.Model):
    """Say until when a line runs, and what a fee for ending early stands for."""

    _inherit = "kor.contract.line"

    end_note = fields.Char(string="Ends", compute="_compute_end_note")
    is_termination_fee = fields.Boolean(readonly=True, copy=False)
    fee_reason = fields.Char(readonly=True, copy=False, help="How the fee for ending early was worked out.")

    @api.depends("date_end", "contract_id.date_end")
    @api.depends_context("lang")
    def _compute_end_note(self):
        for line in self:
            end = line.contract_id.date_end
            if not line.date_end or (end and line.date_end == end):
                line.end_note = self.env._("with the contract")
            else:
                line.end_note = format_date(self.env, line.date_end)
