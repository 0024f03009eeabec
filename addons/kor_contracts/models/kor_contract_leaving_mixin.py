from datetime import timedelta

from odoo import api, fields, models


class KorContractLeavingMixin(models.AbstractModel):
    """Know the last day of a contract also while its cancellation is agreed, but not applied yet."""

    _name = "kor.contract.leaving.mixin"
    _description = "Contract that is Left"

    date_leaving = fields.Date(
        string="Leaves on",
        compute="_compute_date_leaving",
        store=True,
        index="btree_not_null",
        help="The last day, where a cancellation is agreed, also one that is applied later. Empty: none is.",
    )

    @api.depends("date_cancelled", "amendment_ids.state", "amendment_ids.date_effective",
                 "amendment_ids.change_ids.kind")  # fmt: skip
    def _compute_date_leaving(self):
        for contract in self:
            contract.date_leaving = contract.date_cancelled or contract._get_agreed_last_day()

    def _get_agreed_last_day(self):
        """Return the day before the first agreed cancellation holds; False where there is none."""
        leaving = self.amendment_ids.filtered(
            lambda one: one.state == "agreed" and "cancel" in one.change_ids.mapped("kind")
        )
        return min(leaving.mapped("date_effective")) - timedelta(days=1) if leaving else False

    def _leaves_with_term(self):
        """Tell whether a cancellation is agreed that leaves nothing to renew."""
        self.ensure_one()
        return bool(self.date_leaving) and (not self.date_end or self.date_leaving <= self.date_end)

    def _has_begun(self):
        self.ensure_one()
        return self.date_start <= self._get_today()

    def _get_last_day_before(self, day):
        """Return the last day of a contract that is cancelled from a day on: one that has begun has a first day."""
        last_day = day - timedelta(days=1)
        return max(last_day, self.date_start) if self._has_begun() else last_day
