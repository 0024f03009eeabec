from odoo import api, fields, models

from .kor_account import BANDS


class KorHealthSnapshot(models.Model):
    """The health of an account on a day, and why. Written by the daily job only."""

    _name = "kor.health.snapshot"
    _inherit = ["kor.health.words.mixin"]
    _description = "Health Snapshot"
    _order = "date desc, id desc"
    _rec_name = "account_id"
    _log_access = False

    account_id = fields.Many2one("kor.account", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    user_id = fields.Many2one(related="account_id.user_id", string="Account Manager")
    tier_id = fields.Many2one(related="account_id.tier_id")
    date = fields.Date(required=True, index=True)
    model_id = fields.Many2one("kor.health.model", ondelete="restrict")
    score = fields.Float(aggregator="avg", help="0 to 100, of what is known.")
    coverage = fields.Float(string="Known (%)", aggregator="avg", help="The share of the weights that is known.")
    band = fields.Selection(BANDS, required=True, index=True)
    components = fields.Json(help="Of each component: reading, score, weight, and the facts behind it.")
    reason = fields.Char(string="Why", compute="_compute_reason", help="What takes most away from the score.")

    _day_unique = models.UniqueIndex("(account_id, date)", "There is one snapshot of an account and day.")

    @api.depends("components")
    @api.depends_context("lang")
    def _compute_reason(self):
        for snapshot in self:
            snapshot.reason = snapshot._describe_reasons(snapshot.components)
