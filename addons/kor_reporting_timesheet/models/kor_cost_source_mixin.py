from collections import defaultdict

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal


class KorCostSourceMixin(models.AbstractModel):
    _inherit = "kor.cost.source.mixin"

    def _get_source_amounts_timesheet(self):
        return self._get_time_amounts(Domain("project_id", "!=", False))

    def _get_source_amounts_ticket(self):
        return self._get_time_amounts(Domain("task_id.kor_contract_id", "!=", False))

    def _get_time_amounts(self, domain):
        """Read timesheets: what their employees cost, or their hours at the pool's cost of an hour."""
        rows = self.env["account.analytic.line"]._read_group(
            self._get_source_domain() & domain,
            ["date:month", "project_id", "department_id", "task_id.kor_contract_id"],
            ["amount:sum", "unit_amount:sum", "__count"],
        )
        by_month = defaultdict(list)
        for month, project, *others in rows:
            by_month[fields.Date.to_date(month)].append((project, *others))
        return {
            pool: [
                pool._prepare_fact(
                    project.display_name, pool._get_time_cost(amount, hours), count, contract, round(hours, 4)
                )
                for project, department, contract, amount, hours, count in by_month[pool.month]
                if (not pool.project_ids or project in pool.project_ids)
                and (not pool.department_ids or department in pool.department_ids)
            ]
            for pool in self
        }

    def _get_time_cost(self, amount, hours):
        return to_decimal(hours) * to_decimal(self.hour_cost) if self.hour_cost else -amount
