from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..engine.discounts import Discount, DiscountError
from ..tools import format_price, format_quantity


class KorDiscount(models.Model):
    """Take a percentage or an amount off one charge, or off everything its owner charges.

    An addon whose records carry discounts adds a Many2one to them (`index="btree_not_null"`,
    `ondelete="cascade"`) and names it in `_get_owner_fields()`; company and currency follow from the owner,
    which has `company_id` and `currency_id`.
    """

    _name = "kor.discount"
    _description = "Discount"
    _inherit = ["kor.input.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="Shown to customers on invoices.")
    kind = fields.Selection(
        [("percent", "Percent"), ("amount", "Amount")],
        required=True,
        default="percent",
        help="A percentage of what earlier discounts left, or an amount of each full billing period.",
    )
    value = fields.Float(required=True, digits=(16, 4), min_display_digits=2)
    sequence = fields.Integer(
        default=10, help="Discounts are taken off in this order; those on a charge before those on the whole."
    )
    plan_id = fields.Many2one("kor.plan", index="btree_not_null", ondelete="cascade")
    charge_id = fields.Many2one("kor.charge", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_from_owner", store=True, index="btree_not_null")
    currency_id = fields.Many2one("res.currency", compute="_compute_from_owner", store=True)
    date_start = fields.Date(string="From", help="Holds for billing periods that start on this day or later.")
    date_end = fields.Date(string="To", help="Last day on which a billing period may start to have it.")
    periods = fields.Integer(help="Number of billing periods from the first one. 0: all of them.")
    summary = fields.Char(compute="_compute_summary")

    @api.depends(lambda self: self._get_owner_paths("company_id", "currency_id"))
    def _compute_from_owner(self):
        for discount in self:
            owner = discount._get_owner()
            discount.company_id = owner and owner.company_id
            discount.currency_id = owner and owner.currency_id

    @api.depends("name", "kind", "value", "currency_id", "periods", "date_start", "date_end")
    @api.depends_context("lang")
    def _compute_summary(self):
        for discount in self:
            discount.summary = discount._describe()

    # The name is always given, so that a discount without any owner is noticed too.
    @api.constrains(lambda self: ["name", *self._get_owner_fields()])
    def _check_owner(self):
        for discount in self:
            owners = [name for name in self._get_owner_fields() if discount[name]]
            if len(owners) != 1:
                raise ValidationError(
                    self.env._(
                        "Discount “%(name)s” needs exactly one place where it holds: a charge, or the whole.",
                        name=discount.name,
                    )
                )

    @api.constrains("kind", "value", "periods", "date_start", "date_end")
    def _check_terms(self):
        for discount in self:
            if not discount.value or discount.periods < 0:
                raise ValidationError(
                    self.env._(
                        "Discount “%(name)s” needs a value above 0, and a number of periods of 0 or more.",
                        name=discount.name,
                    )
                )
            discount._get_engine_discount()

    @api.model
    def _get_owner_fields(self):
        """Return the names of the fields of which exactly one says where the discount holds."""
        return ["plan_id", "charge_id"]

    @api.model
    def _get_owner_paths(self, *names):
        owners = self._get_owner_fields()
        return [*owners, *(f"{owner}.{name}" for owner in owners for name in names)]

    def _get_owner(self):
        """Return the record on which the discount holds, None where there is none yet."""
        return next((self[name] for name in self._get_owner_fields() if self[name]), None)

    def _filter_lasting(self, kind=None):
        """Return the discounts, of a kind where one is named, that never run out."""
        lasting = self.filtered(lambda one: not (one.periods or one.date_start or one.date_end))
        return lasting.filtered(lambda one: one.kind == kind) if kind else lasting

    def _get_engine_discount(self):
        """Return the discount as the engine takes it: half-open dates, no number of periods for all."""
        self.ensure_one()
        try:
            return Discount(
                key=self.id,
                name=self.name,
                kind=self.kind,
                value=self.value,
                sequence=self.sequence,
                date_start=self.date_start or None,
                date_end=self.date_end + timedelta(days=1) if self.date_end else None,
                periods=self.periods or None,
            )
        except DiscountError as error:
            raise ValidationError(str(error)) from error

    def _describe(self):
        """Return the discount as customers read it, e.g. “Annual discount: 10 % off”."""
        if self.kind == "percent":
            off = self.env._("%(value)s %% off", value=format_quantity(self.env, self.value))
        else:
            off = self.env._("%(value)s off", value=format_price(self.env, self.value, self.currency_id))
        parts = [self.env._("%(name)s: %(off)s", name=self.name or "", off=off)]
        if self.periods == 1:
            parts.append(self.env._("for the first billing period"))
        elif self.periods:
            parts.append(self.env._("for %(periods)s billing periods", periods=self.periods))
        if self.date_start:
            parts.append(self.env._("from %(day)s", day=format_date(self.env, self.date_start)))
        if self.date_end:
            parts.append(self.env._("until %(day)s", day=format_date(self.env, self.date_end)))
        return ", ".join(parts)
