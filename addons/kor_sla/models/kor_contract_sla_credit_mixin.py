from datetime import timedelta

from odoo import fields, models
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, allocate, as_number, to_decimal

# A credit waits for the next invoice as long as one comes within about a month.
WAITING_DAYS = 32
SETTLED_DAYS = 400


class KorContractSlaCreditMixin(models.AbstractModel):
    """Book approved credits: credit notes over the invoices of the month's fees, as they were really charged."""

    _name = "kor.contract.sla.credit.mixin"
    _description = "SLA Credits of a Contract"

    def _note_sla_credits(self):
        """Let the next run look at contracts that get a credit, where no invoice is near."""
        for contract in self:
            last = contract._get_today() + timedelta(days=WAITING_DAYS)
            if not contract.next_billing_date or contract.next_billing_date > last:
                contract._write_agreed({"needs_correction": True})

    def _book_sla_credits_now(self):
        """Book what is approved, outside of a billing; return the credit notes."""
        self._lock_for_billing()
        notes = self.env["account.move"]
        for company, contracts in self.grouped("company_id").items():
            notes |= contracts.with_company(company)._book_sla_credits()
        return notes

    def _book_sla_credits(self, invoices=None, invoice_date=False):
        """Book what is approved and not booked; return the credit notes. Asked twice, it books once.

        What stays open of the notes pays new invoices of the same contract.
        """
        credits_sudo = self.env["kor.sla.credit"].sudo()  # credits are booked by billing, whoever bills
        credits_sudo = credits_sudo.search(
            [("contract_id", "in", self.ids), ("state", "!=", "declined")], order="month"
        )
        # Fees of months that are long over do not come any more.
        since = fields.Date.subtract(fields.Date.context_today(self), days=SETTLED_DAYS)
        credits_sudo.filtered(lambda one: one.month >= since)._settle_again()
        credits_sudo = credits_sudo.filtered("open_amount")
        notes = self.env["account.move"]
        for contract, own in credits_sudo.grouped("contract_id").items():
            own._set_off()
            contract = self.browse(contract.id)
            made = contract._make_sla_notes(own.filtered(lambda one: one.open_amount > 0), invoice_date)
            new = (invoices or notes).filtered(lambda move, own=contract: own in move.kor_contract_ids)
            contract._offset(made | new)
            notes |= made
        return notes

    def _make_sla_notes(self, credits, invoice_date):
        """Return the credit notes over credits, one for each invoice that they give something back of."""
        self.ensure_one()
        parts = self._spread_sla_credits(credits)
        notes = self.env["account.move"]
        bookings = []
        groups = {}
        for part in parts:
            groups.setdefault(part["item"].move_id, []).append(part)
        for move, own in groups.items():
            note = self._make_sla_note(move, own, invoice_date)
            for part, line in zip(own, note.invoice_line_ids.sorted("id"), strict=True):
                bookings.append(self._prepare_booking_values(part, line))
            notes |= note
        self.env["kor.sla.booking"].sudo().create(bookings)  # as the credits
        # One by one: posted together, one could be reconciled with the invoice of another.
        for note in notes.filtered(lambda move: move._is_kor_posted_at_once()):
            note._post()
        return notes

    def _spread_sla_credits(self, credits):
        """Return what each credit gives back of each fee: in proportion, and never more than is left of an invoice.

        What finds no room on the invoices of its month is taken from those that came later; the rest waits.
        """
        room, given = {}, self._get_given_back(credits)
        parts = []
        for credit in credits:
            fees = self._get_month_fees(credit, given)
            left = to_decimal(credit.open_amount)
            weights = [amount for _item, amount in fees]
            total = min(left, sum(weights, ZERO))
            shares = allocate(total, weights, to_decimal(self.currency_id.rounding)) if total > 0 else ()
            for (item, _amount), share in zip(fees, shares, strict=False):
                left -= self._take_part(parts, credit, item, share, room)
            if left > 0:
                for item, amount in (*fees, *self._get_later_fees(credit)):
                    left -= self._take_part(parts, credit, item, min(left, amount), room)
        return parts

    def _take_part(self, parts, credit, item, amount, room):
        """Add what an invoice has room for to the parts; return how much that is."""
        move = item.move_id
        if move not in room:
            room[move] = self._get_sla_room(move)
        taken = min(amount, room[move])
        if taken <= 0:
            return ZERO
        room[move] -= taken
        same = next((part for part in parts if part["credit"] == credit and part["item"] == item), None)
        if same:
            same["amount"] += taken
        else:
            parts.append({"credit": credit, "item": item, "amount": taken})
        return taken

    def _get_sla_room(self, move):
        """Return what of an invoice can still be given back, less the credit notes that are drafts yet."""
        drafts = move.reversal_move_ids.filtered(lambda refund: refund.state == "draft" and refund.kor_contract_id)
        return max(self._get_room(move) - to_decimal(sum(drafts.mapped("amount_untaxed"))), ZERO)

    def _get_given_back(self, credits):
        """Return by month and fee what credits have given back already."""
        bookings_sudo = self.env["kor.sla.booking"].sudo()  # as the credits
        groups = bookings_sudo._read_group(
            [
                ("contract_id", "=", self.id),
                ("month", "in", credits.mapped("month")),
                ("state", "=", "booked"),
                ("item_id", "!=", False),
            ],
            ["credit_id", "item_id"],
            ["amount:sum"],
        )
        result = {}
        for credit, item, amount in groups:
            key = (credit.month, item)
            result[key] = result.get(key, ZERO) + to_decimal(amount)
        return result

    def _get_month_fees(self, credit, given):
        """Return the fees of the credit's month that are invoiced, each with what credits left of it."""
        month, end = credit.month, fields.Date.end_of(credit.month, "month")
        items = self._get_fee_items(month, end)[self]
        kept = self._get_kept_shares(items)
        found = {}
        for part in credit.report_id.figures["claims"]:
            days = (fields.Date.to_date(part[name]) for name in ("date_from", "date_to"))
            for item, amount in self._get_fees(items, kept, *days, part["base_kind"]).items():
                found[item] = found.get(item, 0) + amount
        unit = to_decimal(self.currency_id.rounding)
        result = []
        for item, amount in found.items():
            left = self._as_decimal(amount) - given.get((month, item), ZERO)
            # Cut down: a fraction of a cent cannot be given back.
            left = left // unit * unit
            if item.move_id.state == "posted" and left > 0:
                result.append((item, left))
        return result

    def _get_later_fees(self, credit):
        """Return what was invoiced for later days, the next first."""
        items_sudo = self.env["kor.billing.item"].sudo()  # as the credits
        domain = [
            ("contract_id", "=", self.id),
            ("state", "=", "booked"),
            ("amount", ">", 0),
            ("date_start", ">", fields.Date.end_of(credit.month, "month")),
            ("move_id.state", "=", "posted"),
        ]
        return [(item, to_decimal(item.amount)) for item in items_sudo.search(domain, order="date_start, id")]

    def _make_sla_note(self, move, parts, invoice_date):
        """Return a draft credit note over an invoice, at the price, tax and rate that was charged."""
        move_model = self.env["account.move"].with_context(tracking_disable=True)
        note = move_model.create(self._prepare_sla_note_values(move, parts, invoice_date or self._get_today()))
        note = note.with_context(tracking_disable=False)
        credits = self.env["kor.sla.credit"].union(*(part["credit"] for part in parts))
        note._message_log(
            body=self.env._(
                "Credit of contract %(contract)s for missed service levels: %(credits)s.",
                contract=self._get_html_link(),
                credits=", ".join(credits.mapped("name")),
            )
        )
        return note

    def _prepare_sla_note_values(self, move, parts, day):
        """Return the values of a credit note. Extensible."""
        months = [part["credit"].month for part in parts]
        return {
            **self._prepare_note_head(move, day),
            "ref": self.with_context(lang=move.partner_id.lang).env._(
                "Service credit on %(invoice)s", invoice=move.name
            ),
            "kor_date_from": min(months),
            "kor_date_to": fields.Date.end_of(max(months), "month"),
            "invoice_line_ids": [Command.create(self._prepare_sla_note_line_values(part)) for part in parts],
        }

    def _prepare_sla_note_line_values(self, part):
        line = part["item"].move_line_id
        return {
            "product_id": line.product_id.id,
            "name": part["credit"].with_context(lang=line.move_id.partner_id.lang)._describe_for_invoice(part["item"]),
            "quantity": 1.0,
            "price_unit": float(part["amount"]),
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "account_id": line.account_id.id,
            "analytic_distribution": line.analytic_distribution,
        }

    def _prepare_booking_values(self, part, line):
        credit, item = part["credit"], part["item"]
        explanation = {
            **(credit.explanation or {}),
            "name": credit.name,
            "report": credit.report_id.name,
            "amount": -as_number(part["amount"]),
            "currency": self.currency_id.name,
            "gives_back": {"invoice": item.move_id.name, "fee": item.name, "amount": as_number(part["amount"])},
            "adjustment": {"amount": credit.adjustment, "reason": credit.adjustment_reason or ""},
            "facts": [
                {"model": "kor.contract", "id": self.id, "name": self.name},
                {"model": "kor.sla.report", "id": credit.report_id.id, "name": credit.report_id.name},
                {"model": "kor.sla.credit", "id": credit.id, "name": credit.name},
                {"model": "kor.billing.item", "id": item.id, "name": item.name},
            ],
        }
        return {
            "credit_id": credit.id,
            "item_id": item.id,
            "amount": float(part["amount"]),
            "move_line_id": line.id,
            "explanation": explanation,
        }

    def _preview_sla_booking(self):
        """Return the lines of the credit notes that the next billing makes, as those of an invoice's preview."""
        self.ensure_one()
        credits_sudo = self.env["kor.sla.credit"].sudo()  # whoever sees the next invoice sees what lowers it
        credits_sudo = credits_sudo.search(
            [("contract_id", "=", self.id), ("open_amount", ">", 0)], order="month, kind"
        )
        parts = self._spread_sla_credits(credits_sudo)
        taxes = self._get_sla_preview_taxes(parts)
        return [self._prepare_sla_preview_line(part, tax) for part, tax in zip(parts, taxes, strict=True)]

    def _get_sla_preview_taxes(self, parts):
        """Return tax and total of each part, as the invoice was taxed that it gives back."""
        return self._tax_base_lines(
            [self._prepare_credit_base_line(part["amount"], part["item"].move_line_id.tax_ids) for part in parts]
        )

    def _prepare_sla_preview_line(self, part, taxes):
        credit = part["credit"]
        values = self._prepare_booking_values(part, self.env["account.move.line"])
        return {
            "contract_id": self.id,
            "contract": self.name,
            "line_id": 0,
            "product_id": part["item"].product_id.id,
            "name": credit.with_context(lang=self.partner_id.lang)._describe_for_invoice(part["item"]),
            "date_from": credit.month.isoformat(),
            "date_to": fields.Date.end_of(credit.month, "month").isoformat(),
            "due": self._get_today().isoformat(),
            "quantity": 1,
            "amount": -as_number(part["amount"]),
            "tax_amount": taxes["tax_amount"],
            "total": taxes["total"],
            "currency": self.currency_id.name,
            "explanation": values["explanation"],
        }
