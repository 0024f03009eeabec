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
