from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import indexation


class KorPriceIndexValue(models.Model):
    """What an index stood at in a month."""

    _name = "kor.price.index.value"
    _inherit = ["kor.input.mixin"]
    _description = "Price Index Value"
    _order = "month desc, id desc"
    _rec_name = "month"

    index_id = fields.Many2one("kor.price.index", required=True, index=True, ondelete="cascade")
    month = fields.Date(required=True, help="Any day of the month; it is kept as its first.")
    value = fields.Float(required=True, digits=(16, 4))
    date_published = fields.Date(
        string="Published on",
        compute="_compute_date_published",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="A renewal counts what was published before its day. Proposed: the 15th of the following month.",
    )

    _month_unique = models.UniqueIndex("(index_id, month)", "The index has a value for this month already.")
    _value_positive = models.Constraint("CHECK (value > 0)", "The value of an index is above 0.")

    @api.depends("month")
    def _compute_date_published(self):
        for value in self:
            following = value.month and value.month + relativedelta(months=1, day=15)
            value.date_published = value.date_published or following

    @api.model_create_multi
    def create(self, vals_list):
        self._check_plain_input(vals_list)
        return super().create([self._keep_first_day(vals) for vals in vals_list])

    def write(self, vals):
        self._check_plain_input([vals])
        return super().write(self._keep_first_day(vals))

    @api.model
    def _keep_first_day(self, vals):
        month = fields.Date.to_date(vals.get("month"))
        return {**vals, "month": month.replace(day=1)} if month else vals

    def _get_engine_value(self):
        return indexation.IndexValue(self.month, to_decimal(self.value), self.date_published)
