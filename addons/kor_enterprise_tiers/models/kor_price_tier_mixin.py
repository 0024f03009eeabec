from odoo import api, fields, models

from ..engine.pricing import PriceTier
from ..tools import format_quantity

# Stands in the context while a price is written with its tiers. Other systems can send a context, but no object.
SAVING = object()


class KorPriceTierMixin(models.AbstractModel):
    """Hold one band of a tiered price.

    A model that inherits it has a required Many2one to its price (a model with `kor.price.mixin`) with
    `index=True, ondelete="cascade"`, and names that field in `_price_owner_field`.
    """

    _name = "kor.price.tier.mixin"
    _description = "Price Tier"
    _order = "is_open, up_to, id"

    _price_owner_field = None

    up_to = fields.Float(
        digits=(16, 6), help="The last quantity in this tier. 0: no upper bound, as the last tier must have."
    )
    is_open = fields.Boolean(compute="_compute_is_open", store=True, precompute=True)
    range_display = fields.Char(string="Quantity", compute="_compute_range_display")
    unit_price = fields.Float(digits=(16, 8), min_display_digits=2)
    flat_amount = fields.Float(
        digits=(16, 8), min_display_digits=2, help="Due in addition, as soon as this tier is reached."
    )

    @api.depends("up_to")
    def _compute_is_open(self):
        for tier in self:
            tier.is_open = not tier.up_to

    @api.depends("up_to")
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = tier._describe_range(0)

    @api.depends(lambda self: ["up_to", f"{self._price_owner_field}.price_tier_ids.up_to"])
    @api.depends_context("lang")
    def _compute_range_display(self):
        for tier in self:
            bounds = tier[self._price_owner_field].price_tier_ids.mapped("up_to")
            below = (bound for bound in bounds if bound and (not tier.up_to or bound < tier.up_to))
            tier.range_display = tier._describe_range(max(below, default=0))

    @api.constrains("up_to", "unit_price", "flat_amount")
    def _check_price(self):
        if self.env.context.get("kor_price_saving") is SAVING:
            return
        for price in self[self._price_owner_field]:
            price._check_engine_price()

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_price_breaks(self):
        if self.env.context.get("kor_price_saving") is SAVING:
            return
        for price in self[self._price_owner_field]:
            price._check_engine_price(price.price_tier_ids - self)

    def _sorted_by_bound(self):
        """Return the tiers from the lowest, those without an upper bound last."""
        return self.sorted(lambda tier: (not tier.up_to, tier.up_to))

    def _get_engine_tiers(self):
        """Return the tiers as the pricing engine takes them."""
        return tuple(
            PriceTier(tier.up_to or None, tier.unit_price, tier.flat_amount) for tier in self._sorted_by_bound()
        )

    def _describe_range(self, lower):
        low, high = format_quantity(self.env, lower), format_quantity(self.env, self.up_to)
        if not self.up_to:
            return self.env._("above %(low)s", low=low)
        if not lower:
            return self.env._("up to %(high)s", high=high)
        return self.env._("above %(low)s up to %(high)s", low=low, high=high)
