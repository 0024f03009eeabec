from odoo import fields, models

from .kor_contract_bounds_mixin import Bounded


class KorMoveHoldMixin(models.AbstractModel):
    """Leave an invoice as a draft that goes past a safety bound and that nobody has looked at."""

    _name = "kor.move.hold.mixin"
    _description = "Invoice that is Held for Review"

    kor_hold_reason = fields.Char(
        string="Held",
        readonly=True,
        copy=False,
        help="Why billing left the invoice as a draft: it goes past a safety bound. Posting it is the decision.",
    )

    def _is_kor_held(self):
        """Tell whether the invoice that is being made has to stay a draft."""
        bounded = self.env.context.get("kor_bounded")
        if not isinstance(bounded, Bounded) or not bounded.is_held or self.move_type != "out_invoice":
            return False
        return any(contract in bounded.reasons for contract in self.kor_contract_ids)

    def _hold_kor(self, reasons):
        """Note on invoices why they were left as drafts, and tell whoever is in charge.

        :param reasons: sentences by contract
        """
        moves_sudo = self.sudo()  # who may bill need not be allowed to change invoices
        for move in moves_sudo.filtered(lambda one: one.state == "draft" and one._is_kor_held()):
            contracts = move.kor_contract_ids.filtered(lambda contract: contract in reasons)
            move.kor_hold_reason = " ".join(reasons[contract] for contract in contracts)
            summary = self.env._("Look at the invoice before it is posted")
            contracts[0]._schedule_collection(summary, move.kor_hold_reason)
