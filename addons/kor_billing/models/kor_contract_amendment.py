from dataclasses import dataclass
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import as_number

from ..engine import billing

# So many invoices to come are shown where none of them changes.
NEXT = 3


@dataclass(frozen=True)
class PreviewEnd:
    """Say in the context up to which day both looks of a preview go. No caller from outside can send such an object."""

    day: date


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

    def _preview(self):
        # Both looks go as far: with the change, another invoice may be the next one.
        end = PreviewEnd(self._get_preview_end())
        return super(KorContractAmendment, self.with_context(kor_preview_end=end))._preview()

    def _get_preview_end(self):
        """Return the last day of the billing periods that run when the amendment holds, and of the next ones."""
        contract = self.contract_id
        ends = [contract._get_today(), self.date_effective, contract._get_estimate_dates()[1]]
        return max(ends)

    def _get_preview_window(self):
        end = self.env.context.get("kor_preview_end")
        until = end.day if isinstance(end, PreviewEnd) else self._get_preview_end()
        return billing.Window(self.contract_id.date_start, until)

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
            "numerator_before": self._get_share_before(one),
        }

    def _get_share_before(self, one):
        """Return of what share a slice was billed last, in its own parts; 0 where it was not."""
        key = one.key
        items = self.contract_id.billing_item_ids.filtered(
            lambda item: item.state == "booked" and (item.contract_line_id.id, item.period_start) == key
        )
        share = (items.sorted("revision")[-1:].explanation or {}).get("share", {})
        return share.get("numerator", 0) if share.get("denominator") == one.explain()["share"]["denominator"] else 0

    def _prepare_preview(self, before, after):
        """Add what is given back, what is charged more, and the next invoices beside those without the change."""
        preview = super()._prepare_preview(before, after)
        rounded = self.currency_id.round
        preview["today"] = fields.Date.to_string(self.contract_id._get_today())
        amounts = [one["amount"] for one in self._get_corrections(preview) if not one.get("is_dropped")]
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

    @api.model
    def _get_preview_figures(self, preview, for_customer):
        figures = super()._get_preview_figures(preview, for_customer)
        if for_customer:
            return figures
        values = [preview[look]["total_contract_value"] for look in ("before", "after")]
        return [*figures, (self.env._("Total contract value"), *values, preview["total_contract_value_change"])]

    @api.model
    def _get_preview_values(self, preview, for_customer=False):
        return {
            **super()._get_preview_values(preview, for_customer),
            "corrections": self._get_corrections(preview),
            "invoices": self._get_next_invoices(preview),
        }

    @api.model
    def _get_corrections(self, preview):
        """Return what changes of the periods that run, or are over, when it holds: given back, dropped, charged."""
        before, after = (preview[name]["due"] for name in ("before", "after"))
        last = max(preview["date_effective"], preview["today"])
        known, kept = {self._get_due_key(one) for one in before}, {self._get_due_key(one) for one in after}
        dropped = [{**one, "amount": -one["amount"], "is_dropped": True} for one in before if one["amount"] > 0]
        changed = [one for one in after if self._get_due_key(one) not in known]
        gone = [one for one in dropped if self._get_due_key({**one, "amount": -one["amount"]}) not in kept]
        return [
            {**one, "days_text": self._word_days(one), "period": self._word_period(one)}
            for one in [*gone, *sorted(changed, key=lambda one: one["amount"] > 0)]
            if one["date_from"] <= last
        ]

    @api.model
    def _get_due_key(self, one):
        return one["line"], one["date_from"], one["amount"]

    @api.model
    def _word_days(self, one):
        """Return for how much of the period an amount is, for example 21 of 31 days."""
        part, whole = one["numerator"], one["denominator"]
        if self._is_given_back(one):
            part = one["numerator_before"] - part
        if part <= 0 or part >= whole or whole == 1:
            return ""
        return self.env._("%(part)s of %(whole)s days", part=part, whole=whole)

    @api.model
    def _word_period(self, one):
        """Return the days of an amount; what is given back begins after the days that stay charged."""
        first, last = (fields.Date.to_date(one[name]) for name in ("date_from", "date_to"))
        if self._is_given_back(one):
            first = last + timedelta(days=1) if one["numerator"] else first
            return self.env._("from %(first)s", first=format_date(self.env, first))
        return self.env._("%(first)s to %(last)s", first=format_date(self.env, first), last=format_date(self.env, last))

    @api.model
    def _is_given_back(self, one):
        return one["amount"] < 0 and not one.get("is_dropped")

    @api.model
    def _get_next_invoices(self, preview):
        """Return by due day what is billed without the change and with it: the days that differ, else the next."""
        today = preview["today"]
        known = {self._get_due_key(one) for one in preview["before"]["due"]}
        rows = {}
        for name in ("before", "after"):
            for one in preview[name]["due"]:
                # What the change corrects is due with it, whenever its period was.
                is_new = name == "after" and self._get_due_key(one) not in known
                day = max(one["due"], today, preview["date_effective"] if is_new else "")
                row = rows.setdefault(day, {"before": 0, "after": 0})
                row[name] += one["amount"]
        rows = {day: row for day, row in rows.items() if round(row["before"] - row["after"], 6)} or dict(
            sorted(rows.items())[:NEXT]
        )
        return [
            {"day": self._format_day(day) if day > today else self.env._("Now"), **row}
            for day, row in sorted(rows.items())
        ]
