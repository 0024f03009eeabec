from odoo import api, fields, models
from odoo.exceptions import ValidationError

CATEGORIES = [
    ("infrastructure", "Infrastructure"),
    ("support", "Support"),
    ("development", "Development"),
    ("sales_marketing", "Sales and Marketing"),
    ("overhead", "Overhead"),
]
SOURCES = [
    ("typed", "Typed in"),
    ("journal", "Journal items"),
    ("infrastructure", "Infrastructure of contracts"),
]
METHODS = [
    ("direct", "Direct: what each contract caused"),
    ("metric", "Use of a metric"),
    ("seats", "Seats"),
    ("revenue", "Revenue"),
    ("tickets", "Tickets"),
    ("equal", "Equal parts"),
    ("fixed", "Fixed shares"),
]
# What of a pool moves what it is made of.
SOURCE_FIELDS = {
    "source",
    "currency_id",
    "account_ids",
    "analytic_account_ids",
    "typed_amount",
}


class KorCostSetupMixin(models.AbstractModel):
    """Say where a cost comes from and whose it is; pools and what they are made from month by month share it."""

    _name = "kor.cost.setup.mixin"
    _inherit = ["kor.input.mixin"]
    _description = "Source and Method of a Cost"

    name = fields.Char(required=True)
    category = fields.Selection(
        CATEGORIES, required=True, default="infrastructure", help="The line of the margin on which the cost stands."
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="In which the amount is typed in. All else is in the currency of the company.",
    )
    role = fields.Selection(
        [("operating", "To contracts"), ("service", "To other pools first")],
        string="Goes",
        required=True,
        default="operating",
        help="Costs of a service department, such as IT or human resources, are handed on to the pools that use it; "
        "they reach contracts with those.",
    )
    handing_order = fields.Integer(
        string="Order",
        help="Of service departments, where they hand on one after another. 0 for all: the one that serves others "
        "most goes first.",
    )
    source = fields.Selection(SOURCES, required=True, default="typed")
    account_ids = fields.Many2many(
        "account.account",
        string="Accounts",
        check_company=True,
        help="Posted journal items of the month on these accounts. Debits are costs, credits take them back.",
    )
    analytic_account_ids = fields.Many2many(
        "account.analytic.account",
        string="Analytic Accounts",
        check_company=True,
        help="Only the part of journal items that is distributed to these; on any account, where none is given.",
    )
    typed_amount = fields.Monetary(string="Amount Typed in")
    method = fields.Selection(
        METHODS, string="Divided by", required=True, default="equal", help="What says whose cost it is."
    )
    metric_id = fields.Many2one(
        "kor.metric",
        ondelete="restrict",
        help="Its use in the month, from the same daily usage that limits and prices are counted from.",
    )
    revenue_basis = fields.Selection(
        [("recognised", "Earned in the month"), ("invoiced", "Invoiced in the month")],
        required=True,
        default="recognised",
    )
    tier_ids = fields.Many2many("kor.tier", string="Only Tiers", help="Empty: contracts of all tiers.")

    _handing_order_not_negative = models.Constraint("CHECK (handing_order >= 0)", "An order is 0 or more.")

    @api.constrains("source", "account_ids", "analytic_account_ids")
    def _check_accounts(self):
        for setup in self:
            if setup.source == "journal" and not (setup.account_ids or setup.analytic_account_ids):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is taken from journal items: choose the accounts or analytic accounts.",
                        name=setup.name,
                    )
                )

    @api.constrains("role", "method", "metric_id")
    def _check_metric(self):
        for setup in self:
            if setup.role == "operating" and setup.method == "metric" and not setup.metric_id:
                raise ValidationError(self.env._("“%(name)s” is divided by use: choose the metric.", name=setup.name))

    def _prepare_setup(self):
        """Return the values that a pool takes over."""
        self.ensure_one()
        names = [
            name
            for name in self.env["kor.cost.setup.mixin"]._fields
            if name not in ("company_currency_id", "display_name", "id")
        ]
        return {name: self._fields[name].convert_to_write(self[name], self) for name in names}
