from datetime import timedelta

from odoo import api, fields, models

LEVELS = [("info", "Info"), ("warning", "Warning"), ("error", "Error")]
KEEP_DAYS = 90


class KorIntegrationLog(models.Model):
    """What happened with an integration, written by the integration itself."""

    _name = "kor.integration.log"
    _description = "Integration Log"
    _order = "id desc"

    integration_id = fields.Many2one("kor.integration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="integration_id.company_id", store=True, index=True)
    create_date = fields.Datetime(string="Time", readonly=True, index=True)
    level = fields.Selection(LEVELS, required=True, default="info", index=True)
    name = fields.Char(string="What", required=True)
    detail = fields.Text()
    milliseconds = fields.Integer(string="Duration (ms)", aggregator="avg")

    @api.autovacuum
    def _gc_old(self):
        """Forget what is older than three months."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search([("create_date", "<", limit)], limit=10_000).unlink()
