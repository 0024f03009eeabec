from odoo import fields, models

from .kor_account import BANDS


class KorHealthSnapshot(models.Model):
    """The health of an account on a day, and why. Written by the daily job only."""

    _name = "kor.health.snapshot"
    _description = "Health Snapshot"
    _order = "date desc, id desc"
    _log_access = False

    account_id = fields.Many2one("kor.account", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    date = fields.Date(required=True, index=True)
    model_id = fields.Many2one("kor.health.model", ondelete="restrict")
    score = fields.Float(aggregator="avg")
    coverage = fields.Float(aggregator="avg")
    band = fields.Selection(BANDS, required=True, index=True)
    components = fields.Json(help="Of each component: reading, score, weight, and the facts behind it.")

    _day_unique = models.UniqueIndex("(account_id, date)", "There is one snapshot of an account and day.")
