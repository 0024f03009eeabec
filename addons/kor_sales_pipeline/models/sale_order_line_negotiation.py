from odoo import models

from .kor_counter_offer_terms import LINE_TERMS


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _kor_get_askable(self):
        """Return what can be asked for on the line: no price where tiers make it, no quantity of use or of a whole."""
        self.ensure_one()
        is_packed = "kor_is_packed" in self._fields and self.kor_is_packed
        without = set() if self.price_unit else {"price_unit"}
        if is_packed or not self.product_uom_qty:
            without.add("quantity")
        return [name for name in LINE_TERMS if name not in without]
