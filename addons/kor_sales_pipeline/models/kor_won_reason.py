from odoo import fields, models


class KorWonReason(models.Model):
    _name = "kor.won.reason"
    _description = "Won Reason"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
