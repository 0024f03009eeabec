from odoo import api, models

from .kor_integration_key_call_mixin import KeyContract


class KorUsageEvent(models.Model):
    _inherit = "kor.usage.event"

    @api.model
    def _get_reporting_domain(self):
        """Bind what comes with a key of an integration to its contract."""
        bound = self.env.context.get("kor_key_contract")
        if isinstance(bound, KeyContract):
            return [("id", "=", bound.id)]
        return super()._get_reporting_domain()
