from odoo import api, fields, models


def get_used_percent(used, allowed, digits=2):
    """Return how much of what is allowed is used, in percent rounded to digits: 100 only where it is reached."""
    if not allowed:
        return 100 if used > 0 else 0
    percent = round(used * 100 / allowed, digits)
    return percent if used >= allowed else min(percent, round(100 - 10**-digits, digits))


class KorContractLimit(models.Model):
    """A limit as agreed with one customer: copied from the tier, so that the tier may change later."""

    _name = "kor.contract.limit"
    _inherit = ["kor.contract.part.mixin"]
    _description = "Limit of a Contract"
    _order = "metric_sequence, id"

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    metric_id = fields.Many2one("kor.metric", required=True, ondelete="restrict")
    metric_sequence = fields.Integer(related="metric_id.sequence", store=True)
    kind = fields.Selection(
        selection=lambda self: self.env["kor.tier.limit"]._fields["kind"].selection, required=True, default="limited"
    )
    quantity = fields.Float(digits=(16, 6), help="In the metric's unit.")
    enforcement = fields.Selection(
        selection=lambda self: self.env["kor.tier.limit"]._fields["enforcement"].selection,
        required=True,
        default="soft",
        help="Soft: use beyond the limit goes on, is priced and talked about. Hard: the customer's system should "
        "refuse it; what is reported nevertheless is counted all the same.",
    )
    display_value = fields.Char(string="Limit", compute="_compute_display_value")

    _metric_unique = models.Constraint("UNIQUE (contract_id, metric_id)", "A contract has one limit per metric.")
    _quantity_not_negative = models.Constraint("CHECK (quantity >= 0)", "A limit is 0 or more.")

    @api.depends("kind", "quantity", "metric_id.unit", "metric_id.unit_plural", "metric_id.aggregation")
    @api.depends_context("lang")
    def _compute_display_value(self):
        for limit in self:
            limit.display_value = limit._describe()

    def _describe(self):
        """Return the limit in the words of the tier's limits."""
        listed = self.env["kor.tier.limit"].new(
            {"metric_id": self.metric_id.id, "kind": self.kind, "quantity": self.quantity}
        )
        return listed._describe()

    def _as_entitlement(self, used):
        """Return the limit as plain JSON; `limit`, `remaining` and `percent` are there only where there is a bound.

        `allowed` says whether the customer's system should let more be used.
        """
        self.ensure_one()
        entitlement = {
            "metric": self.metric_id.code,
            "name": self.metric_id.name,
            "unit": self.metric_id.unit or "",
            "kind": self.kind,
            "used": used,
            "enforcement": self.enforcement,
            "allowed": not self._refuses(used),
        }
        if self.kind in ("limited", "minimum"):
            entitlement["limit"] = self.quantity
        if self.kind == "limited":
            entitlement["remaining"] = max(self.quantity - used, 0)
        if self.kind == "limited" and self.quantity:
            entitlement["percent"] = get_used_percent(used, self.quantity)
        return entitlement

    def _refuses(self, used):
        """Tell whether nothing more should be used."""
        return self._is_hard() and used >= self.quantity

    def _is_hard(self):
        """Tell whether more than the limit should be refused."""
        return self.kind == "limited" and self.enforcement == "hard"
