from odoo import fields, models
from odoo.exceptions import UserError


class KorSlaBooking(models.Model):
    """A part of a credit that the books hold: a line of a credit note, or what another credit was lowered by."""

    _name = "kor.sla.booking"
    _inherit = ["kor.billing.explanation"]
    _description = "Booking of an SLA Credit"
    _order = "id desc"
    _rec_name = "credit_id"

    credit_id = fields.Many2one("kor.sla.credit", required=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one(related="credit_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="credit_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="credit_id.currency_id", store=True)
    month = fields.Date(related="credit_id.month", store=True)
    amount = fields.Monetary(required=True, help="Before taxes. Below zero: taken back, by another credit's lowering.")
    item_id = fields.Many2one(
        "kor.billing.item", string="Fee", index="btree_not_null", ondelete="restrict", help="What was billed for it."
    )
    move_line_id = fields.Many2one(
        "account.move.line", string="Credit Note Line", index="btree_not_null", ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", store=True, index="btree_not_null", string="Credit Note")
    offset_id = fields.Many2one("kor.sla.credit", string="Set off against", index="btree_not_null", ondelete="restrict")
    state = fields.Selection(
        [("booked", "Booked"), ("released", "Freed")],
        required=True,
        default="booked",
        help="Freed: the credit note was cancelled or reset to draft, so that the credit can be booked again.",
    )

    _line_unique = models.UniqueIndex(
        "(move_line_id) WHERE move_line_id IS NOT NULL", "A line of a credit note books one credit."
    )

    def _release(self):
        """Let the credits be booked again."""
        self.filtered(lambda booking: booking.state == "booked").write({"state": "released"})

    def _claim(self):
        """Book again what was freed, or raise where another credit note has booked it meanwhile."""
        freed = self.filtered(lambda booking: booking.state == "released")
        if not freed:
            return
        freed.contract_id._lock_for_billing()
        for credit, own in freed.grouped("credit_id").items():
            amount = sum(own.mapped("amount"))
            if credit.currency_id.compare_amounts(amount, credit.open_amount) > 0:
                raise UserError(
                    self.env._(
                        "This credit note gives %(amount)s of a credit of which %(open)s is not booked. Cancel it: "
                        "the contract's next billing makes another one.",
                        amount=credit.currency_id.format(amount),
                        open=credit.currency_id.format(max(credit.open_amount, 0)),
                    )
                )
            own.write({"state": "booked"})
