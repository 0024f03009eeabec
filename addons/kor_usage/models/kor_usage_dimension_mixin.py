from odoo import api, fields, models

from ..engine.dimensions import describe


class KorUsageDimensionMixin(models.AbstractModel):
    """Say in words by which properties use is kept apart: region: eu, plan: x."""

    _name = "kor.usage.dimension.mixin"
    _description = "Dimension in Words"

    dimension_label = fields.Char(
        string="Dimension",
        compute="_compute_dimension_label",
        help="The properties by which the metric keeps use apart.",
    )

    @api.depends("dimension")
    @api.depends_context("lang")
    def _compute_dimension_label(self):
        for record in self:
            record.dimension_label = record._describe_dimension(record.dimension)

    @api.model
    def _describe_dimension(self, dimension):
        """Return a dimension in words; empty where all use is together."""
        return describe(dimension) or (self._get_no_properties() if dimension else "")

    @api.model
    def _get_no_properties(self):
        """Return what the use is called whose events had none of the properties."""
        return self.env._("not named")
