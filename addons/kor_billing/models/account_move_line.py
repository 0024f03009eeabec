from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_move_builder import BUILDING

DIRTY_MARKS = {"epd_dirty", "discount_allocation_dirty"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    kor_contract_id = fields.Many2one(
        "kor.contract",
        string="Contract",
        index="btree_not_null",
        readonly=True,
        ondelete="restrict",
        help="Where an invoice bills several contracts: the one that this line bills.",
    )
    kor_item_ids = fields.One2many("kor.billing.item", "move_line_id", string="Billed Period")
    kor_draw_ids = fields.One2many("kor.prepaid.draw", "move_line_id", string="Drawn Credit")
    kor_explanation = fields.Json(
        string="Explanation",
        compute="_compute_kor_explanation",
        # Whoever may read an invoice line may read why it is what it is.
        compute_sudo=True,
        help="How the amount came about: period, days and divisor, quantity, price tiers, discounts, facts.",
    )

    kor_is_explained = fields.Boolean(compute="_compute_kor_is_explained", compute_sudo=True)

    @api.depends("kor_item_ids.explanation", "kor_draw_ids.explanation")
    def _compute_kor_explanation(self):
        for line in self:
            line.kor_explanation = line._get_kor_explained().explanation or False

    @api.depends("kor_item_ids", "kor_draw_ids")
    def _compute_kor_is_explained(self):
        for line in self:
            line.kor_is_explained = bool(line._get_kor_explained())

    # EXTENDS account
    def write(self, vals):
        if self.env.context.get("kor_move_builder") is BUILDING:
            if vals.keys() == {"partner_id"} and all(line.partner_id.id == vals["partner_id"] for line in self):
                # Core writes the customer on the lines of each new invoice, and finds then that it is there.
                return True
            if vals.keys() <= DIRTY_MARKS:
                # Core's reminders to itself, in no column: no amount has to be looked at again because of them.
                with self.env.protecting([self._fields[name] for name in vals], self):
                    self.update(vals)
                return True
        return super().write(vals)

    # EXTENDS account
    def _check_company(self, fnames=None):
        """Check once what lines of new invoices have in common; a line's company is that of its invoice."""
        if fnames or self.env.context.get("kor_move_builder") is not BUILDING:
            return super()._check_company(fnames)
        names = [
            name
            for name, field in self._fields.items()
            if field.relational and field.check_company and name != "move_id"
        ]
        alike = self.grouped(lambda line: (line.company_id, *(line[name] for name in names)))
        first_ones = self.browse([lines[0].id for lines in alike.values()])
        return super(AccountMoveLine, first_ones)._check_company()

    # EXTENDS account
    def _conditional_add_to_compute(self, fname, condition):
        """Compute the labels of new receivables again without writing them first: they do not depend on what they were.

        Core reads them afresh, for which it writes what it has computed a moment before.
        """
        if fname != "name" or self.env.context.get("kor_move_builder") is not BUILDING:
            return super()._conditional_add_to_compute(fname, condition)
        field = self._fields[fname]
        self.env.add_to_compute(
            field, self.filtered(lambda line: condition(line) and not self.env.is_protected(field, line))
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_kor_items(self):
        lines_sudo = self.sudo()  # a draft's line that is deleted was never billed, whoever deletes it
        lines_sudo.kor_item_ids.unlink()
        lines_sudo.kor_draw_ids.unlink()

    def _get_kor_explained(self):
        """Return what explains the line: the billed slice, or the drawn credit."""
        return self.kor_item_ids[:1] or self.kor_draw_ids

    def action_kor_explain(self):
        """Show why the line has its amount.

        :return: a window action
        """
        self.ensure_one()
        explained = self._get_kor_explained()
        if not explained:
            raise UserError(
                self.env._(
                    "This line was written by hand: no contract stands behind it, so there is nothing to explain."
                )
            )
        name = self.env._("Why %(amount)s?", amount=self.currency_id.format(self.price_subtotal))
        return open_form(explained, name=name, target="new")
