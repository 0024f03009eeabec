from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import open_form


class KorBillingItem(models.Model):
    """A booked slice: what one line charged for one period, where it was invoiced, and why it is that much."""

    _name = "kor.billing.item"
    _inherit = ["kor.billing.explanation"]
    _description = "Billing Item"
    _order = "date_start desc, id desc"
    _rec_name = "name"

    name = fields.Char(required=True)
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="restrict")
    contract_line_id = fields.Many2one("kor.contract.line", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True)
    product_id = fields.Many2one(related="contract_line_id.product_id", store=True)
    charge_type = fields.Selection(related="contract_line_id.charge_type", store=True)
    currency_id = fields.Many2one("res.currency", required=True)
    period_start = fields.Date(
        required=True, help="The first day of the billing period that the slice lies in: with the line, its key."
    )
    revision = fields.Integer(
        default=0, help="0: the period's billing. 1 and above: what late use added to it, or took from it, since."
    )
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="To", required=True)
    quantity = fields.Float(digits=(16, 6))
    amount = fields.Monetary(required=True, help="Before taxes, unless the line's taxes are included in prices.")
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        index="btree_not_null",
        # A draft's line that is deleted was never billed.
        ondelete="cascade",
        help="Empty where nothing had to be paid in that billing: no invoice was made for it.",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", store=True, index="btree_not_null", string="Invoice")
    corrected_item_id = fields.Many2one(
        "kor.billing.item",
        string="Gives back",
        index="btree_not_null",
        ondelete="restrict",
        help="The billing of which a part is given back.",
    )
    correction_ids = fields.One2many("kor.billing.item", "corrected_item_id", string="Given back")
    run_id = fields.Many2one("kor.billing.run", index="btree_not_null", ondelete="set null")
    state = fields.Selection(
        [("booked", "Billed"), ("released", "Freed")],
        required=True,
        default="booked",
        help="Freed: the invoice was cancelled or reset to draft, so that the period can be billed again.",
    )

    # In the order of the list: else all that was ever billed would be sorted for its first page.
    _newest_idx = models.Index("(date_start DESC, id DESC)")
    # The list of runs counts what each has billed from this index alone.
    _run_idx = models.Index("(run_id, move_id, company_id) WHERE run_id IS NOT NULL")
    _slice_unique = models.UniqueIndex(
        "(contract_line_id, period_start, revision) WHERE state = 'booked'",
        "This period of the contract line is billed already.",
    )

    def action_open_invoice(self):
        """Open the invoice that the slice stands on.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)

    def _get_key(self):
        return self.contract_line_id, self.period_start, self.revision

    def _release(self):
        """Let the periods be billed again."""
        freed = self.filtered(lambda item: item.state == "booked")
        freed.state = "released"
        # A measured period of which a correction stays booked does not look unbilled: it has to be looked at again.
        freed.filtered(lambda item: item.charge_type in ("usage", "commitment")).contract_id._write_agreed(
            {"needs_correction": True}
        )

    def _claim(self):
        """Book freed slices again, or raise where another invoice has billed one meanwhile."""
        freed = self.filtered(lambda item: item.state == "released")
        taken = self.search(
            [("state", "=", "booked"), ("contract_line_id", "in", freed.contract_line_id.ids)],
        )
        by_key = {item._get_key(): item for item in taken}
        for item in freed:
            other = by_key.get(item._get_key())
            if other:
                raise UserError(
                    self.env._(
                        "%(name)s from %(start)s to %(end)s is billed on %(invoice)s meanwhile. Cancel this invoice, "
                        "or that one first.",
                        name=item.name,
                        start=item.date_start,
                        end=item.date_end,
                        invoice=other.move_id.display_name or self.env._("another billing"),
                    )
                )
        freed.state = "booked"
