from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kor_invoice_posting = fields.Selection(
        [
            ("post", "Post at once"),
            ("grace", "Draft, posted after a grace time"),
            ("draft", "Leave as draft, for review"),
        ],
        string="Contract Invoices",
        required=True,
        default="post",
        help="What billing does with the invoices that it makes. A draft counts as billed, too.",
    )
    kor_grace_days = fields.Integer(
        string="Grace Time", default=3, help="How many days invoices of contracts stay drafts before they are posted."
    )
    kor_join_invoices = fields.Boolean(
        string="One Invoice per Customer",
        help="Contracts of a customer that are billed together share an invoice, where currency, address, payment "
        "term and fiscal position are the same.",
    )
    kor_order_required = fields.Boolean(
        string="Purchase Order Required",
        help="Contracts without a customer reference are parked instead of billed. A contract can say otherwise.",
    )
    kor_bound_lines = fields.Integer(
        string="Lines", help="Billing runs park an invoice with more lines than this. 0: no bound."
    )
    kor_bound_days = fields.Integer(
        string="Days Ahead",
        help="Billing runs park an invoice over a period that begins more than so many days ahead. 0: no bound.",
    )
    kor_bound_factor = fields.Float(
        string="Times the Usual",
        default=5.0,
        help="Billing runs park an invoice of more than so many times the average of the contract's last three "
        "invoices over about as many periods. 0: no bound.",
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

    _kor_bounds_positive = models.Constraint(
        "CHECK (kor_bound_lines >= 0 AND kor_bound_days >= 0 AND kor_bound_factor >= 0 AND kor_grace_days >= 0)",
        "Bounds and the grace time of billing are 0 or more.",
    )

    def _get_kor_prepaid_product(self):
        """Return the product of the lines that sell and draw prepaid credit."""
        self.ensure_one()
        return self.kor_prepaid_product_id or self.env.ref("kor_billing.product_prepaid_credit")
