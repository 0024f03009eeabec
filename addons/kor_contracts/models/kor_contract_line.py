from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.kor_enterprise_tiers.engine import discounts, money, pricing

# What of the agreement moves the amount of a line beside its price and its discounts.
AMOUNT_PATHS = (
    "quantity",
    "events",
    "date_start",
    "date_end",
    "price_tier_ids.up_to",
    "price_tier_ids.unit_price",
    "price_tier_ids.flat_amount",
    "contract_id.state",
    "contract_id.date_start",
    "contract_id.date_end_effective",
    "contract_id.anchor_day",
)


class KorContractLine(models.Model):
    """A charge as agreed with one customer, for as long as its dates say."""

    _name = "kor.contract.line"
    _inherit = ["kor.contract.chain.mixin", "kor.price.mixin", "kor.contract.part.mixin"]
    _description = "Contract Line"
    _order = "contract_id, sequence, id"
    _check_company_auto = True

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True, string="Contract Tier")
    state = fields.Selection(related="contract_id.state", store=True)
    charge_id = fields.Many2one(
        "kor.charge", string="From the plan", ondelete="set null", index="btree_not_null", readonly=True
    )
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        help="Gives the income account and the taxes of the invoice.",
    )
    name = fields.Char(
        string="Description", compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    quantity = fields.Float(
        digits=(16, 6),
        default=1,
        required=True,
        help="How many are held (per unit), or consumed in each period where nothing measures the use.",
    )
    events = fields.Float(
        digits=(16, 2), help="How many events the quantity comes from; a percentage price asks a fee for each."
    )
    date_start = fields.Date(
        compute="_compute_date_start", store=True, readonly=False, precompute=True, required=True, index=True
    )
    date_end = fields.Date(help="The last day. Empty: as long as the contract.")
    price_tier_ids = fields.One2many("kor.contract.line.tier", "line_id", string="Price Tiers", copy=True)
    discount_ids = fields.One2many("kor.discount", "contract_line_id", string="Discounts", copy=True)
    monthly_amount = fields.Monetary(
        compute="_compute_monthly_amount",
        store=True,
        string="MRR",
        help="What a full period costs today, less the running discounts, divided by its months. Use is left out.",
    )

    @api.depends("product_id", "charge_id")
    def _compute_name(self):
        for line in self:
            product = line.product_id.with_context(display_default_code=False)
            line.name = line.name or line.charge_id.name or product.display_name

    @api.depends("contract_id")
    def _compute_date_start(self):
        for line in self:
            line.date_start = line.date_start or line.contract_id.date_start or fields.Date.context_today(line)

    @api.depends(lambda self: [*self._get_price_fields(), *AMOUNT_PATHS, *self._get_discount_paths()])
    def _compute_monthly_amount(self):
        for line in self:
            contract, months = line.contract_id, line.billing_months
            day = contract._get_reference_day() if contract else fields.Date.context_today(line)
            full = line._get_full_net(day)
            if full:
                # An amount off the whole contract is taken off there: a line cannot know its part of it.
                running = contract._get_running_discounts(months, day)
                full, _steps = discounts.apply_discounts(full, [one for one in running if one.kind == "percent"])
            line.monthly_amount = float(full / months) if full else 0

    @api.model
    def _get_discount_paths(self):
        owned = ("kind", "value", "date_start", "date_end", "periods", "sequence")
        return [f"{path}.{name}" for path in ("discount_ids", "contract_id.discount_ids") for name in owned]

    @api.constrains("date_start", "date_end", "contract_id")
    def _check_dates(self):
        # Where the contract's own dates are wrong, that is what has to be said.
        self.contract_id._check_dates()
        for line in self:
            contract = line.contract_id
            if line.date_end and line.date_end < line.date_start and not line._is_void():
                raise ValidationError(
                    self.env._(
                        "Line “%(line)s” ends on %(end)s, before it starts on %(start)s. Its last day must be "
                        "%(start)s or later.",
                        line=line.name,
                        end=line.date_end,
                        start=line.date_start,
                    )
                )
            # What amendments agree for a term that may come lies beyond the end: it never runs unless the term comes.
            is_beyond = contract.date_end and line.date_start > contract.date_end
            if line.date_start < contract.date_start or (is_beyond and not contract._is_amending()):
                raise ValidationError(
                    self.env._(
                        "Line “%(line)s” starts on %(start)s, outside the contract, which runs %(period)s.",
                        line=line.name,
                        start=line.date_start,
                        period=contract._describe_span(),
                    )
                )

    @api.constrains("quantity", "events")
    def _check_quantity(self):
        for line in self:
            if line.quantity < 0 or line.events < 0:
                raise ValidationError(
                    self.env._(
                        "Line “%(line)s”: a quantity is 0 or more; credits are made by amendments.", line=line.name
                    )
                )

    @api.model
    def _get_price_fields(self):
        """Return the fields of the price, which a line takes over from its plan's charge. Extensible."""
        return [
            "charge_type",
            "price_model",
            "metric_id",
            "unit_price",
            "included_quantity",
            "package_size",
            "percentage",
            "event_fee",
            "included_events",
            "minimum_amount",
            "billing_months",
            "timing",
            "day_count",
            "commitment_scope",
            "quantity_basis",
        ]

    @api.model
    def _get_price_tier_fields(self):
        return ["up_to", "unit_price", "flat_amount"]

    def _is_recurring(self):
        return self.charge_type in ("fixed", "per_unit")

    def _get_full_net(self, day):
        """Return what the full period around a day costs, less the line's own discounts; 0 where nothing recurs."""
        self.ensure_one()
        contract, months = self.contract_id, self.billing_months
        runs = self.date_start and self._runs_at(day)
        # What is over brings nothing at present; asked for the past, its own dates say when it did.
        is_over = contract.state in ("ended", "cancelled") and not self.env.context.get("kor_as_of_day")
        if not runs or not self._is_recurring() or months < 1 or is_over:
            return Decimal(0)
        try:
            price = self._get_engine_price()
            amount = pricing.rate(price, money.to_decimal(self.quantity), money.to_decimal(self.events)).amount
        except pricing.PricingError:
            # A form computes while the price is being entered; saving checks it.
            return Decimal(0)
        amount, _added = pricing.apply_minimum(amount, price.minimum_amount)
        start, number = contract._locate_period(months, day, self._get_origin())
        start = max(start, self.date_start)
        own = [one for one in self.discount_ids._get_engine_discounts() if discounts.applies(one, start, number)]
        return discounts.apply_discounts(amount, own)[0]

    def _as_plain(self):
        """Return the line with its terms as plain JSON, as other systems read it."""
        self.ensure_one()
        return {
            "id": self.id,
            "first_id": self._get_root().id,
            "name": self.name,
            "charge_type": self.charge_type,
            "quantity": self.quantity,
            "price": self.price_summary,
            "date_start": fields.Date.to_string(self.date_start),
            "date_end": fields.Date.to_string(self.date_end) or "",
        }

    def _describe_held(self):
        """Return how many the customer holds, as customers read it."""
        self.ensure_one()
        if self.charge_type == "usage":
            return self.env._("As used")
        if self.charge_type == "commitment":
            return self.env._("At least")
        return self._describe_quantity(self.quantity)

    def _describe_timing(self):
        if self.charge_type == "one_time":
            return self.env._("Once")
        return dict(self._fields["timing"]._description_selection(self.env))[self.timing]

    def _get_full_amount(self):
        """Return what a full period, or the one time, costs at list; False for what depends on use."""
        self.ensure_one()
        return self.charge_type != "usage" and self._simulate(self.quantity, self.events)["total"]

    @api.model
    def _prepare_from_charge_values(self, charge):
        """Return the values of a line that agrees to a plan's charge as it is listed. Extensible."""
        values = {name: charge[name] for name in self._get_price_fields()}
        values["metric_id"] = charge.metric_id.id
        return {
            **values,
            "charge_id": charge.id,
            "sequence": charge.sequence,
            "product_id": charge.product_id.id,
            "name": charge.name,
            # What is consumed is not agreed beforehand.
            "quantity": 0 if charge.charge_type == "usage" else charge.quantity,
            "price_tier_ids": [
                fields.Command.create({name: tier[name] for name in self._get_price_tier_fields()})
                for tier in charge.price_tier_ids
            ],
            "discount_ids": charge.discount_ids._prepare_copy_commands(),
        }
