import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

from ..engine import collection

_logger = logging.getLogger(__name__)
OPEN_STATES = ("not_paid", "partial")
# A customer who is at the provider's page has that long before the job charges the saved method.
MINUTES_AT_PROVIDER = 30


class KorMoveCollectionMixin(models.AbstractModel):
    """Collect the invoices of contracts by the saved payment method: when, how often, and what comes next."""

    _name = "kor.move.collection.mixin"
    _description = "Automatic Collection"

    kor_attempt_ids = fields.One2many("kor.payment.attempt", "move_id", string="Payment Attempts")
    kor_collection_state = fields.Selection(
        [
            ("none", "Not Automatic"),
            ("no_token", "No Payment Method"),
            ("scheduled", "Scheduled"),
            ("pending", "In Process"),
            ("retrying", "Retrying"),
            ("given_up", "Given Up"),
            ("paid", "Paid"),
        ],
        string="Collection",
        compute="_compute_kor_collection",
        store=True,
        copy=False,
        help="How far the automatic collection of the invoice is.",
    )
    kor_next_attempt_date = fields.Date(
        string="Next Attempt", compute="_compute_kor_collection", store=True, copy=False, index="btree_not_null"
    )
    kor_retry_date = fields.Date(
        readonly=True, copy=False, help="A payment method was saved on that day: it is tried without waiting."
    )

    @api.depends(
        "state",
        "move_type",
        "payment_state",
        "invoice_date_due",
        "kor_is_disputed",
        "kor_retry_date",
        "kor_contract_id.auto_charge",
        "kor_attempt_ids.state",
    )
    def _compute_kor_collection(self):
        # What a company changes, and the tokens, are told to the open invoices alone: see _refresh_kor_collection.
        with_token = self._filter_kor_with_token()
        for move in self:
            move.kor_next_attempt_date = False
            if not move.kor_contract_id or move.move_type != "out_invoice" or move.state != "posted":
                move.kor_collection_state = "none"
            elif move.payment_state in ("paid", "in_payment"):
                move.kor_collection_state = "paid"
            elif any(attempt.state in ("started", "pending") for attempt in move.kor_attempt_ids):
                move.kor_collection_state = "pending"
            elif not move._is_kor_automatic():
                move.kor_collection_state = "none"
            elif move not in with_token:
                move.kor_collection_state = "no_token"
            else:
                move.kor_collection_state, move.kor_next_attempt_date = move._get_kor_next_attempt()

    def _is_kor_automatic(self):
        return (
            self.payment_state in OPEN_STATES
            and self.company_id.kor_auto_charge
            and self.kor_contract_id.auto_charge
            and not self.kor_is_disputed
        )

    def _get_kor_next_attempt(self):
        failed = self.kor_attempt_ids.filtered(lambda one: one.state in ("declined", "error")).mapped("day")
        if not failed:
            return "scheduled", self.invoice_date_due
        day = self.kor_retry_date or collection.next_attempt(failed, self.company_id._get_kor_retry_days())
        return ("retrying", day) if day else ("given_up", False)

    def _filter_kor_with_token(self):
        """Return the invoices of customers with a saved payment method at the invoice's company."""
        candidates = self.filtered("kor_contract_id")
        if not candidates:
            return candidates
        customers = candidates.commercial_partner_id
        tokens = self.env["payment.token"].sudo()  # that there is one is no secret, what it is stays one
        groups = tokens._read_group(
            [("partner_id.commercial_partner_id", "in", customers.ids)], ["partner_id", "company_id"]
        )
        saved = {(partner.commercial_partner_id.id, company.id) for partner, company in groups}
        # A branch collects by the providers of the companies above it, too.
        return candidates.filtered(
            lambda move: any((move.commercial_partner_id.id, one.id) in saved for one in move.company_id.parent_ids)
        )

    @api.model
    def _refresh_kor_collection(self, domain):
        """Compute the open invoices of contracts again that a setting or a payment method changes."""
        open_ones = Domain("kor_contract_id", "!=", False) & Domain("state", "=", "posted")
        open_ones &= Domain("payment_state", "in", OPEN_STATES) & Domain("move_type", "=", "out_invoice")
        moves = self.sudo().search(open_ones & Domain(domain))  # it follows the customer's doings, whoever acts
        for name in ("kor_collection_state", "kor_next_attempt_date"):
            self.env.add_to_compute(self._fields[name], moves)
        return moves

    @api.model
    def _get_kor_due(self):
        """Return the invoices whose next attempt has come in their contract's zone, oldest first."""
        found = self.search([("kor_next_attempt_date", "<=", "today +1d")], order="kor_next_attempt_date, id")
        return found.filtered(lambda move: move._is_kor_due())

    def _is_kor_settled(self):
        """Return whether nothing is left to collect: a payment that waits for the bank leaves the amount as it was."""
        settled = self.payment_state in ("paid", "in_payment", "reversed")
        return settled or self.currency_id.is_zero(self.amount_residual)

    def _is_kor_due(self):
        self.ensure_one()
        day = self.kor_next_attempt_date
        return bool(day) and day <= self._get_kor_today() and not self._is_kor_at_provider()

    def _is_kor_at_provider(self):
        since = fields.Datetime.now() - timedelta(minutes=MINUTES_AT_PROVIDER)
        return any(
            tx.state == "draft" and tx.operation != "offline" and tx.last_state_change >= since
            for tx in self.transaction_ids
        )

    def _get_kor_today(self):
        return self.kor_contract_id._get_today() if self.kor_contract_id else fields.Date.context_today(self)

    def _collect_kor_safely(self):
        """Make the attempt that is due; whatever goes wrong concerns this invoice alone."""
        self.ensure_one()
        try:
            locked = self.try_lock_for_update()
            if locked and locked._is_kor_due() and not locked._get_kor_open_transaction():
                locked._make_kor_attempt("schedule", self.env["ir.cron"]._commit_progress)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # The attempt, where there is one, is committed: the next job looks at it first.
            self.env.cr.rollback()
        except Exception as error:
            _logger.exception("Invoice %s could not be collected", self.id)
            self.env.cr.rollback()
            self._note_kor_failure(str(error))

    def _note_kor_failure(self, message):
        message = self.env._("Unexpected error: %(error)s", error=message)
        self.kor_retry_date = False
        under_way = self.kor_attempt_ids.filtered(lambda attempt: attempt.state == "started")
        if under_way:
            under_way._set_unclear(message)
        else:
            attempt = self.env["kor.payment.attempt"].create(self._prepare_kor_attempt("schedule", state="error"))
            attempt._close("error", message)

    def _get_kor_open_transaction(self):
        """Return the transaction that may still pay, or has paid without being booked yet."""
        return self.transaction_ids.filtered(
            lambda tx: tx.state in ("pending", "authorized") or (tx.state == "done" and not tx.is_post_processed)
        )[:1]

    def _make_kor_attempt(self, origin, commit):
        """Record an attempt, commit it, then ask the provider.

        :param commit: called before and after the provider is asked, and makes that known to other transactions
        """
        self.ensure_one()
        token = self._get_payment_token()
        values = self._prepare_kor_attempt(origin)
        if not token:
            message = self.env._("No saved payment method of the customer can pay this invoice.")
            attempt = self.env["kor.payment.attempt"].create({**values, "state": "error"})
            attempt._close("error", message)
            return attempt
        transaction = self.env["payment.transaction"].create(self._prepare_kor_transaction(token))
        attempt = self.env["kor.payment.attempt"].create(
            {**values, "transaction_id": transaction.id, "method": token.display_name}
        )
        self.kor_retry_date = False
        commit()
        attempt._charge()
        commit()
        attempt._book()
        return attempt

    def _prepare_kor_attempt(self, origin, **values):
        return {
            "move_id": self.id,
            "number": max(self.kor_attempt_ids.mapped("number"), default=0) + 1,
            "day": self._get_kor_today(),
            "amount": self.amount_residual,
            "currency_id": self.currency_id.id,
            "origin": origin,
            **values,
        }

    def _prepare_kor_transaction(self, token):
        return {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "operation": "offline",
            "amount": self.amount_residual,
            "currency_id": self.currency_id.id,
            "partner_id": token.partner_id.id,
            "invoice_ids": [Command.set(self.ids)],
        }

    def _describe_kor_collection(self):
        """Return for the customer what happened last and what comes next, a sentence each."""
        self.ensure_one()
        last = self.kor_attempt_ids.sorted("number")[-1:]
        sentences = []
        if last.state == "declined":
            sentences.append(
                self.env._(
                    "The charge of %(amount)s on %(day)s did not succeed. %(reason)s",
                    amount=last.currency_id.format(last.amount),
                    day=format_date(self.env, last.day),
                    reason=last.message or "",
                ).strip()
            )
        return [*sentences, *self._describe_kor_next_attempt()]

    def _describe_kor_next_attempt(self):
        if self.kor_collection_state == "pending":
            return [self.env._("A payment is being processed.")]
        if self.kor_next_attempt_date:
            day = format_date(self.env, max(self.kor_next_attempt_date, self._get_kor_today()))
            return [self.env._("Your saved payment method will be charged on %(day)s.", day=day)]
        if self.kor_collection_state == "given_up":
            return [self.env._("It is not charged again by itself: please pay it, or save another payment method.")]
        if self.kor_collection_state == "no_token":
            return [self.env._("No payment method is saved: please pay it, and save one to have it charged by itself.")]
        return []
