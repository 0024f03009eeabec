from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..engine.intake import Measure


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

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache()
    def _get_measures(self):
        """Return what an event must know of all metrics, by their codes. All workers forget it when one changes."""
        metrics = self.with_context(active_test=False).sudo()  # a reporter may not read the catalogue
        metrics = metrics.search_fetch([], ["code", "aggregation", "allow_negative", "dimension_keys"])
        return {
            metric.code: Measure(
                metric.id, metric.code, metric.aggregation, metric.allow_negative, metric._get_dimension_keys()
            )
            for metric in metrics
        }

    def _get_dimension_keys(self):
        """Return the names of the properties by which use is kept apart."""
        self.ensure_one()
        names = (name.strip() for name in (self.dimension_keys or "").split(","))
        return tuple(dict.fromkeys(name for name in names if name))
