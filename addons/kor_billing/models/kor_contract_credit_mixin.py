from datetime import timedelta

from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import billing


class KorContractCreditMixin(models.AbstractModel):
    """Give back what was billed too much: credit notes tied to the invoices that they correct."""

    _name = "kor.contract.credit.mixin"
    _description = "Credit Notes of a Contract"

    def _split_credits(self, slices):
        """Return what credit notes give back, and what an invoice charges.

        Use that was taken back, and what is small, lowers the next invoice as long as there is one to come.
        """
        self.ensure_one()
        back = [one for one in slices if one.difference < 0]
        if not back:
            return [], slices
        if self.next_billing_date:
            back = [one for one in back if one.line.charge_type not in ("usage", "commitment")]
            least = to_decimal(self.company_id.sudo().kor_credit_minimum)  # how a company bills is no secret
            if -sum(one.difference for one in back) < least:
                back = []
        return back, [one for one in slices if one not in back]

    def _give_back(self, credits, invoices, invoice_date, run):
        """Book credit notes, and let what is open of them, and of earlier ones, pay the new invoices."""
        notes = self.env["account.move"]
        for contract, slices in credits.items():
            if slices:
                notes |= contract._book_credits(slices, invoice_date, run)
        for contract, open_notes in self._find_open_notes(notes | invoices).grouped("kor_contract_id").items():
            contract._offset(open_notes | invoices.filtered(lambda move, own=contract: move.kor_contract_id == own))
        return notes

    def _find_open_notes(self, moves):
        """Return the posted credit notes of the contracts of some documents that something is left of."""
        return moves.search(
            [
                ("kor_contract_id", "in", moves.kor_contract_id.ids),
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )

    def _book_credits(self, slices, invoice_date, run):
        """Return the credit notes over slices, one for each invoice that they correct."""
        self.ensure_one()
        items_sudo = self.env["kor.billing.item"].sudo()  # written by billing only, as those of invoices
        booked = items_sudo.search([("contract_id", "=", self.id), ("state", "=", "booked")], order="id desc")
        parts, room = [], {}
        for one in slices:
            own = booked.filtered(lambda item, one=one: (item.contract_line_id.id, item.period_start) == one.key)
            parts += self._spread(one, own, room)
        notes = {}
        for move in {part["move"] for part in parts if part["move"]}:
            notes[move] = self._make_credit_note(move, [part for part in parts if part["move"] == move], invoice_date)
        lines = {move: iter(note.invoice_line_ids.sorted("id")) for move, note in notes.items()}
        values = []
        for part in parts:
            line = next(lines[part["move"]]) if part["move"] else False
            values.append(self._prepare_credit_item_values(part, line, run))
        items_sudo.create(values)
        result = self.env["account.move"].union(*notes.values())
        # One by one: posted together, one could be reconciled with the invoice of another.
        for note in result.filtered(lambda move: move._is_kor_posted_at_once()):
            note._post()
        return result

    def _spread(self, one, items, room):
        """Return the parts of what a slice gives back: from the last billing on, never more than is left of it.

        What an invoice has no room for has been given back by hand already, and is booked without a document.
        """
        left, parts = -one.difference, []
        free = self._iter_free_revisions(items)
        for item in items:
            move = item.move_id
            open_amount = to_decimal(item.amount) + sum(
                to_decimal(given.amount) for given in item.correction_ids if given.state == "booked"
            )
            if left <= 0 or open_amount <= 0 or move.state != "posted":
                continue
            taken = min(left, open_amount)
            if move not in room:
                room[move] = self._get_room(move)
            given = min(taken, max(room[move], 0))
            room[move] -= given
            left -= taken
            if given:
                parts.append({"slice": one, "item": item, "move": move, "amount": given, "revision": next(free)})
            if taken - given:
                parts.append(
                    {"slice": one, "item": item, "move": False, "amount": taken - given, "revision": next(free)}
                )
        return parts

    def _get_room(self, move):
        """Return what of an invoice can still be given back, before taxes and whatever paid it."""
        charged = move.invoice_line_ids.filtered(lambda line: line.display_type == "product" and not line.kor_draw_ids)
        refunds = move.reversal_move_ids.filtered(lambda refund: refund.state == "posted")
        given = sum(refunds.mapped("amount_untaxed"))
        return to_decimal(self.currency_id.round(sum(charged.mapped("price_subtotal")) - given))

    def _make_credit_note(self, move, parts, invoice_date):
        """Return a draft credit note over an invoice, at the price, tax and rate that was charged."""
        move_model = self.env["account.move"].with_context(tracking_disable=True)
        note = move_model.create(self._prepare_credit_note_values(move, parts, invoice_date or self._get_today()))
        note = note.with_context(tracking_disable=False)
        note._message_log(
            body=self.env._(
                "Gives back what invoice %(invoice)s charged too much under contract %(contract)s.",
                invoice=move._get_html_link(),
                contract=self._get_html_link(),
            )
        )
        return note

    def _prepare_note_head(self, move, day):
        """Return the values of any credit note over an invoice, without its lines."""
        foreign = move.currency_id != move.company_id.currency_id
        return {
            **self._prepare_move_head(day),
            "move_type": "out_refund",
            "reversed_entry_id": move.id,
            "journal_id": move.journal_id.id,
            "partner_id": move.partner_id.id,
            "fiscal_position_id": move.fiscal_position_id.id,
            "invoice_payment_term_id": False,
            **({"invoice_currency_rate": move.invoice_currency_rate} if foreign else {}),
        }

    def _prepare_credit_note_values(self, move, parts, day):
        """Return the values of a credit note. Extensible."""
        return {
            **self._prepare_note_head(move, day),
            "ref": self.env._("Correction of %(invoice)s", invoice=move.name),
            "kor_date_from": min(part["slice"].start for part in parts),
            "kor_date_to": max(part["slice"].end for part in parts) - timedelta(days=1),
            "invoice_line_ids": [fields.Command.create(self._prepare_credit_line_values(part)) for part in parts],
        }

    def _prepare_credit_line_values(self, part):
        line = part["item"].move_line_id
        one = part["slice"]
        own = self._get_line(one).with_context(lang=self.partner_id.lang)
        return {
            "product_id": line.product_id.id,
            "name": self.env._("%(slice)s: given back", slice=own._prepare_period_name(one)),
            "quantity": 1.0,
            "price_unit": float(part["amount"]),
            "tax_ids": [fields.Command.set(line.tax_ids.ids)],
            "account_id": line.account_id.id,
            "analytic_distribution": line.analytic_distribution,
        }

    def _prepare_credit_item_values(self, part, move_line, run):
        values = self._prepare_item_values(part["slice"], move_line, run)
        explanation = {
            **values["explanation"],
            "gives_back": {
                "invoice": part["item"].move_id.name,
                "amount": float(part["amount"]),
                "by_hand": not part["move"],
            },
        }
        return {
            **values,
            "amount": -float(part["amount"]),
            "revision": part["revision"],
            "corrected_item_id": part["item"].id,
            "explanation": explanation,
        }

    def _get_total_value(self):
        """Return what the agreed fees come to over the whole term, before taxes; a year where it is open."""
        self.ensure_one()
        end = self.date_end_effective or self.date_start + timedelta(days=364)
        slices = billing.target(self._get_engine_terms(), billing.Window(self.date_start, end))
        fees = [one.amount for one in slices if one.line.charge_type not in ("usage", "commitment")]
        return float(sum(fees))

    def _offset(self, moves):
        """Let open credit notes pay open invoices of the same contract."""
        lines = moves.filtered(lambda move: move.state == "posted").line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        for group in lines.grouped(lambda line: (line.account_id, line.currency_id)).values():
            if any(line.balance < 0 for line in group) and any(line.balance > 0 for line in group):
                group.reconcile()
