from odoo import fields, models
from odoo.exceptions import UserError


class KorPrepaidDraw(models.Model):
    """What an invoice has taken from a prepaid credit, and for which charges."""

    _name = "kor.prepaid.draw"
    _inherit = ["kor.billing.explanation"]
    _description = "Drawn Credit"
    _order = "id desc"

    credit_id = fields.Many2one("kor.prepaid.credit", required=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one(related="credit_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="credit_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="credit_id.currency_id", store=True)
    amount = fields.Monetary(required=True)
    move_line_id = fields.Many2one(
        "account.move.line", string="Invoice Line", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", store=True, index=True, string="Invoice")
    date = fields.Date(related="move_id.invoice_date", store=True)
    state = fields.Selection(
        [("booked", "Drawn"), ("released", "Given back")],
        required=True,
        default="booked",
        help="Given back: the invoice was cancelled or reset to draft, so that the credit can be drawn again.",
    )

    _line_unique = models.UniqueIndex("(move_line_id)", "An invoice line draws on one credit.")

    def _release(self):
        """Give back what was drawn."""
        self.filtered(lambda draw: draw.state == "booked").state = "released"

    def _claim(self):
        """Draw again what was given back, or raise where it has been drawn for something else meanwhile."""
        released = self.filtered(lambda draw: draw.state == "released")
        released.contract_id._lock_for_billing()
        for draw in released:
            if draw.credit_id.currency_id.compare_amounts(draw.credit_id.balance, draw.amount) < 0:
                raise UserError(
                    self.env._(
                        "This invoice draws %(amount)s of a prepaid credit that has %(balance)s left meanwhile. "
                        "Cancel the invoice and bill its periods again.",
                        amount=draw.currency_id.format(draw.amount),
                        balance=draw.currency_id.format(draw.credit_id.balance),
                    )
                )
            draw.state = "booked"
            draw.flush_recordset()
