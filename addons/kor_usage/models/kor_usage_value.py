from odoo import fields, models


class KorUsageValue(models.Model):
    """Keep one of the different values that a day's events had, and how many had it."""

    _name = "kor.usage.value"
    _description = "Usage Value"
    _log_access = False
    _rec_name = "value"

    rollup_id = fields.Many2one("kor.usage.rollup", required=True, readonly=True, ondelete="cascade")
    value = fields.Char(required=True, readonly=True)
    events = fields.Integer(required=True, readonly=True)

    _value_unique = models.UniqueIndex("(rollup_id, value)")
