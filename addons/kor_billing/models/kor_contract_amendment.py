from datetime import timedelta

from odoo import models

from odoo.addons.kor_enterprise_tiers.engine.money import as_number

from ..engine import billing


class KorContractAmendment(models.Model):
    _inherit = "kor.contract.amendment"

    def _look(self):
        """Add what is due, and what the contract comes to over its term."""
        contract = self.contract_id
        slices = contract._get_open_slices(self._get_preview_window())[contract]
        return {
            **super()._look(),
            "total_contract_value": contract._get_total_value(),
            "due": [self._prepare_due(one) for one in slices],
        }

    def _get_preview_window(self):
        """Return the days up to the end of the billing periods that run when the amendment holds."""
        contract = self.contract_id
        last = max(contract._get_today(), self.date_effective)
        return billing.Window(contract.date_start, max(last, contract._get_estimate_dates()[1]))

    def _prepare_due(self, one):
        line = self.contract_id._get_line(one)
        share = one.explain()["share"]
        return {
            "line": line.id,
            "name": line.name,
            "date_from": one.start.isoformat(),
            "date_to": (one.end - timedelta(days=1)).isoformat(),
            "due": one.due.isoformat(),
            "days": share["days"],
            "numerator": share["numerator"],
            "denominator": share["denominator"],
            "amount": as_number(one.difference),
            "billed_before": as_number(one.booked),
        }

    def _prepare_preview(self, before, after):
        """Add what is given back, what is charged more, and the next invoices beside those without the change."""
        preview = super()._prepare_preview(before, after)
        rounded = self.currency_id.round
        amounts = [one["amount"] for one in after["due"]]
        totals = {
            name: sum(one["amount"] for one in look["due"]) for name, look in (("before", before), ("after", after))
        }
        return {
            **preview,
            "credit": rounded(-sum(amount for amount in amounts if amount < 0)),
            "charge": rounded(sum(amount for amount in amounts if amount > 0)),
            "due_before": rounded(totals["before"]),
            "due_after": rounded(totals["after"]),
            "due_change": rounded(totals["after"] - totals["before"]),
            "total_contract_value_change": rounded(after["total_contract_value"] - before["total_contract_value"]),
        }
