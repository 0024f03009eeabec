from odoo import models
from odoo.exceptions import UserError


class KorInvoicePaymentMixin(models.AbstractModel):
    """Send invoices and collect them by the customer's saved token, through the native parts."""

    _name = "kor.invoice.payment.mixin"
    _description = "Invoice Sending and Collection"

    def send_invoice(self):
        """Post the invoices where they are drafts, and mail them with their PDF to the customer.

        :return: {"sent": the numbers, "recipients": the addresses}
        """
        self.env["kor.contract"]._check_can_bill()
        self.check_access("write")
        self._check_sendable()
        self.filtered(lambda move: move.state == "draft")._post()
        self.env["account.move.send"]._generate_and_send_invoices(self, sending_methods=["email"])
        return {
            "sent": self.mapped("name"),
            "recipients": sorted({partner.email for partner in self.partner_id if partner.email}),
        }

    def _check_sendable(self):
        for move in self:
            if move.move_type not in ("out_invoice", "out_refund") or move.state == "cancel":
                raise UserError(self.env._("%(move)s is no customer invoice that can be sent.", move=move.display_name))
            if not move.partner_id.email:
                raise UserError(
                    self.env._(
                        "%(customer)s has no e-mail address. Enter one, then send %(move)s again.",
                        customer=move.partner_id.display_name,
                        move=move.display_name,
                    )
                )

    def process_payment(self):
        """Collect what is open on the invoice by the customer's saved payment method.

        Nothing is charged twice: while an attempt is under way or has succeeded, its state is returned. The attempt is
        committed before the provider is asked, so it counts whatever happens to the caller.

        :return: {"state", "amount", "reference", "message"}; the state is "paid", "no_token", "started" (asked, but
            not answered yet), or that of the native transaction: "done", "pending", "authorized", "cancel", "error"
        """
        self.ensure_one()
        self.env["kor.contract"]._check_can_bill()
        self.check_access("write")
        self._check_collectable()
        # One attempt at a time: a second caller gets an error here, and the state after it.
        self.lock_for_update()
        move_sudo = self.sudo()  # transactions and tokens are readable by the payment administrator only
        answer = move_sudo._get_kor_answer()
        if answer:
            return answer
        return self._prepare_attempt_result(
            move_sudo._make_kor_attempt("hand", move_sudo.kor_attempt_ids._commit_by_hand)
        )

    def _get_kor_answer(self):
        """Return the result where nothing can or need be charged, else nothing."""
        if self._is_kor_settled():
            return self._prepare_payment_result("paid", 0.0, self.env._("Nothing is open on %(move)s.", move=self.name))
        open_transaction = self._get_kor_open_transaction()
        if open_transaction.state == "done":
            open_transaction._post_process()
        if open_transaction:
            return self._prepare_transaction_result(open_transaction)
        unfinished = self.kor_attempt_ids.filtered(lambda attempt: attempt.state == "started")
        if unfinished:
            return self._prepare_attempt_result(unfinished)
        if self._get_payment_token():
            return None
        customer = self.partner_id.commercial_partner_id.display_name
        message = self.env._(
            "%(customer)s has no saved payment method. They can pay %(move)s in the portal and save one there.",
            customer=customer,
            move=self.name,
        )
        return self._prepare_payment_result("no_token", self.amount_residual, message)

    def action_kor_process_payment(self):
        """Collect what is open and tell how it went.

        :return: a notification action
        """
        result = self.process_payment()
        succeeded = result["state"] in ("done", "paid")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if succeeded else "warning",
                "message": result["message"],
                "sticky": not succeeded,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_collectable(self):
        if self.move_type != "out_invoice" or self.state != "posted":
            raise UserError(
                self.env._("%(move)s cannot be collected: only a posted customer invoice can.", move=self.display_name)
            )

    def _get_payment_token(self):
        """Return the latest token that the customer can pay this invoice with."""
        partner = self.partner_id.commercial_partner_id
        providers = self.env["payment.provider"]._get_compatible_providers(
            self.company_id.id, partner.id, self.amount_residual, currency_id=self.currency_id.id
        )
        return self.env["payment.token"].search(
            [("provider_id", "in", providers.ids), ("partner_id", "child_of", partner.id)], order="id desc", limit=1
        )

    def _prepare_attempt_result(self, attempt):
        transaction = attempt.transaction_id
        if attempt.state == "started":
            message = self.env._(
                "%(attempt)s has not been answered by the provider yet. Nothing more is charged until it is.",
                attempt=attempt.display_name,
            )
            return self._prepare_payment_result("started", attempt.amount, message, transaction.reference)
        if attempt.state == "error":
            return self._prepare_payment_result("error", attempt.amount, attempt.message, transaction.reference or "")
        return self._prepare_transaction_result(transaction)

    def _prepare_transaction_result(self, transaction):
        message = transaction.state_message or self.env._(
            "Attempt %(reference)s: %(state)s.",
            reference=transaction.reference,
            state=dict(transaction._fields["state"]._description_selection(self.env))[transaction.state],
        )
        return self._prepare_payment_result(transaction.state, transaction.amount, message, transaction.reference)

    def _prepare_payment_result(self, state, amount, message, reference=""):
        return {"state": state, "amount": amount, "reference": reference, "message": str(message)}
