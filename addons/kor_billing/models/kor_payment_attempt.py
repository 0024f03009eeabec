import logging
from datetime import timedelta

from odoo import api, fields, models, modules
from odoo.exceptions import LockError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)
# A provider has answered, or its request has timed out, long before.
MINUTES_UNTIL_UNCLEAR = 30
DAYS_TO_BOOK = 4
STATES = {
    "draft": "started",
    "pending": "pending",
    "authorized": "pending",
    "done": "done",
    "cancel": "declined",
    "error": "declined",
}


class KorPaymentAttempt(models.Model):
    """One charge of a saved payment method for an invoice.

    It is committed as started before the provider is asked, so that whoever comes after a crash finds it. The
    database holds one open attempt for an invoice at most: nothing is charged again while an outcome is not known.
    """

    _name = "kor.payment.attempt"
    _inherit = ["kor.payment.decline.mixin"]
    _description = "Payment Attempt"
    _order = "id desc"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="restrict"
    )
    contract_id = fields.Many2one(related="move_id.kor_contract_id", store=True, index="btree_not_null")
    partner_id = fields.Many2one(
        related="move_id.commercial_partner_id", store=True, index="btree_not_null", string="Customer"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    number = fields.Integer(required=True, readonly=True, aggregator="max", help="Counts the attempts of the invoice.")
    transaction_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        ondelete="restrict",
        groups="kor_billing.group_kor_billing_user",
        help="Empty where the attempt failed before a provider was asked.",
    )
    method = fields.Char(string="Payment Method", readonly=True, help="What was charged, as the customer knows it.")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    day = fields.Date(required=True, readonly=True, help="In the contract's time zone: retries count from the first.")
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    origin = fields.Selection(
        [("schedule", "Automatic"), ("hand", "By hand")], required=True, readonly=True, default="schedule"
    )
    state = fields.Selection(
        [
            ("started", "Started"),
            ("pending", "Pending"),
            ("done", "Succeeded"),
            ("declined", "Declined"),
            ("error", "Failed"),
        ],
        required=True,
        readonly=True,
        default="started",
        index=True,
        help="Started: the provider has been asked, or was about to be. Declined: the provider or the bank refused. "
        "Failed: nothing was charged, for a reason on this side.",
    )
    is_unclear = fields.Boolean(
        string="Unclear",
        readonly=True,
        help="The attempt was cut off before the provider answered. Nothing more is charged until it is known whether "
        "it went through.",
    )
    message = fields.Text(readonly=True)
    is_mailed = fields.Boolean(string="Mailed", readonly=True, help="The customer was told that it was declined.")

    _number_unique = models.UniqueIndex("(move_id, number)", "This attempt has been made already.")
    _open_unique = models.UniqueIndex(
        "(move_id) WHERE state IN ('started', 'pending')", "An attempt for this invoice is under way."
    )
    _transaction_unique = models.UniqueIndex(
        "(transaction_id) WHERE transaction_id IS NOT NULL", "A transaction belongs to one attempt."
    )

    @api.depends("move_id", "number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for attempt in self:
            attempt.display_name = self.env._(
                "%(invoice)s, attempt %(number)s", invoice=attempt.move_id.name or "", number=attempt.number
            )

    def action_mark_failed(self):
        """Record that the provider has charged nothing, so that collection goes on.

        :return: True
        """
        self.env["kor.contract"]._check_can_bill()
        self.check_access("read")
        for attempt in self:
            if attempt.state != "started":
                raise UserError(
                    self.env._(
                        "%(attempt)s is settled. Only one that was cut off can be marked.", attempt=attempt.display_name
                    )
                )
        for attempt in self.sudo():  # attempts and transactions are written by their methods only
            attempt.lock_for_update()
            message = self.env._("Nothing was charged, says %(user)s.", user=self.env.user.name)
            if attempt.transaction_id.state == "draft":
                attempt.transaction_id._set_canceled(state_message=message)
            attempt._close("error", message)
        return True

    def _charge(self):
        """Ask the provider once. What it says reaches the attempt through the transaction."""
        self.ensure_one()
        try:
            # Held until the answer is committed: others see by it that the attempt is alive.
            self.lock_for_update()
            self.move_id.lock_for_update()
        except LockError:
            return self._close_unsent(self.env._("Somebody else was at work on the invoice."))
        if self.state != "started" or self.transaction_id.state != "draft":
            return None
        move = self.move_id
        is_lower = move.currency_id.compare_amounts(move.amount_residual, self.amount) < 0
        if move.state != "posted" or move._is_kor_settled() or is_lower:
            return self._close_unsent(self.env._("The invoice was changed before the charge."))
        return self.transaction_id._charge_with_token()

    def _close_unsent(self, message):
        self.transaction_id._set_canceled(state_message=message)
        self._close("error", message)

    def _book(self):
        """Book the payments of charges that went through; what cannot be booked now is tried again later."""
        for attempt in self:
            transaction = attempt.transaction_id
            if transaction.state != "done" or transaction.is_post_processed:
                continue
            try:
                with self.env.cr.savepoint():
                    transaction._post_process()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                _logger.exception("The payment %s is not booked", transaction.reference)
                attempt.message = self.env._("Charged, but not booked yet: %(error)s", error=error)

    @api.model
    def _follow(self, transactions):
        """Take over what providers say about the attempts' transactions, at once or much later."""
        for attempt in self.search([("transaction_id", "in", transactions.ids)]):
            transaction = attempt.transaction_id
            state = STATES[transaction.state]
            if state != attempt.state and not (state == "declined" and attempt.state == "error"):
                attempt._close(state, transaction.state_message or "")

    def _close(self, state, message):
        self.ensure_one()
        self.write({"state": state, "message": message, "is_unclear": False})
        # The database lets the next attempt in as soon as it knows that this one is settled.
        self.flush_recordset(["state"])
        if state == "declined":
            self._mail_declined()
        if self.contract_id:
            self.contract_id._note_collection(self._describe())
            if self.move_id.kor_collection_state == "given_up":
                self.contract_id._schedule_collection(
                    self.env._("Payment failed"),
                    self.env._("%(invoice)s: the last automatic attempt failed.", invoice=self.move_id.name),
                )

    def _set_unclear(self, message):
        """Stop here and tell staff: only the provider knows whether this one went through."""
        self.ensure_one()
        self.write({"is_unclear": True, "message": message})
        if self.contract_id:
            self.contract_id._note_collection(self._describe())
            self.contract_id._schedule_collection(
                self.env._("Payment attempt is unclear"),
                self.env._(
                    "%(attempt)s: look up %(reference)s at the provider. If nothing was charged, mark the attempt "
                    "as failed.",
                    attempt=self.display_name,
                    reference=self.transaction_id.reference,
                ),
            )

    def _describe(self):
        """Return the event in one line for staff."""
        self.ensure_one()
        facts = {
            "attempt": self.display_name,
            "amount": self.currency_id.format(self.amount),
            "state": dict(self._fields["state"]._description_selection(self.env))[self.state],
        }
        line = self.env._("%(attempt)s over %(amount)s: %(state)s.", **facts)
        if self.message:
            line = f"{line} {self.message}"
        next_day = self.move_id.kor_next_attempt_date
        if self.state in ("declined", "error") and next_day:
            line += " " + self.env._("Next attempt on %(day)s.", day=next_day)
        return line

    @api.model
    def _cron_collect(self):
        """Charge what is due, each invoice by itself: the charge leaves Odoo before anything else can go wrong."""
        cron = self.env["ir.cron"]
        self._review_unfinished()
        moves = self.env["account.move"]._get_kor_due()
        cron._commit_progress(remaining=len(moves))
        for move in moves:
            move._collect_kor_safely()
            if not cron._commit_progress(1):
                return

    @api.model
    def _review_unfinished(self):
        """Look at attempts that were cut off: go on where the transaction knows the outcome, else ask staff."""
        since = fields.Datetime.now() - timedelta(minutes=MINUTES_UNTIL_UNCLEAR)
        unfinished = self.search([("state", "=", "started"), ("is_unclear", "=", False), ("date", "<=", since)])
        # One that is locked is being charged this moment.
        for attempt in unfinished.try_lock_for_update():
            if attempt.transaction_id.state == "draft":
                attempt._set_unclear(self.env._("The attempt was cut off before the provider answered."))
            else:
                self._follow(attempt.transaction_id)
        # Those that have gone through long ago are left to staff, as the native job does.
        lately = fields.Datetime.now() - timedelta(days=DAYS_TO_BOOK)
        charged = self.search(
            [
                ("state", "=", "done"),
                ("transaction_id.is_post_processed", "=", False),
                ("transaction_id.last_state_change", ">=", lately),
            ]
        )
        charged.try_lock_for_update()._book()

    @api.model
    def _commit_by_hand(self):
        """Commit what other transactions must see before the provider is asked, as a job does."""
        if not modules.module.current_test:
            self.env.cr.commit()  # pylint: disable=invalid-commit
