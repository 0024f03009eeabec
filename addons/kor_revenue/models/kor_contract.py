from odoo import models


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract",
        "kor.contract.obligation.mixin",
        "kor.contract.schedule.mixin",
        "kor.contract.recognition.mixin",
        "kor.contract.position.mixin",
        "kor.contract.balance.mixin",
    ]

    def _set_state(self, target, **values):
        result = super()._set_state(target, **values)
        if target == "active":
            self._start_revenue()
        elif target in ("cancelled", "ended"):
            self._note_revenue_change()
        return result

    def _cancel(self, last_day):
        result = super()._cancel(last_day)
        self._note_revenue_change()
        return result

    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        self._note_revenue_change(amendment)
        return result

    def _note_revenue_change(self, amendment=None):
        """Freeze the new terms of contracts that earn by them."""
        earning = self.filtered("revenue_since")
        for contract in earning:
            contract._note_revenue_terms(amendment)
        earning._ensure_schedules()
        earning._mark_revenue_stale()

    def _prepare_move_line_values(self, one):
        """Book what is earned later as a contract liability."""
        values = super()._prepare_move_line_values(one)
        schedule = self._get_kept_roots().get(one.line.root) if self.revenue_since else None
        if schedule and one.start >= self.revenue_since:
            values["account_id"] = schedule.deferral_account_id.id
        return values
