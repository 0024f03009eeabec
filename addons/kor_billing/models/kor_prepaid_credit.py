from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine import prepaid

FACTS = {"contract_id", "amount", "date_start", "date_end", "covers", "move_id", "account_id"}


class KorPrepaidCredit(models.Model):
    """Credit that a customer has paid ahead, or was given: invoices draw on it before an amount is due."""

    _name = "kor.prepaid.credit"
    _inherit = ["kor.input.mixin", "mail.thread"]
    _description = "Prepaid Credit"
    _order = "date_end, date_start, id"
    _check_company_auto = True

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="restrict", check_company=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    amount = fields.Monetary(required=True)
    date_start = fields.Date(string="Valid from", help="Empty: it pays whatever is still to be billed.")
    date_end = fields.Date(
        string="Expires after",
        help="The last day. What was used until then is paid from it. Empty: it does not expire.",
    )
    covers = fields.Selection(
        [("all", "All charges"), ("usage", "Use and commitments")],
        required=True,
        default="all",
        help="What the credit may pay.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Top-up Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The credit can be drawn once this invoice is paid. Empty: the credit was given.",
    )
    account_id = fields.Many2one(
        "account.account",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The liability that the top-up was booked on, and that invoices draw on. Empty: the credit was given, "
        "and what is drawn lowers the income.",
    )
    draw_ids = fields.One2many("kor.prepaid.draw", "credit_id", string="Drawn by")
    drawn = fields.Monetary(compute="_compute_balance", store=True)
    balance = fields.Monetary(compute="_compute_balance", store=True, help="What is left, whether expired or not.")
    state = fields.Selection(
        [("pending", "Not Paid"), ("available", "Available"), ("used", "Used Up"), ("void", "Void")],
        compute="_compute_state",
        store=True,
        tracking=True,
    )
    is_expired = fields.Boolean(string="Expired", compute="_compute_is_expired", search="_search_is_expired")

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A prepaid credit is above 0.")

    @api.depends("amount", "currency_id", "contract_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for credit in self:
            amount = credit.currency_id.format(credit.amount) if credit.currency_id else ""
            credit.display_name = self.env._(
                "%(contract)s: %(amount)s prepaid", contract=credit.contract_id.name, amount=amount
            )

    @api.depends("amount", "draw_ids.amount", "draw_ids.state")
    def _compute_balance(self):
        for credit in self:
            booked = credit.draw_ids.filtered(lambda draw: draw.state == "booked")
            credit.drawn = sum(booked.mapped("amount"))
            credit.balance = credit.amount - credit.drawn

    @api.depends("move_id.state", "move_id.payment_state", "balance")
    def _compute_state(self):
        for credit in self:
            move = credit.sudo().move_id  # the state of a credit is no secret of its invoice
            if move and (move.state == "cancel" or move.payment_state == "reversed"):
                credit.state = "void"
            elif move and move.payment_state not in ("paid", "in_payment"):
                credit.state = "pending"
            else:
                credit.state = "available" if credit.balance > 0 else "used"

    @api.depends("date_end")
    def _compute_is_expired(self):
        for credit in self:
            credit.is_expired = bool(credit.date_end) and credit.date_end < credit.contract_id._get_today()

    @api.model
    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("date_end", "<", "today")]

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for credit in self:
            if credit.date_start and credit.date_end and credit.date_end < credit.date_start:
                raise ValidationError(
                    self.env._(
                        "The credit expires after %(end)s, before it begins on %(start)s: choose a later day.",
                        end=credit.date_end,
                        start=credit.date_start,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any({"move_id", "account_id"} & set(vals) for vals in vals_list):
            raise UserError(
                self.env._(
                    "Credit that is made by hand is given: leave the invoice and its account out, or use top_up()."
                )
            )
        return super().create(vals_list)

    def write(self, vals):
        frozen = FACTS & set(vals)
        if frozen and not self.env.su:
            raise UserError(
                self.env._("A prepaid credit is not changed any more: make another one, or cancel its invoice.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for credit in self:
            if credit.move_id or credit.draw_ids:
                raise UserError(
                    self.env._(
                        "%(credit)s has been invoiced or drawn, and is kept as evidence.", credit=credit.display_name
                    )
                )

    def action_open_invoice(self):
        """Open the top-up invoice.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)

    def _get_engine_credits(self):
        """Return what is left of the credits as the engine draws on them."""
        return [
            prepaid.Credit(
                key=credit.id,
                start=credit.date_start or None,
                end=credit.date_end + timedelta(days=1) if credit.date_end else None,
                balance=to_decimal(credit.balance),
                covers=credit.covers,
            )
            for credit in self
        ]

    def _as_plain(self):
        """Return the credit as plain JSON, as customers and other systems read it."""
        self.ensure_one()
        return {
            "id": self.id,
            "amount": self.amount,
            "balance": self.balance,
            "date_start": fields.Date.to_string(self.date_start) or "",
            "date_end": fields.Date.to_string(self.date_end) or "",
            "covers": self.covers,
            "state": "expired" if self.is_expired and self.state == "available" else self.state,
        }
