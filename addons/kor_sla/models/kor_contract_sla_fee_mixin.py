from datetime import timedelta
from fractions import Fraction

from odoo import models

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal

from ..engine import fees

DAY = timedelta(days=1)
# What a fee of the month is; what is charged once is none.
RECURRING = ("fixed", "per_unit", "commitment")
CHARGE_TYPES = {"recurring": RECURRING, "all": (*RECURRING, "usage")}


class KorContractSlaFeeMixin(models.AbstractModel):
    """Tell what was really billed for some days: the base of credits."""

    _name = "kor.contract.sla.fee.mixin"
    _description = "Fees as the Base of Credits"

    def _get_fee_items(self, first, last):
        """Return by contract what is billed for the days of a span, whatever the day of the invoice."""
        items_sudo = self.env["kor.billing.item"].sudo()  # the base does not depend on who asks
        domain = [
            ("contract_id", "in", self.ids),
            ("state", "=", "booked"),
            ("date_start", "<=", last),
            ("date_end", ">=", first),
            ("charge_type", "in", CHARGE_TYPES["all"]),
        ]
        names = ["contract_id", "contract_line_id", "name", "date_start", "date_end", "amount", "charge_type"]
        names += ["move_id", "move_line_id", "corrected_item_id", "period_start"]
        found = items_sudo.search_fetch(domain, names, order="date_start, id")
        own = found.grouped("contract_id")
        return {contract: own.get(contract, items_sudo) for contract in self}

    def _get_kept_shares(self, items):
        """Return by invoice which part of it was not given back by hand: nobody gets a credit on what was returned.

        Credit notes of billing are billed items themselves, and those of credits are no return of fees.
        """
        moves_sudo = self.env["account.move"].sudo()  # as the items
        domain = [("reversed_entry_id", "in", items.move_id.ids), ("state", "=", "posted")]
        returned = {}
        for line in moves_sudo.search(domain).invoice_line_ids:
            if line.display_type == "product" and not line.kor_item_ids and not line.sla_booking_ids:
                origin = line.move_id.reversed_entry_id
                returned[origin] = returned.get(origin, 0.0) + line.price_subtotal
        result = {}
        for move, amount in returned.items():
            lines = move.invoice_line_ids.filtered(lambda one: one.display_type == "product" and not one.kor_draw_ids)
            charged = to_decimal(sum(lines.mapped("price_subtotal")))
            kept = Fraction(charged) - Fraction(to_decimal(amount))
            result[move.id] = max(kept / Fraction(charged), Fraction(0)) if charged > 0 else Fraction(0)
        return result

    def _get_fees(self, items, kept, first, last, base):
        """Return what of each item falls on the days of a span, unrounded; an item that corrects one goes with it."""
        result = {}
        for item in items:
            if item.charge_type not in CHARGE_TYPES[base]:
                continue
            share = fees.share(item.date_start, item.date_end + DAY, first, last + DAY)
            amount = Fraction(to_decimal(item.amount)) * share * kept.get(item.move_id.id, 1)
            key = item.corrected_item_id if item.corrected_item_id in items else item
            if share:
                result[key] = result.get(key, Fraction(0)) + amount
        return result

    def _describe_fee(self, item, amount):
        """Return a fee as the explanation of a credit names it."""
        return {
            "line": item.contract_line_id.id,
            "name": item.name,
            "date_from": item.date_start.isoformat(),
            "date_to": item.date_end.isoformat(),
            "billed": as_number(to_decimal(item.amount)),
            "amount": float(amount),
            "invoice": item.move_id.name or "",
            "item": item.id,
        }
