from odoo import models
from odoo.fields import Domain

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_reporting.models.kor_cost_driver_mixin import PRECISION

MINUTES = 60


class KorCostDriverMixin(models.AbstractModel):
    _inherit = "kor.cost.driver.mixin"

    def _get_unit(self):
        return self.env._("minutes") if self.method == "minutes" else super()._get_unit()

    def _get_drivers_minutes(self):
        """Read the minutes that were noted on tickets in the months."""
        domain = self._get_source_domain() & Domain("task_id.kor_contract_id", "!=", False)
        return self._read_sums(
            "account.analytic.line",
            domain,
            "date:month",
            "task_id.kor_contract_id",
            "unit_amount:sum",
            lambda hours: (to_decimal(hours) * MINUTES).quantize(PRECISION),
        )
