from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_billing.models.kor_move_builder import BUILDING


class AccountMove(models.Model):
    _inherit = "account.move"

    kor_revenue_month = fields.Date(
        string="Revenue of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The month of the close that made this entry.",
    )
    kor_revenue_close_id = fields.Many2one(
        "kor.revenue.close", string="Made by", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    kor_revenue_item_ids = fields.One2many("kor.revenue.item", "move_id", string="Recognised Revenue")
    kor_cost_ids = fields.One2many("kor.contract.cost", "move_id", string="Contract Costs")
    kor_revenue_item_count = fields.Integer(compute="_compute_kor_revenue_item_count", compute_sudo=True)

    @api.depends("kor_revenue_item_ids")
    def _compute_kor_revenue_item_count(self):
        closed = self.filtered("kor_revenue_month")
        items = self.env["kor.revenue.item"]
        found = dict(items._read_group([("move_id", "in", closed.ids)], ["move_id"], ["__count"]) if closed else [])
        for move in self:
            move.kor_revenue_item_count = found.get(move._origin, 0)

    def action_open_kor_revenue_items(self):
        """Open what the entry recognises, contract by contract.

        :return: a window action
        """
        self.ensure_one()
        self.env["kor.revenue.item"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_revenue.kor_revenue_item_action")
        return {**action, "domain": [("move_id", "=", self.id)], "context": {}}

    # EXTENDS account
    def _post(self, soft=True):
        posted = super()._post(soft)
        if self.env.context.get("kor_move_builder") is not BUILDING:
            # What billing makes is what was agreed: nothing new is earned by it.
            posted._mark_kor_revenue_stale()
        self.env["kor.revenue.balance"]._add(posted._get_kor_billed_contracts(), moves=posted)
        return posted

    # EXTENDS account
    def button_draft(self):
        self._check_kor_recognized()
        result = super().button_draft()
        self._mark_kor_revenue_stale()
        self.env["kor.revenue.balance"]._keep(self._get_kor_billed_contracts())
        return result

    # EXTENDS account
    def button_cancel(self):
        self._check_kor_recognized()
        result = super().button_cancel()
        self._mark_kor_revenue_stale()
        self.env["kor.revenue.balance"]._keep(self._get_kor_billed_contracts())
        return result

    def _check_kor_recognized(self):
        if not self:
            # A quotation without invoices is cancelled by sellers, who may write no entry.
            return
        self.check_access("write")  # what follows names the entry
        costs_sudo = self.sudo().kor_cost_ids  # evidence for everybody
        if costs_sudo:
            raise UserError(
                self.env._(
                    "Entry %(entry)s capitalises “%(cost)s”, which is confirmed and stays as it is: what is paid "
                    "back is another contract cost, below 0.",
                    entry=costs_sudo[0].move_id.display_name,
                    cost=costs_sudo[0].name,
                )
            )
        closed = self.filtered("kor_revenue_month")
        if closed:
            raise UserError(
                self.env._(
                    "Entry %(entry)s recognises revenue and is never changed: change what was agreed, and the next "
                    "close books the difference.",
                    entry=closed[0].display_name,
                )
            )

    def _mark_kor_revenue_stale(self):
        """Let the next close look at contracts whose documents have changed."""
        self._get_kor_billed_contracts()._mark_revenue_stale()

    def _get_kor_billed_contracts(self):
        """Return the contracts that the documents among the entries bill, or give back to."""
        moves_sudo = self.sudo().filtered(  # what follows from a document, whoever posts it
            lambda move: move.is_sale_document(include_receipts=True)
        )
        # A credit note over a shared invoice says only on its lines which contracts it is of.
        return moves_sudo.kor_contract_ids | moves_sudo.line_ids.kor_contract_id
