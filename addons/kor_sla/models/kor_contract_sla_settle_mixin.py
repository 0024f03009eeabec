from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, exact, to_decimal

from ..engine import credits

# By the kind of a target: the kind of the credit for it.
CREDIT_KINDS = {"uptime": "uptime", "response": "response", "next_response": "response", "resolution": "resolution"}


class KorContractSlaSettleMixin(models.AbstractModel):
    """Say which credits follow from what was missed in a month, and why they are so much."""

    _name = "kor.contract.sla.settle.mixin"
    _description = "Credits that a Contract Owes"

    def _preview_sla_credits(self, first, last):
        """Return what credits the calendar months of a period give, as far as the facts go now."""
        self.ensure_one()
        months = []
        for month, end in self._iter_months(first, last):
            claims = self._get_sla_claims(self._get_compliance(month, end).get(self, []))
            settled = self._settle_sla_month(claims, month)
            if settled["raw"]:
                months.append(settled)
        return {
            "currency": self.currency_id.name,
            "total": self.currency_id.round(sum(one["total"] for one in months)),
            "months": months,
        }

    @api.model
    def _get_sla_claims(self, targets):
        """Return by version of the agreement what can be claimed for the targets that were missed, as plain JSON."""
        result = {}
        ids = [target["agreement"] for target in targets]
        for target in targets:
            agreement = self.env["kor.sla.agreement"].browse(target["agreement"]).with_prefetch(ids)
            key = (agreement, target["date_from"], target["date_to"])
            part = result.setdefault(key, self._prepare_claim_part(*key))
            if agreement.penalty_mode != "none":
                part["claims"] += self._claim_target(agreement, target, part["claims"])
        return list(result.values())

    @api.model
    def _prepare_claim_part(self, agreement, first, last):
        return {
            "agreement": agreement.id,
            "date_from": first,
            "date_to": last,
            "mode": agreement.penalty_mode,
            "base_kind": agreement.penalty_base,
            "cap_percent": agreement.penalty_cap,
            "minimum": agreement.penalty_minimum,
            "claims": [],
        }

    @api.model
    def _claim_target(self, agreement, target, known):
        if target["met"]:
            return []
        if target["kind"] == "uptime":
            return self._claim_uptime(agreement, target)
        kind = CREDIT_KINDS[target["kind"]]
        percent = agreement.response_credit if kind == "response" else agreement.resolution_credit
        # A ticket that was answered late three times is one that was answered late.
        claimed = {claim["task"] for claim in known if claim["kind"] == kind}
        facts = {one["id"]: one for one in target["evidence"]}
        return [
            {
                "kind": kind,
                "percent": percent,
                "task": task,
                "name": facts.get(task, {}).get("name", ""),
                "detail": facts.get(task, {}).get("detail", ""),
            }
            for task in dict.fromkeys(target["late_tasks"])
            if percent and task not in claimed
        ]

    @api.model
    def _claim_uptime(self, agreement, target):
        band = credits.band_of(agreement._get_engine_bands(), Fraction(target["exact"]))
        if not band or not band.percent:
            return []
        return [
            {
                "kind": "uptime",
                "percent": as_number(band.percent),
                "task": 0,
                "target": target["target"],
                "actual": target["actual"],
                "exact": target["exact"],
                "down_seconds": target["seconds"]["down"],
                "band": {"from": as_number(band.start), "below": as_number(band.end)},
            }
        ]

    def _settle_sla_month(self, parts, month, items=None, kept=None):
        """Return what the claims of a month come to, on the fees that are billed for it by now.

        Each version of the agreement gives credits on the fees of its own days, under its own cap; the minimum is
        that of the last one, for all together.

        :param parts: as of `_get_sla_claims`
        :param items, kept: as of `_get_fee_items` and `_get_kept_shares`, where the caller has read them for many
        """
        self.ensure_one()
        if items is None:
            items = self._get_fee_items(month, fields.Date.end_of(month, "month"))[self]
            kept = self._get_kept_shares(items)
        settled = [self._settle_part(part, items, kept) for part in parts]
        total = sum((one["total"] for one in settled), ZERO)
        minimum = to_decimal(parts[-1]["minimum"]) if parts else ZERO
        is_below = bool(total) and total <= minimum
        lines = [] if is_below else [line for one in settled for line in one["lines"]]
        return {
            "month": month.isoformat(),
            "currency": self.currency_id.name,
            "base": float(sum(one["base"] for one in settled)),
            "raw": float(sum(one["raw"] for one in settled)),
            "total": 0.0 if is_below else float(total),
            "is_capped": any(one["is_capped"] for one in settled),
            "is_below_minimum": is_below,
            "minimum": float(minimum),
            "kinds": {kind: _sum_kind(lines, kind) for kind in credits.KINDS},
            "parts": [one["facts"] for one in settled],
        }

    def _settle_part(self, part, items, kept):
        first, last = (fields.Date.to_date(part[name]) for name in ("date_from", "date_to"))
        own = self._get_fees(items, kept, first, last, part["base_kind"])
        base, cap = self._as_decimal(sum(own.values(), Fraction(0))), to_decimal(part["cap_percent"])
        claims = [
            credits.Claim(number, claim["kind"], to_decimal(claim["percent"]), claim)
            for number, claim in enumerate(part["claims"])
        ]
        settled = credits.settle(claims, base, cap, ZERO, to_decimal(self.currency_id.rounding))
        facts = {
            **part,
            "base": float(base),
            "raw": float(settled.raw),
            "total": float(settled.total),
            "is_capped": settled.capped,
            "fees": [self._describe_fee(item, amount) for item, amount in own.items()],
            "claims": [
                {**line.claim.why, "raw": float(line.raw), "amount": float(line.amount)} for line in settled.lines
            ],
        }
        return {
            "base": base,
            "raw": settled.raw,
            "total": settled.total,
            "lines": settled.lines,
            "is_capped": settled.capped,
            "facts": facts,
        }

    @api.model
    def _as_decimal(self, amount):
        with exact():
            return Decimal(amount.numerator) / Decimal(amount.denominator)


def _sum_kind(lines, kind):
    return float(sum(line.amount for line in lines if line.claim.kind == kind))
