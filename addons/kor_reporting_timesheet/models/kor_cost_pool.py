from odoo import models
from odoo.fields import Domain

PATHS = {"timesheet": "project_id", "ticket": "task_id.kor_contract_id"}


class KorCostPool(models.Model):
    _inherit = "kor.cost.pool"

    def _get_source_fields(self):
        return super()._get_source_fields() | {"project_ids", "department_ids", "hour_cost"}

    def _get_source_records(self):
        if self.source not in PATHS:
            return super()._get_source_records()
        domain = self._get_source_domain() & Domain(PATHS[self.source], "!=", False)
        if self.project_ids:
            domain &= Domain("project_id", "in", self.project_ids.ids)
        if self.department_ids:
            domain &= Domain("department_id", "in", self.department_ids.ids)
        return "account.analytic.line", domain
