from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine.credits import Band


class KorSlaBand(models.Model):
    """Which credit an uptime gives: from a percentage, up to but without another."""

    _name = "kor.sla.band"
    _inherit = ["kor.sla.terms.part.mixin"]
    _description = "Credit by Uptime"
    _order = "below desc, id"

    starts_at = fields.Float(string="From (%)", digits=(16, 6), help="An uptime of exactly this is in the band.")
    below = fields.Float(string="Below (%)", digits=(16, 6), help="An uptime of exactly this is in the next band.")
    credit = fields.Float(string="Credit (%)", digits=(16, 4), help="Of the fees that the policy names.")

    @api.depends("starts_at", "below", "credit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for band in self:
            band.display_name = self.env._(
                "%(credit)s %% below %(below)s %%",
                credit=format_quantity(self.env, band.credit),
                below=format_quantity(self.env, band.below),
            )

    @api.constrains("starts_at", "below", "credit")
    def _check_figures(self):
        for band in self:
            if not 0 <= band.starts_at < band.below <= 100:
                raise ValidationError(
                    self.env._(
                        "A band begins at 0 %% or more, and ends above that, at 100 %% at most: not from %(start)s to "
                        "%(end)s.",
                        start=format_quantity(self.env, band.starts_at),
                        end=format_quantity(self.env, band.below),
                    )
                )
            if not 0 <= band.credit <= 100:
                raise ValidationError(
                    self.env._(
                        "A credit is a percentage from 0 to 100, not %(credit)s.",
                        credit=format_quantity(self.env, band.credit),
                    )
                )

    def _as_engine_bands(self):
        return tuple(
            Band(to_decimal(band.starts_at), to_decimal(band.below), to_decimal(band.credit))
            for band in self.sorted("starts_at")
        )
