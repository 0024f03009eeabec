# Stands in for the real versions of proposals until they are merged: only so much that negotiations can be tested.
from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    kor_is_proposal = fields.Boolean()
    kor_plan_id = fields.Many2one("kor.plan")
    kor_version = fields.Integer(default=1)
    kor_previous_id = fields.Many2one("sale.order", copy=False)
    kor_next_id = fields.Many2one("sale.order", copy=False)
    kor_term_months = fields.Integer(default=12)
    kor_uptime_target = fields.Float(digits=(16, 4))
    kor_support_level_id = fields.Many2one("kor.support.level")

    def _kor_make_version(self, changes):
        new = self.copy({"opportunity_id": self.opportunity_id.id, "kor_version": self.kor_version + 1})
        new.kor_previous_id, self.sudo().kor_next_id = self, new
        copies = dict(zip(self.order_line.ids, new.order_line, strict=True))
        names = {"price_unit": "price_unit", "quantity": "product_uom_qty", "discount": "discount"}
        for change in changes.get("lines", ()):
            # The quantity first: native lines compute their price from it.
            for name in ("quantity", "discount", "price_unit"):
                if name in change:
                    copies[change["line"]].write({names[name]: change[name]})
        columns = {"term_months": "kor_term_months", "uptime_target": "kor_uptime_target",
                   "support_level": "kor_support_level_id"}  # fmt: skip
        new.write({columns[name]: value for name, value in changes.items() if name in columns})
        return new

    def _kor_figures(self):
        lines = self.order_line.filtered(lambda line: not line.display_type)
        mrr = sum(lines.mapped("price_subtotal"))
        full = sum(line.price_unit * line.product_uom_qty for line in lines)
        cost = sum(line.product_id.standard_price * line.product_uom_qty for line in lines)
        margin = (mrr - cost) * self.kor_term_months
        return {
            "mrr": mrr,
            "arr": mrr * 12,
            "tcv": mrr * self.kor_term_months,
            "discount_percent": 100 * (1 - mrr / full) if full else 0,
            "margin": margin,
            "margin_percent": 100 * (mrr - cost) / mrr if mrr else 0,
            "one_time": 0,
        }

    def _kor_check_can_sign(self):
        if self.kor_next_id:
            raise UserError(self.env._("There is a newer version of this proposal."))
        if self.is_expired:
            raise UserError(self.env._("This proposal has expired."))
