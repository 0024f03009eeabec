from odoo import fields, models


class KorHealthBacktest(models.Model):
    """What the score would have foretold: of the accounts that it warned of, how many left, and how early."""

    _name = "kor.health.backtest"
    _inherit = ["kor.input.mixin"]
    _description = "Back-test of Health"
    _order = "id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    model_id = fields.Many2one("kor.health.model", help="Empty: the bands as they were.")
    date_from = fields.Date(required=True)
    date_to = fields.Date(required=True)
    horizon_days = fields.Integer(default=90, help="A warning is right where the customer leaves within so many days.")
    threshold = fields.Float(default=45.0, help="A score below it is a warning.")
    precision = fields.Float(readonly=True, help="Of the accounts warned of, the share that left.", aggregator=False)
    recall = fields.Float(readonly=True, help="Of those that left, the share that was warned of.", aggregator=False)
    lead_days = fields.Float(readonly=True, help="Median days from the first warning to the loss.", aggregator=False)
    result = fields.Json(readonly=True)
