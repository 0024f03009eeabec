from odoo import fields, models


class KorLeadUsage(models.Model):
    """Say how much of a metric a prospect expects to use."""

    _name = "kor.lead.usage"
    _description = "Expected Usage"
    _inherit = ["kor.input.mixin"]
    _order = "lead_id, sequence, id"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="lead_id.company_id")
    sequence = fields.Integer(default=10)
    metric_id = fields.Many2one("kor.metric", required=True, index=True, ondelete="restrict")
    quantity = fields.Float(
        string="A Month",
        digits=(16, 6),
        min_display_digits=2,
        help="What is used in a month, or held, such as gigabytes stored.",
    )
    events = fields.Float(
        string="Events a Month",
        digits=(16, 2),
        min_display_digits=2,
        help="For prices that ask a fee per event, such as card payments.",
    )
    unit = fields.Char(related="metric_id.unit")

    _metric_unique = models.Constraint("UNIQUE (lead_id, metric_id)", "A metric is expected once for an opportunity.")
    _not_negative = models.Constraint("CHECK (quantity >= 0 AND events >= 0)", "Expected usage is 0 or more.")

    def _get_for_period(self, months):
        """Return quantity and events of a period of so many months: a sum grows with it, what is held does not."""
        factor = months if self.metric_id.aggregation == "sum" else 1
        return self.quantity * factor, self.events * factor
