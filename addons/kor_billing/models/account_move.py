from werkzeug.urls import url_encode

from odoo import fields, models
from odoo.tools.sql import column_exists, create_column


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = [
        "account.move",
        "kor.invoice.payment.mixin",
        "kor.move.collection.mixin",
        "kor.move.dunning.mixin",
    ]

    kor_contract_id = fields.Many2one(
        "kor.contract", string="Contract", index="btree_not_null", readonly=True, ondelete="restrict"
    )
    kor_date_from = fields.Date(string="Period from", readonly=True, copy=False)
    kor_date_to = fields.Date(string="Period to", readonly=True, copy=False)
    kor_draw_ids = fields.One2many("kor.prepaid.draw", "move_id", string="Drawn Credit")
    kor_item_ids = fields.One2many("kor.billing.item", "move_id", string="Billed Periods")

    def _auto_init(self):
        if not column_exists(self.env.cr, self._table, "kor_contract_id"):
            # No invoice is from a contract yet: there is nothing to compute, in journals of any size.
            for name, kind in (
                ("kor_collection_state", "varchar"),
                ("kor_next_attempt_date", "date"),
                ("kor_service_effect", "varchar"),
            ):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    # EXTENDS account
    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._get_kor_items()._claim()
        posted._get_kor_draws()._claim()
        return posted

    # EXTENDS account
    def button_draft(self):
        result = super().button_draft()
        self._release_kor()
        return result

    # EXTENDS account
    def button_cancel(self):
        result = super().button_cancel()
        self._release_kor()
        return result

    # EXTENDS account
    def _reverse_moves(self, default_values_list=None, cancel=False):
        reversals = super()._reverse_moves(default_values_list, cancel)
        for move in reversals.reversed_entry_id.filtered("kor_item_ids"):
            move.message_post(
                body=self.env._(
                    "A credit note was made. The periods of this invoice stay billed; "
                    "reset or cancel the invoice instead to bill them again."
                )
            )
        return reversals

    def action_open_kor_contract(self):
        """Open the contract that the invoice bills.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "kor.contract",
            "res_id": self.kor_contract_id.id,
            "views": [(False, "form")],
        }

    def _get_kor_portal_url(self, suffix="", access_token=None):
        """Return an address of the customer's invoice pages with the visitor's own token: making one would write."""
        arguments = f"?{url_encode({'access_token': access_token})}" if access_token else ""
        return f"/my/invoices/{self.id}{suffix}{arguments}"

    def _get_kor_portal_lines(self):
        """Return the lines that the customer reads, each with what explains it."""
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return [
            (line, line.kor_item_ids[:1] or line.kor_draw_ids)
            for line in lines.sorted(lambda line: (line.sequence, line.id))
        ]

    def _release_kor(self):
        self._get_kor_items()._release()
        self._get_kor_draws()._release()

    def _get_kor_draws(self):
        return self.sudo().kor_draw_ids  # as the slices

    def _get_kor_items(self):
        # In sudo: the slices follow the invoice, whoever may post or cancel it.
        return self.sudo().kor_item_ids
