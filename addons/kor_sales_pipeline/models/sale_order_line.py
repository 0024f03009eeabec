from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import get_rounding

from ..engine.term_value import Part
from ..groups import STAFF
from .kor_counter_offer_terms import LINE_TERMS

# In the context of what derives native lines from their terms. An object: no caller from outside can send one.
SHOWING = object()
NATIVE = {"price_unit", "product_uom_qty"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    kor_terms_ids = fields.One2many("kor.proposal.terms", "order_line_id", string="Terms", copy=True, groups=STAFF)
    # In sudo: a line knows its terms also where a customer looks at it.
    kor_terms_id = fields.Many2one(
        "kor.proposal.terms", compute="_compute_kor_terms_id", compute_sudo=True, groups=STAFF
    )
    kor_charge_id = fields.Many2one("kor.charge", string="Charge", ondelete="set null", index="btree_not_null")
    kor_key = fields.Char(copy=True, help="The same in all versions of a proposal.")
    kor_price_summary = fields.Char(string="Price in Words", compute="_compute_kor_price", compute_sudo=True)
    kor_monthly = fields.Monetary(
        string="Monthly", compute="_compute_kor_price", compute_sudo=True,
        help="What recurs, per month and after the line's discounts. Use is left out.",
    )  # fmt: skip
    kor_is_packed = fields.Boolean(compute="_compute_kor_price", compute_sudo=True)

    @api.depends("kor_terms_ids")
    def _compute_kor_terms_id(self):
        for line in self:
            line.kor_terms_id = line.kor_terms_ids[:1]

    @api.depends("kor_terms_ids.price_summary", "kor_terms_ids.billing_months", "price_unit", "product_uom_qty",
                 "discount")  # fmt: skip
    @api.depends_context("lang")
    def _compute_kor_price(self):
        for line in self:
            terms = line.kor_terms_id
            months = terms.billing_months if terms.charge_type in ("fixed", "per_unit") else 0
            line.kor_price_summary = terms.price_summary
            line.kor_monthly = float(line._kor_get_net()) / months if months else 0
            line.kor_is_packed = bool(terms) and not terms._is_used() and not terms._is_plain()

    # Lines of a proposal cost what its terms say, whatever the price lists do.
    def _compute_price_unit(self):
        return super(SaleOrderLine, self.filtered(lambda line: not line._kor_has_terms()))._compute_price_unit()

    def _compute_discount(self):
        return super(SaleOrderLine, self.filtered(lambda line: not line._kor_has_terms()))._compute_discount()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._kor_check_open()
        lines.filtered(lambda line: line.order_id.kor_is_proposal)._kor_add_terms()
        return lines

    def write(self, vals):
        self._kor_check_write(vals)
        result = super().write(vals)
        self._kor_check_write(vals)
        taken = NATIVE & set(vals)
        if taken and self.env.context.get("kor_showing") is not SHOWING:
            for line in self.filtered(lambda one: one._kor_has_terms()):
                line._kor_take_native(taken)
        if "discount" in vals and self.env.context.get("kor_showing") is not SHOWING:
            self.filtered(lambda one: one.sudo().kor_is_packed)._kor_show_terms()  # in sudo: see kor_terms_id
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kor_sent(self):
        self.order_id._kor_check_open()

    def _can_be_edited_on_portal(self):
        return super()._can_be_edited_on_portal() and not self.order_id._kor_find_sign_problem()

    def _kor_add_terms(self):
        """Give lines that were added by hand terms of their own: due as often as their section, else once."""
        discount = self.env.ref("kor_sales_pipeline.product_proposal_discount")
        for line in self:
            if line.display_type or line.product_id == discount or line._kor_has_terms():
                continue
            months = line.order_id.order_line.filtered(
                lambda one, line=line: one.parent_id == line.parent_id and one.kor_terms_id and one.parent_id
            )[:1].kor_terms_id.billing_months
            line.kor_key = line.kor_key or uuid4().hex
            line.env["kor.proposal.terms"].create(
                {
                    "order_line_id": line.id,
                    "name": (line.name or line.product_id.display_name).split("\n")[0],
                    "charge_type": "fixed" if months else "one_time",
                    "billing_months": months,
                    "unit_price": line.price_unit,
                    "quantity": line.product_uom_qty,
                }
            )

    def _kor_has_terms(self):
        return bool(self.kor_charge_id or self.sudo().kor_terms_ids)  # in sudo: see kor_terms_id

    def _kor_is_chosen(self):
        """Tell whether the line is part of what is agreed: not an option that was left out."""
        return not self.display_type and (not self._is_line_optional() or self.product_uom_qty > 0)

    def _kor_check_write(self, vals):
        """Let a customer choose options of a sent proposal, and nobody change anything else in it."""
        sent = self.filtered(lambda line: line.order_id.kor_snapshot_hash and line.order_id.state == "sent")
        free = sent.filtered(lambda line: set(vals) == {"product_uom_qty"} and line._is_line_optional())
        free.order_id._kor_check_can_sign()
        (self - free).order_id._kor_check_open()

    def _kor_take_native(self, names):
        """Let the terms follow what was written into the native line."""
        terms = self.sudo().kor_terms_id  # the customer who chooses an option has no right on terms
        if not terms:
            return
        if "product_uom_qty" in names:
            self._kor_take_quantity(terms)
        if "price_unit" in names and not terms.currency_id.is_zero(
            self.price_unit - terms._prepare_native_values()["price_unit"]
        ):
            terms._take_price(self.price_unit)

    def _kor_take_quantity(self, terms):
        quantity = self.product_uom_qty
        optional = self._is_line_optional()
        if terms._is_used() and quantity:
            raise UserError(self.env._("“%(line)s” is charged by use: it has no quantity here.", line=terms.name))
        if terms._is_used() or (optional and not quantity):
            return
        if terms._is_plain():
            terms._kor_write_chosen({"quantity": quantity})
        elif quantity != 1:
            raise UserError(
                self.env._("“%(line)s” is priced as a whole: it counts once, or not at all.", line=terms.name)
            )

    def _kor_show_terms(self):
        """Show in the native lines what their terms come to."""
        for line in self.with_context(kor_showing=SHOWING):
            terms = line.kor_terms_id
            values = terms and terms._prepare_native_values()
            if values and line._is_line_optional() and not line.product_uom_qty:
                values["product_uom_qty"] = 0
            if values:
                line.write({**values, "technical_price_unit": values["price_unit"]})

    def _kor_get_net(self):
        """Return what a full period of the line costs as it stands, rounded to the currency."""
        self.ensure_one()
        return self._kor_take_discount(self.price_unit, self.product_uom_qty)

    def _kor_get_offered(self):
        """Return what an option would cost if it were chosen as it is offered."""
        self.ensure_one()
        if self._kor_is_chosen() or not self.kor_terms_id:
            return self._kor_get_net()
        native = self.kor_terms_id._prepare_native_values()
        return self._kor_take_discount(native["price_unit"], native["product_uom_qty"])

    def _kor_take_discount(self, price, quantity):
        """Return what a quantity costs less the line's discount, rounded to the currency."""
        gross = to_decimal(price) * to_decimal(quantity)
        return round_money(gross * (1 - to_decimal(self.discount) / 100), get_rounding(self.currency_id))

    def _kor_get_part(self):
        """Return the line as the engine weighs it: all discounts, also those that run out."""
        self.ensure_one()
        terms = self.kor_terms_id
        cost = self._kor_get_cost(terms)
        return Part(terms._get_full_amount(), terms.billing_months, tuple(self._kor_get_discounts()), cost)

    def _kor_get_discounts(self):
        """Return all discounts of the line as the engine takes them; what the seller gives comes last."""
        return [*self.kor_terms_id._get_engine_discounts(), *self._kor_get_line_discount()]

    def _kor_get_line_discount(self):
        values = [command[2] for command in self.kor_terms_id._prepare_line_discount()]
        return [self.env["kor.discount"].new(one)._get_engine_discount() for one in values]

    def _kor_get_cost(self, terms):
        """Return the own cost of a period: the product's cost for each unit held, per billing period."""
        if terms._is_used():
            return to_decimal(0)
        product, order = self.product_id.with_company(self.company_id), self.order_id
        day = order.date_order or fields.Datetime.now()
        price = product.cost_currency_id._convert(product.standard_price, order.currency_id, order.company_id, day)
        return to_decimal(price) * to_decimal(terms.quantity)

    def _kor_get_askable(self):
        """Return what can be asked for on the line: no price where tiers make it, no quantity of use or of a whole."""
        self.ensure_one()
        without = set() if self.price_unit else {"price_unit"}
        if not self.product_uom_qty or (self.kor_is_packed and not self._kor_get_held()):
            without.add("quantity")
        return [name for name in LINE_TERMS if name not in without]

    def _kor_get_held(self):
        """Return the quantity held where the terms of the line count one, else nothing."""
        terms = self.sudo().kor_terms_id  # customers have no right on terms
        return terms.quantity if terms.charge_type == "per_unit" else 0

    def _kor_get_asked_from(self, name):
        """Return the price, quantity or discount as it stands. A line of price tiers shows 1, and holds more."""
        if name == "quantity":
            return self._kor_get_held() or self.product_uom_qty
        return self[name]
