from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .kor_dunning_step import SERVICE_EFFECTS
from .kor_move_collection_mixin import OPEN_STATES

SEVERITY = {"none": 0, "limited": 1, "suspended": 2}


class KorMoveDunningMixin(models.AbstractModel):
    """How far the dunning of an invoice is, and what it does to the customer's service while it is open."""

    _name = "kor.move.dunning.mixin"
    _description = "Dunning of Invoices"

    kor_dunning_event_ids = fields.One2many("kor.dunning.event", "move_id", string="Dunning")
    kor_is_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        tracking=True,
        help="The customer disputes the invoice: it is neither charged automatically nor dunned, and does not touch "
        "the service.",
    )
    kor_dispute_note = fields.Char(string="Dispute", copy=False, tracking=True, help="What the customer disputes.")
    kor_service_effect = fields.Selection(
        SERVICE_EFFECTS, compute="_compute_kor_service_effect", store=True, copy=False, string="Effect on Service"
    )

    @api.depends("kor_contract_id", "state", "payment_state", "kor_is_disputed", "kor_dunning_event_ids.service_effect")
    def _compute_kor_service_effect(self):
        for move in self:
            effects = move.kor_dunning_event_ids.mapped("service_effect") if move._is_kor_open() else []
            move.kor_service_effect = max(effects, key=SEVERITY.get, default="none")

    @api.constrains("kor_is_disputed", "kor_dispute_note")
    def _check_kor_dispute_note(self):
        for move in self:
            if move.kor_is_disputed and not (move.kor_dispute_note or "").strip():
                raise ValidationError(
                    self.env._("Write down what the customer disputes on %(invoice)s.", invoice=move.name or "")
                )

    def apply_dunning(self):
        """Apply at once the dunning steps that the invoices have come to, instead of with the next job.

        :return: the ids of the dunning events, empty where no step has come
        """
        self.env["kor.contract"]._check_can_bill()
        self.check_access("write")
        events = self.env["kor.dunning.event"].sudo()  # events are written by dunning only
        known = events.search([("move_id", "in", self.ids)])
        # What is overdue of a customer is compared with the threshold as a whole.
        plan = events._plan([("commercial_partner_id", "in", self.commercial_partner_id.ids)])
        for contract, steps in plan.items():
            for step, moves in steps.items():
                if own := moves & self.sudo():  # the plan holds its invoices as superuser, too
                    events._apply(contract, step, own)
        return (events.search([("move_id", "in", self.ids)]) - known).ids

    @api.model
    def _get_kor_overdue_domain(self):
        """Return which invoices may be overdue; zones ahead of UTC may be in tomorrow."""
        return (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", OPEN_STATES)
            & Domain("kor_is_disputed", "=", False)
            & Domain("invoice_date_due", "<=", "today +1d")
        )

    def _is_kor_open(self):
        is_posted = bool(self.kor_contract_id) and self.state == "posted"
        return is_posted and self.payment_state in OPEN_STATES and not self.kor_is_disputed

    def _is_kor_dunnable(self):
        """Return whether the customer is to be reminded: not while a payment is being processed."""
        is_invoice = self.move_type == "out_invoice" and self.kor_collection_state != "pending"
        return is_invoice and self._is_kor_open() and self.invoice_date_due <= self._get_kor_today()

    def _get_kor_pay_url(self):
        """Return where the customer can pay without signing in."""
        self.ensure_one()
        return self.get_base_url() + self.get_portal_url(query_string="&payment=True", anchor="portal_pay")
