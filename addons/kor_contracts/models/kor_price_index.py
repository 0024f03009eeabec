from odoo import api, fields, models

from ..engine import indexation


class KorPriceIndex(models.Model):
    """An index that prices follow at renewals, by its published values."""

    _name = "kor.price.index"
    _description = "Price Index"
    _order = "name, id"

    name = fields.Char(required=True, translate=True, help="As named in contracts, for example Consumer Prices.")
    source = fields.Char(help="Who publishes it, and under which number.")
    active = fields.Boolean(default=True)
    value_ids = fields.One2many("kor.price.index.value", "index_id", string="Values", copy=True)
    last_value_id = fields.Many2one("kor.price.index.value", string="Latest", compute="_compute_last_value_id")

    @api.depends("value_ids.month")
    def _compute_last_value_id(self):
        for index in self:
            index.last_value_id = index.value_ids.sorted("month")[-1:]

    def _get_change(self, day, base_month=None):
        """Return the engine's change up to the latest month published before a day."""
        self.ensure_one()
        values = [value._get_engine_value() for value in self.value_ids]
        return indexation.index_change(values, day, base_month)
