from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.money import as_number, round_money, to_decimal
from ..engine.pricing import Price, PricingError, apply_minimum, check_price, rate
from ..tools import get_rounding
from .kor_price_tier_mixin import SAVING


class KorPriceMixin(models.AbstractModel):
    """Price a quantity by one of the price models of `engine/pricing.py`.

    A model that inherits it brings, besides a name:

    - `currency_id`: the currency of all its prices;
    - `price_tier_ids`: a One2many to a model of its own that inherits `kor.price.tier.mixin`.

    Hooks: `_get_engine_price()` returns the terms as the engine takes them (extend it to change them),
    `_describe_price()` their one sentence, `_rate(quantity, events)` the rated quantity.
    """

    _name = "kor.price.mixin"
    _inherit = ["kor.price.sentence.mixin"]
    _description = "Price"

    charge_type = fields.Selection(
        [
            ("fixed", "Fixed"),
            ("per_unit", "Per unit held"),
            ("usage", "Usage"),
            ("one_time", "One time"),
            ("commitment", "Minimum commitment"),
        ],
        required=True,
        default="fixed",
        help="Fixed: the same in every period. Per unit held: for the quantity agreed, such as users. "
        "Usage: for the quantity consumed. One time: once, at the start. Minimum commitment: what at least is "
        "charged in a period; what other charges lack to it is billed after its end.",
    )
    commitment_scope = fields.Selection(
        [("usage", "Use"), ("recurring", "Use and recurring fees")],
        string="Counts",
        required=True,
        default="usage",
        help="What counts towards the minimum commitment, before discounts and taxes. With a metric, only its use.",
    )
    quantity_basis = fields.Selection(
        [("held", "Days held"), ("highest", "Highest of the period")],
        string="Quantity Billed",
        required=True,
        default="held",
        help="Where the quantity held changes within a period. Days held: each part for its days. Highest of the "
        "period: what was paid is not given back, and more is due only above the highest number so far, in full.",
    )
    price_model = fields.Selection(
        [
            ("standard", "Standard"),
            ("graduated", "Graduated"),
            ("volume", "Volume"),
            ("package", "Package"),
            ("stairstep", "Stairstep"),
            ("percentage", "Percentage"),
        ],
        required=True,
        default="standard",
        help="Standard: each unit at the unit price. Graduated: each tier's units at that tier's price. "
        "Volume: all units at the price of the tier reached. Package: for each package begun. "
        "Stairstep: the flat amount of the tier reached. Percentage: of an amount, plus a fee per event.",
    )
    metric_id = fields.Many2one("kor.metric", index="btree_not_null", ondelete="restrict", help="What is counted.")
    unit_price = fields.Float(
        digits=(16, 8), min_display_digits=2, help="Per unit and billing period; of a package, per package."
    )
    included_quantity = fields.Float(
        string="Included", digits=(16, 6), help="This quantity is free in every billing period."
    )
    package_size = fields.Float(digits=(16, 6), default=1, help="Units in one package.")
    percentage = fields.Float(string="Percentage (%)", digits=(16, 6), min_display_digits=2)
    event_fee = fields.Float(digits=(16, 8), min_display_digits=2, help="For each event, such as each card payment.")
    included_events = fields.Float(digits=(16, 6), help="So many events are without a fee in every period.")
    minimum_amount = fields.Float(
        digits=(16, 8), min_display_digits=2, help="At least this is due for a full billing period."
    )
    billing_months = fields.Integer(
        string="Billing Period (months)",
        compute="_compute_billing_months",
        store=True,
        readonly=False,
        precompute=True,
        help="1: month, 3: quarter, 12: year. 0 for what is charged once.",
    )
    timing = fields.Selection(
        [("advance", "In advance"), ("arrears", "In arrears")],
        compute="_compute_timing",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Billed at the start or after the end of each period. Usage is always billed in arrears.",
    )
    day_count = fields.Selection(
        [
            ("actual", "Actual days"),
            ("thirty_day", "30-day months"),
            ("thirty_360", "30/360"),
            ("none", "No proration"),
        ],
        required=True,
        default="actual",
        help="How a part of a billing period is counted. No proration: any part is charged in full.",
    )
    price_summary = fields.Char(string="Price", compute="_compute_price_summary")

    @api.depends("charge_type")
    def _compute_billing_months(self):
        for record in self:
            record.billing_months = 0 if record.charge_type == "one_time" else record.billing_months or 1

    @api.depends("charge_type")
    def _compute_timing(self):
        for record in self:
            record.timing = "arrears" if record._is_known_afterwards() else record.timing or "advance"

    @api.depends(
        "charge_type", "price_model", "unit_price", "included_quantity", "package_size", "percentage",
        "event_fee", "included_events", "minimum_amount", "billing_months", "currency_id", "metric_id.unit",
        "metric_id.unit_plural", "metric_id.aggregation", "price_tier_ids.up_to", "price_tier_ids.unit_price",
        "price_tier_ids.flat_amount",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_price_summary(self):
        for record in self:
            record.price_summary = record._describe_price()

    @api.constrains(
        "price_model", "unit_price", "included_quantity", "package_size", "percentage", "event_fee",
        "included_events", "minimum_amount", "price_tier_ids",
    )  # fmt: skip
    def _check_price(self):
        for record in self:
            record._check_engine_price()

    @api.constrains("charge_type", "metric_id")
    def _check_metric(self):
        for record in self:
            if record.charge_type in ("per_unit", "usage") and not record.metric_id:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is priced by quantity: choose the metric that is counted.",
                        name=record.display_name,
                    )
                )

    @api.constrains("charge_type", "billing_months")
    def _check_billing_months(self):
        for record in self:
            if record.charge_type == "one_time" and record.billing_months:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is charged once: it has no billing period, leave the months at 0.",
                        name=record.display_name,
                    )
                )
            if record.charge_type != "one_time" and record.billing_months < 1:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” recurs: give a billing period of 1 month or more.",
                        name=record.display_name,
                    )
                )

    @api.constrains("charge_type", "timing")
    def _check_timing(self):
        for record in self:
            if record._is_known_afterwards() and record.timing == "advance":
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is priced by usage, known only after the period: bill it in arrears.",
                        name=record.display_name,
                    )
                )

    @api.constrains("charge_type", "price_model", "minimum_amount", "included_quantity")
    def _check_commitment(self):
        for record in self:
            plain = record.price_model == "standard" and not record.minimum_amount and not record.included_quantity
            if record.charge_type == "commitment" and not plain:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is a minimum commitment: give its amount for a full period as the unit price "
                        "of a standard price, and nothing else.",
                        name=record.display_name,
                    )
                )

    def _is_known_afterwards(self):
        return self.charge_type in ("usage", "commitment")

    def write(self, vals):
        """Judge tiers that are written with their price together, once all of them are saved."""
        records = self.with_context(kor_price_saving=SAVING) if "price_tier_ids" in vals else self
        return super(KorPriceMixin, records).write(vals)

    def _get_engine_price(self, tiers=None):
        """Return the terms as the pricing engine takes them.

        :param tiers: price tiers to use in place of the saved ones.
        """
        self.ensure_one()
        return Price(
            model=self.price_model,
            unit_price=self.unit_price,
            tiers=(self.price_tier_ids if tiers is None else tiers)._get_engine_tiers(),
            package_size=self.package_size,
            included_quantity=self.included_quantity,
            minimum_amount=self.minimum_amount,
            percentage=self.percentage,
            event_fee=self.event_fee,
            included_events=self.included_events,
        )

    def _check_engine_price(self, tiers=None):
        """Raise where the price cannot be rated.

        :param tiers: price tiers to judge it with in place of the saved ones.
        """
        with self._naming_price():
            check_price(self._get_engine_price(tiers))

    def _rate(self, quantity, events=0):
        """Return the engine's rated quantity, a sentence as ValidationError where it cannot be priced."""
        self.ensure_one()
        with self._naming_price():
            return rate(self._get_engine_price(), quantity, events)

    @contextmanager
    def _naming_price(self):
        """Say of which price it is that the engine refuses it."""
        try:
            yield
        except PricingError as error:
            raise ValidationError(self.env._("“%(name)s”: %(reason)s", name=self.display_name, reason=error)) from error

    def _simulate(self, quantity, events=0):
        """Return as plain JSON what a quantity of one full period costs, tier by tier, minimum included."""
        rated = self._rate(quantity, events)
        amount, added = apply_minimum(rated.amount, to_decimal(self.minimum_amount))
        return {
            **rated.as_dict(),
            "minimum_added": as_number(added),
            "total": as_number(round_money(amount, get_rounding(self.currency_id))),
            "currency": self.currency_id.name or "",
            "price": self._describe_price(),
        }
