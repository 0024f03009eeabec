from odoo import models

from .kor_counter_offer_terms import LINE_TERMS


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _kor_get_askable(self):
        """Return what can be asked for on the line: no price where tiers make it, no quantity of use or of a whole."""
        self.ensure_one()
        is_packed = "kor_is_packed" in self._fields and self.kor_is_packed
        without = set() if self.price_unit else {"price_unit"}
        if not self.product_uom_qty or (is_packed and not self._kor_get_held()):
            without.add("quantity")
        return [name for name in LINE_TERMS if name not in without]

    def _kor_get_held(self):
        """Return the quantity held where the terms of the line count one, else nothing."""
        terms = "kor_terms_id" in self._fields and self.sudo().kor_terms_id  # in sudo: customers have no right on terms
        return terms.quantity if terms and terms.charge_type == "per_unit" else 0

    def _kor_get_asked_from(self, name):
        """Return the price, quantity or discount as it stands. A line of price tiers shows 1, and holds more."""
        if name == "quantity":
            return self._kor_get_held() or self.product_uom_qty
        return self[name]
