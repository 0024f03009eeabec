from datetime import UTC

from odoo import models

from ..engine.infrastructure_readings import sum_hour


class KorInfrastructureUsageMixin(models.AbstractModel):
    """Report readings of a resource as usage of its contract."""

    _name = "kor.infrastructure.usage.mixin"
    _description = "Usage of Resources"

    def _prepare_usage(self, hour, readings):
        """Return the plain usage reading of an hour."""
        self.ensure_one()
        return {
            "contract": self.contract_id.id,
            "metric": self.metric_id.code,
            "hour": hour.replace(tzinfo=UTC).isoformat(),
            "quantity": str(sum_hour(readings, self.metric_id.aggregation, hour)),
            "revision": len(readings),
            "events": len(readings),
            "source": f"infrastructure-{self.id}",
        }
