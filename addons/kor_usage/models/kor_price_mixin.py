from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.dimensions import DimensionError, parse_filter


class KorPriceMixin(models.AbstractModel):
    """Let a price be for a part of the use, and say what happens where nothing was reported."""

    _inherit = "kor.price.mixin"

    usage_scope = fields.Selection(
        [
            ("all", "All use"),
            ("matching", "Use with certain properties"),
            ("rest", "Use that no other line names"),
        ],
        string="Prices",
        required=True,
        default="all",
        help="A metric keeps use apart by its dimensions, such as region and model: "
        "a price can be for some of it, and another one for the rest.",
    )
    usage_filter = fields.Char(
        string="Properties", help="What the use has to have, such as: region=eu, model=large. All of it must be so."
    )
    requires_reading = fields.Boolean(
        string="Hold without Reading",
        help="Where nothing was reported for a period, not even zero, its invoice is held until something is.",
    )

    @api.constrains("charge_type", "usage_scope", "usage_filter", "metric_id")
    def _check_usage_filter(self):
        for record in self:
            if record.usage_scope == "matching":
                record._parse_usage_filter()
            elif record.usage_filter:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” names properties, but prices all use or the rest of it: leave them out, or "
                        "choose “Use with certain properties”.",
                        name=record.display_name,
                    )
                )

    def _parse_usage_filter(self):
        """Return the properties that the use has to have, or raise ValidationError."""
        self.ensure_one()
        try:
            return parse_filter(self.usage_filter, self.metric_id._get_dimension_keys())
        except DimensionError as error:
            raise ValidationError(self.env._("“%(name)s”: %(reason)s", name=self.display_name, reason=error)) from error
