from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    kor_item_ids = fields.One2many("kor.billing.item", "move_line_id", string="Billed Period")
    kor_explanation = fields.Json(
        string="Explanation",
        compute="_compute_kor_explanation",
        # Whoever may read an invoice line may read why it is what it is.
        compute_sudo=True,
        help="How the amount came about: period, days and divisor, quantity, price tiers, discounts, facts.",
    )

    kor_is_explained = fields.Boolean(compute="_compute_kor_is_explained", compute_sudo=True)

    @api.depends("kor_item_ids.explanation")
    def _compute_kor_explanation(self):
        for line in self:
            line.kor_explanation = line.kor_item_ids[:1].explanation or False

    @api.depends("kor_item_ids")
    def _compute_kor_is_explained(self):
        for line in self:
            line.kor_is_explained = bool(line.kor_item_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_kor_items(self):
        # In sudo: a draft's line that is deleted was never billed, whoever deletes it.
        self.sudo().kor_item_ids.unlink()

    def action_kor_explain(self):
        """Show why the line has its amount.

        :return: a window action
        """
        self.ensure_one()
        item = self.kor_item_ids[:1]
        if not item:
            raise UserError(
                self.env._(
                    "This line was written by hand: no contract stands behind it, so there is nothing to explain."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why %(amount)s?", amount=self.currency_id.format(self.price_subtotal)),
            "res_model": "kor.billing.item",
            "res_id": item.id,
            "views": [(self.env.ref("kor_billing.kor_billing_item_view_form").id, "form")],
            "target": "new",
        }
