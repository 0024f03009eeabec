from odoo import models

from .kor_contract_amendment import APPLYING


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract",
        "kor.contract.obligation.mixin",
        "kor.contract.variable.mixin",
        "kor.contract.cost.mixin",
        "kor.contract.breakage.mixin",
        "kor.contract.schedule.mixin",
        "kor.contract.recognition.mixin",
        "kor.contract.position.mixin",
        "kor.contract.remaining.mixin",
        "kor.contract.balance.mixin",
    ]

    def action_activate(self):
        """Let revenue follow from the contracts, steps that were agreed with them included.

        :return: True
        """
        # What ran before the company recognised revenue is started by itself, from a day that somebody chooses.
        drafts = self.filtered(lambda contract: contract.state == "draft")
        result = super().action_activate()
        drafts._start_revenue()
        return result

    def _set_state(self, target, **values):
        result = super()._set_state(target, **values)
        if target in ("cancelled", "ended"):
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
        if not amendment and self.env.context.get("kor_revenue_applying") is APPLYING:
            # An amendment that ends the contract, or lets it rest, is noted when all of it is applied.
            return
        earning = self.filtered("revenue_since")
        for contract in earning:
            if amendment:
                version = contract._note_revenue_terms(amendment, amendment.revenue_treatment)
                amendment._freeze_treatment(version)
            else:
                contract._note_revenue_terms()
        earning._ensure_schedules()
        earning._mark_revenue_stale()

    def _prepare_move_line_values(self, one):
        """Book what is earned later as a contract liability."""
        values = super()._prepare_move_line_values(one)
        schedule = self._get_kept_roots().get(one.line.root) if self.revenue_since else None
        if schedule and one.start >= self.revenue_since:
            values["account_id"] = schedule.deferral_account_id.id
        return values
