from odoo import models

# By the state that was left and the one that was entered.
CODES = {
    ("draft", "active"): "contract.activated",
    ("paused", "active"): "contract.resumed",
    ("active", "paused"): "contract.paused",
    ("active", "ended"): "contract.ended",
    ("paused", "ended"): "contract.ended",
    ("active", "cancelled"): "contract.ended",
    ("paused", "cancelled"): "contract.ended",
}


class KorContract(models.Model):
    _inherit = "kor.contract"

    # EXTENDS kor_contracts
    def _set_state(self, target, **values):
        before = {contract: contract.state for contract in self}
        result = super()._set_state(target, **values)
        found = {}
        for contract, state in before.items():
            if code := CODES.get((state, target)):
                found.setdefault(code, {})[contract] = [(contract, type(contract)._get_event_data)]
        for code, facts in found.items():
            self.env["kor.event"]._emit(code, facts)
        return result

    # EXTENDS kor_contracts
    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        code = "contract.renewed" if amendment.is_renewal else "contract.amended"
        self.env["kor.event"]._emit(code, {self: [(amendment, type(amendment)._get_event_data)]})
        return result

    def _get_event_data(self):
        """Return what the customer's systems are told of a contract."""
        self.ensure_one()
        return {
            "state": self.state,
            "date_start": str(self.date_start or ""),
            "date_end": str(self.date_end_effective or ""),
            "term": self.term or "",
        }
