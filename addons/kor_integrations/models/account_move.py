from collections import defaultdict

from odoo import models

KINDS = {"out_invoice": "invoice", "out_refund": "credit_note"}


class AccountMove(models.Model):
    _inherit = "account.move"

    # EXTENDS account
    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._emit_kor("invoice.posted")
        return posted

    # EXTENDS account
    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        if self.env["kor.event"]._is_heard("invoice.paid"):
            self._filter_kor_untold("invoice.paid")._emit_kor("invoice.paid")
        return result

    def _filter_kor_untold(self, code):
        """Leave out those that were told before: core says paid when a payment comes, and when the bank confirms it."""
        events_sudo = self.env["kor.event"].sudo()  # whoever books a payment, it is told once
        subjects = {f"invoices/{move.id}": move.id for move in self}
        type_id = self.env["kor.event.type"]._get_id(code)
        told = events_sudo.search_fetch(
            [
                ("type_id", "=", type_id),
                ("contract_id", "in", self.sudo().kor_contract_ids.ids),  # likewise
                ("subject", "in", list(subjects)),
            ],
            ["subject"],
        )
        return self - self.browse(subjects[event.subject] for event in told)

    def _emit_kor(self, code):
        events = self.env["kor.event"]
        if not events._is_heard(code):
            return
        facts = defaultdict(list)
        for move in self.sudo().filtered(lambda one: one.move_type in KINDS):  # contracts of whoever's invoices
            for contract in move.kor_contract_ids:
                facts[contract].append((move, type(move)._get_kor_event_data))
        events._emit(code, facts)

    def _get_kor_event_data(self):
        """Return what the customer's systems are told of an invoice."""
        self.ensure_one()
        return {
            "number": self.name or "",
            "kind": KINDS[self.move_type],
            "date": str(self.invoice_date or self.date),
            "date_due": str(self.invoice_date_due or ""),
            "period_from": str(self.kor_date_from or ""),
            "period_to": str(self.kor_date_to or ""),
            "currency": self.currency_id.name,
            "amount_untaxed": self.amount_untaxed,
            "amount_tax": self.amount_tax,
            "amount_total": self.amount_total,
            "amount_due": self.amount_residual,
        }
