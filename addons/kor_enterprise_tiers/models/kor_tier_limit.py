from odoo import api, fields, models


class KorTierLimit(models.Model):
    _name = "kor.tier.limit"
    _description = "Tier Limit"
    _order = "tier_id, metric_sequence, id"

    tier_id = fields.Many2one("kor.tier", required=True, index=True, ondelete="cascade")
    metric_id = fields.Many2one("kor.metric", required=True, index=True, ondelete="restrict")
    metric_sequence = fields.Integer(related="metric_id.sequence", store=True)
    kind = fields.Selection(
        [
            ("limited", "Limited"),
            ("unlimited", "Unlimited"),
            ("minimum", "And more"),
            ("agreed", "As agreed"),
        ],
        required=True,
        default="limited",
        help="Limited: not more than the quantity. And more: at least the quantity, without an upper bound. "
        "As agreed: fixed in each contract.",
    )
    quantity = fields.Float(
        digits=(16, 6), help="In the metric's unit; of a month where the metric adds up what happened."
    )
    enforcement = fields.Selection(
        [("soft", "Soft"), ("hard", "Hard")],
        required=True,
        default="soft",
        help="Soft: use beyond the limit goes on, is priced and talked about. Hard: the customer's system should "
        "refuse it; what is reported nevertheless is counted all the same.",
    )
    display_value = fields.Char(string="Limit", compute="_compute_display_value")

    _metric_unique = models.Constraint("UNIQUE (tier_id, metric_id)", "A tier has one limit per metric.")
    _quantity_not_negative = models.Constraint("CHECK (quantity >= 0)", "A limit is 0 or more.")

    @api.depends("tier_id.name", "metric_id.name")
    def _compute_display_name(self):
        for limit in self:
            limit.display_name = f"{limit.tier_id.name}: {limit.metric_id.name}"

    @api.depends("kind", "quantity", "metric_id.unit", "metric_id.unit_plural", "metric_id.aggregation")
    @api.depends_context("lang")
    def _compute_display_value(self):
        for limit in self:
            limit.display_value = limit._describe()

    def _describe(self):
        if self.kind == "unlimited":
            return self.env._("Unlimited")
        if self.kind == "agreed":
            return self.env._("As agreed")
        text = self.metric_id._describe_quantity(self.quantity)
        if self.metric_id.aggregation == "sum":
            text = self.env._("%(quantity)s a month", quantity=text)
        return self.env._("%(quantity)s and more", quantity=text) if self.kind == "minimum" else text
