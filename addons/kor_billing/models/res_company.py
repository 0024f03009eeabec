from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.collection import CollectionError, parse_days


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
    kor_credit_minimum = fields.Float(
        string="Smallest Credit Note",
        help="What is to be given back below this amount waits for the contract's next invoice and lowers it.",
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
    kor_auto_charge = fields.Boolean(
        string="Charge Automatically",
        default=True,
        help="Invoices of contracts are charged on their due date to the customer's saved payment method.",
    )
    kor_retry_days = fields.Char(
        string="Retries (days)",
        default="3, 5, 7",
        help="When a declined charge is tried again, in days after the first attempt. Empty: never.",
    )
    kor_decline_mail = fields.Boolean(
        string="Mail on Decline",
        default=True,
        help="Customers are told by mail of each charge that was declined, and of what comes next.",
    )
    kor_dunning = fields.Boolean(
        string="Dunning", default=True, help="Overdue invoices of contracts go through the dunning steps."
    )
    kor_finance_user_id = fields.Many2one(
        "res.users", string="Finance", help="Who gets the activities of collection that are for finance."
    )

    _kor_bounds_positive = models.Constraint(
        "CHECK (kor_bound_lines >= 0 AND kor_bound_days >= 0 AND kor_bound_factor >= 0 AND kor_grace_days >= 0)",
        "Bounds and the grace time of billing are 0 or more.",
    )

    @api.constrains("kor_retry_days")
    def _check_kor_retry_days(self):
        for company in self:
            try:
                company._get_kor_retry_days()
            except CollectionError as error:
                raise ValidationError(str(error)) from error

    def write(self, vals):
        result = super().write(vals)
        if {"kor_auto_charge", "kor_retry_days"} & set(vals):
            self.env["account.move"]._refresh_kor_collection([("company_id", "in", self.ids)])
        return result

    def _get_kor_retry_days(self):
        """Return the days after the first attempt on which a declined charge is tried again."""
        self.ensure_one()
        return parse_days(self.kor_retry_days)

    def _get_kor_prepaid_product(self):
        """Return the product of the lines that sell and draw prepaid credit."""
        self.ensure_one()
        return self.kor_prepaid_product_id or self.env.ref("kor_billing.product_prepaid_credit")
