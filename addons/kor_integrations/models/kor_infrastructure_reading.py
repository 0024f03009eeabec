from datetime import timedelta

from odoo import api, fields, models

from ..engine.infrastructure_readings import KEPT_DAYS


class KorInfrastructureReading(models.Model):
    """How much of a resource was used at a moment. A fact, kept compactly; nobody writes it but `push_readings`."""

    _name = "kor.infrastructure.reading"
    _description = "Infrastructure Reading"
    _order = "time desc, id desc"
    _rec_name = "resource_id"
    _log_access = False

    resource_id = fields.Many2one("kor.infrastructure.resource", required=True, readonly=True, ondelete="cascade")
    infrastructure_id = fields.Many2one(
        "kor.infrastructure", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    time = fields.Datetime(required=True, readonly=True)
    used = fields.Float(digits=(20, 6), required=True, readonly=True, aggregator="avg")

    _reading_unique = models.UniqueIndex("(resource_id, time)", "This moment has been read already.")
    _time_idx = models.Index("(time)")

    @api.autovacuum
    def _gc_old(self):
        """Forget readings that are too old to come again; the usage that they made stays."""
        # Whole days beyond what is taken: no hour is left with a part of its readings.
        limit = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=KEPT_DAYS + 1)
        old = self.search([("time", "<", limit)], limit=100_000)
        old.unlink()
        return len(old), len(old) == 100_000
