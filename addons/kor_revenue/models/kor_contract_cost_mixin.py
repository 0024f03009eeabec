from odoo import fields, models

from ..engine import delivery


class KorContractCostMixin(models.AbstractModel):
    """Expense what was paid for a contract, and no longer than it lives."""

    _name = "kor.contract.cost.mixin"
    _description = "Costs of a Contract"

    cost_ids = fields.One2many("kor.contract.cost", "contract_id", string="Contract Costs")

    def _get_cost_targets(self, partial=None):
        """Return what schedules of costs come to, of contracts whose end has changed.

        :param partial: a day before which everything counts: then of all that go on
        """
        domain = [("contract_id", "in", self.ids), ("state", "=", "confirmed"), ("is_expensed", "=", False)]
        if partial:
            domain.append(("date_end", ">=", delivery.month_of(partial - delivery.DAY)))
        result = {}
        costs_sudo = self.env["kor.contract.cost"].sudo()  # schedules follow from what was confirmed, whoever looks
        for cost in costs_sudo.search(domain):
            cut = cost._get_cut()
            if partial or cut != cost.date_impaired:
                result[cost.schedule_ids.id] = cost._get_targets(partial)
            if not partial and cut != cost.date_impaired:
                cost.date_impaired = cut
        return result
