from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    kor_revenue_method = fields.Selection(
        "_get_kor_revenue_methods",
        string="Revenue",
        help="When a charge of this product is earned. Empty: subscriptions as the company says, use as it is "
        "delivered, what is charged once on its day.",
    )
    kor_standalone_price = fields.Float(
        string="Standalone Price",
        min_display_digits=2,
        help="What the product is sold for alone, per unit and month (or once), in the currency of the contract. It "
        "says how a contract's price is shared among its promises. 0: the list price of the charge.",
    )

    def _get_kor_revenue_methods(self):
        return self.env["kor.price.mixin"]._get_revenue_methods()
