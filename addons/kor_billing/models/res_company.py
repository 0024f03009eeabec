from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_invoice_posting = fields.Selection(
        [("post", "Post at once"), ("draft", "Leave as draft, for review")],
        string="Contract Invoices",
        required=True,
        default="post",
        help="What billing does with the invoices that it makes. A draft counts as billed, too.",
    )
    kor_credit_minimum = fields.Float(
        string="Smallest Credit Note",
        help="What is to be given back below this amount waits for the contract's next invoice and lowers it.",
    )
    kor_prepaid_account_id = fields.Many2one(
        "account.account",
        string="Prepaid Credit",
        check_company=True,
        domain=[("account_type", "in", ("liability_current", "liability_non_current"))],
        help="The liability that top-ups are booked on until they are drawn.",
    )
    kor_prepaid_product_id = fields.Many2one(
        "product.product",
        string="Prepaid Credit Product",
        check_company=True,
        domain=[("type", "=", "service")],
        help="Its taxes are those of top-ups, and of what is drawn. Without taxes, credit pays totals with their tax.",
    )

    def _get_kor_prepaid_product(self):
        """Return the product of the lines that sell and draw prepaid credit."""
        self.ensure_one()
        return self.kor_prepaid_product_id or self.env.ref("kor_billing.product_prepaid_credit")
