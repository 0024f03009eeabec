from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorCharge(models.Model):
    _name = "kor.charge"
    _description = "Charge"
    _inherit = ["kor.input.mixin", "kor.price.mixin"]
    _order = "plan_id, sequence, id"
    _check_company_auto = True

    plan_id = fields.Many2one("kor.plan", required=True, index=True, ondelete="cascade", check_company=True)
    tier_id = fields.Many2one(related="plan_id.tier_id", store=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index="btree_not_null")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    name = fields.Char(required=True, translate=True, help="Shown to customers on contracts and invoices.")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain=[("type", "=", "service")],
        help="Income account and taxes of the invoice line come from this product.",
    )
    quantity = fields.Float(
        string="Default Quantity",
        digits=(16, 6),
        default=1,
        help="Quantity that a contract made from the plan starts with.",
    )
    optional = fields.Boolean(help="Customers choose it; a contract made from the plan starts without it.")
    sequence = fields.Integer(default=10)
    price_tier_ids = fields.One2many("kor.charge.tier", "charge_id", string="Price Tiers", copy=True)
    discount_ids = fields.One2many("kor.discount", "charge_id", string="Discounts", copy=True)
    try_quantity = fields.Float(store=False, help="A quantity of one full billing period.")
    try_events = fields.Float(store=False, help="Number of events, for a percentage with a fee per event.")
    # Rendered from a template of this addon, which escapes every value.
    try_explanation = fields.Html(compute="_compute_try_explanation", sanitize=False)

    _quantity_not_negative = models.Constraint(
        "CHECK (quantity >= 0)", "The default quantity of a charge is 0 or more."
    )

    @api.depends("try_quantity", "try_events", "price_summary")
    def _compute_try_explanation(self):
        for charge in self:
            charge.try_explanation = charge.try_quantity and self.env["ir.qweb"]._render(
                "kor_enterprise_tiers.kor_charge_explanation", charge._prepare_explanation_values()
            )

    @api.constrains("product_id")
    def _check_product(self):
        for charge in self:
            if charge.product_id.type != "service":
                raise ValidationError(
                    self.env._(
                        "“%(product)s” is no service: choose a product of the type Service for “%(charge)s”.",
                        product=charge.product_id.display_name,
                        charge=charge.name,
                    )
                )

    @api.readonly
    def simulate(self, quantity, events=0):
        """Return what a quantity of one full period would cost, with the price tiers used, as plain JSON."""
        self.ensure_one()
        self.check_access("read")
        return self._simulate(quantity, events)

    def _prepare_explanation_values(self):
        try:
            return {"charge": self, "rated": self._simulate(self.try_quantity, self.try_events), "error": ""}
        except ValidationError as error:
            return {"charge": self, "rated": {}, "error": error.args[0]}
