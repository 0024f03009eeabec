from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorMetric(models.Model):
    _inherit = "kor.metric"

    allow_negative = fields.Boolean(
        string="Negative Quantities", help="Whether systems may report quantities below zero, such as returns."
    )
    dimension_keys = fields.Char(
        string="Dimensions",
        help="Names of the properties by which use is kept apart, with commas between them, e.g. region, model.",
    )

    @api.constrains("aggregation")
    def _check_aggregation_unused(self):
        used = self.env["kor.usage.rollup"].sudo().search([("metric_id", "in", self.ids)], limit=1)  # in all companies
        if used:
            raise ValidationError(
                self.env._(
                    "Use of “%(metric)s” has been reported already: its aggregation cannot be changed. "
                    "Make a new metric.",
                    metric=used.metric_id.name,
                )
            )

    @api.constrains("dimension_keys")
    def _check_dimensions_unread(self):
        """Keep the readings that are sent again in a higher revision from counting beside those they replace."""
        read = self.env["kor.usage.reading"].sudo().search([("metric_id", "in", self.ids)], limit=1)  # in all companies
        if read:
            raise ValidationError(
                self.env._(
                    "Readings of “%(metric)s” have been reported already: its dimensions cannot be changed. "
                    "Make a new metric.",
                    metric=read.metric_id.name,
                )
            )

    def _get_dimension_keys(self):
        """Return the names of the properties by which use is kept apart."""
        self.ensure_one()
        names = (name.strip() for name in (self.dimension_keys or "").split(","))
        return tuple(dict.fromkeys(name for name in names if name))
