from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.kor_enterprise_tiers.engine import pricing
from odoo.addons.kor_enterprise_tiers.engine.money import as_number, round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import get_rounding

from ..engine.term_value import Part, combine_percents, lasting_net

# Discounts on the whole are taken off after those on a charge; what the seller gives comes last.
WHOLE_SEQUENCE = 1000


class KorProposalTerms(models.Model):
    """The price of one order line as the contract will have it.

    The native line shows what a full period costs. Where price and quantity can stand there as they are (a plain
    unit price), they do; else the line counts once, at the amount that these terms come to.
    """

    _name = "kor.proposal.terms"
    _inherit = ["kor.input.mixin", "kor.price.mixin"]
    _description = "Terms of a Proposal Line"

    order_line_id = fields.Many2one("sale.order.line", required=True, index=True, ondelete="cascade")
    order_id = fields.Many2one(related="order_line_id.order_id", store=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_line_id.company_id", store=True)
    currency_id = fields.Many2one(related="order_line_id.order_id.currency_id")
    charge_id = fields.Many2one("kor.charge", string="From the plan", ondelete="set null", index="btree_not_null")
    name = fields.Char(required=True)
    quantity = fields.Float(
        digits=(16, 6), min_display_digits=0, default=1, help="How many are held; of use, how many are expected."
    )
    events = fields.Float(digits=(16, 2))
    price_tier_ids = fields.One2many("kor.proposal.terms.tier", "terms_id", string="Price Tiers", copy=True)
    discount_ids = fields.One2many("kor.discount", "proposal_terms_id", string="Discounts", copy=True)
    discount_name = fields.Char(help="What the discount on the line is called in the contract.")

    @api.model_create_multi
    def create(self, vals_list):
        terms = super().create(vals_list)
        terms.order_id._kor_check_open()
        return terms

    def write(self, vals):
        self.order_id._kor_check_open()
        result = super().write(vals)
        self.order_line_id._kor_show_terms()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.order_id._kor_check_open()

    @api.constrains("quantity", "events")
    def _check_quantity(self):
        for terms in self:
            if terms.quantity < 0 or terms.events < 0:
                raise ValidationError(self.env._("“%(name)s”: a quantity is 0 or more.", name=terms.name))

    def _is_used(self):
        """Tell whether what is due is known only afterwards."""
        return self.charge_type in ("usage", "commitment")

    def _is_plain(self):
        """Tell whether unit price and quantity can stand in the native line as they are."""
        digits = self.env["decimal.precision"].precision_get
        return (
            self.price_model == "standard"
            and not self.included_quantity
            and not self.minimum_amount
            and round(self.unit_price, digits("Product Price")) == self.unit_price
            and round(self.quantity, digits("Product Unit")) == self.quantity
            and not self.discount_ids._filter_lasting()
        )

    def _get_engine_discounts(self):
        return self.discount_ids._get_engine_discounts()

    def _get_full_amount(self):
        """Return what a full period, or the one time, costs before discounts, unrounded; 0 for use."""
        self.ensure_one()
        if self._is_used():
            return Decimal(0)
        rated = self._rate(self.quantity, self.events)
        return pricing.apply_minimum(rated.amount, to_decimal(self.minimum_amount))[0]

    def _get_packed_amount(self):
        """Return what a period costs less the lasting discounts, rounded: the price of a line that counts once."""
        part = Part(self._get_full_amount(), self.billing_months, tuple(self._get_engine_discounts()))
        return round_money(lasting_net(part), get_rounding(self.currency_id))

    def _prepare_native_values(self):
        """Return how the native line shows these terms."""
        self.ensure_one()
        if self._is_used():
            return {"product_uom_qty": 0, "price_unit": self.unit_price}
        if self._is_plain():
            return {"product_uom_qty": self.quantity, "price_unit": self.unit_price}
        return {"product_uom_qty": 1, "price_unit": float(self._get_packed_price())}

    def _get_packed_price(self):
        """Return the price at which the line's own discount leaves what all discounts together leave, to the cent.

        What is rounded before the discount and after it may be a cent off what is rounded once, as in the contract.
        A cent of price moves the result by a cent at most, so a price that fits is never far.
        """
        price, percent = self._get_packed_amount(), to_decimal(self.order_line_id.discount)
        if not percent:
            return price
        rounding = get_rounding(self.currency_id)
        discounts = tuple(self.order_line_id._kor_get_discounts())
        target = round_money(lasting_net(Part(self._get_full_amount(), self.billing_months, discounts)), rounding)
        steps = (price + rounding * step for step in (0, 1, -1, 2, -2))
        return next((one for one in steps if round_money(one * (1 - percent / 100), rounding) == target), price)

    def _move_percents(self):
        """Move lasting percentages to the native discount column, where it can hold them exactly.

        :return: the percentage for the line
        """
        self.ensure_one()
        percents = self.discount_ids._filter_lasting("percent")
        amounts = self.discount_ids.filtered(lambda one: one.kind == "amount")
        combined = combine_percents(to_decimal(one.value) for one in percents)
        digits = self.env["decimal.precision"].precision_get("Discount")
        if amounts or combined != round(combined, digits):
            return 0
        self.discount_name = ", ".join(percents.mapped("name"))
        percents.unlink()
        return float(combined)

    def _scale(self, factor):
        """Multiply all prices, as a new price of what has no single unit price does."""
        for name in ("unit_price", "event_fee", "minimum_amount"):
            if self[name]:
                self[name] *= factor
        for tier in self.price_tier_ids:
            tier.write({"unit_price": tier.unit_price * factor, "flat_amount": tier.flat_amount * factor})

    def _take_price(self, price):
        """Take a new price of the native line: the unit price, or what all comes to where it counts once."""
        self.ensure_one()
        if self._is_used() or self._is_plain():
            self.unit_price = price
            return
        before = self._get_packed_amount()
        if not before:
            raise ValidationError(
                self.env._("“%(name)s” costs nothing by its price tiers: change these, not the price.", name=self.name)
            )
        self._scale(float(to_decimal(price) / before))

    def _prepare_contract_values(self, percent=None):
        """Return the values of the contract line that agrees to these terms.

        :param percent: the one lasting percentage that the line gets, where another one holds for the whole contract
        """
        self.ensure_one()
        contract_line = self.env["kor.contract.line"]
        line, kept = self.order_line_id, self.discount_ids
        if percent is not None:
            kept -= kept._filter_lasting("percent")
        values = {name: self[name] for name in contract_line._get_price_fields()}
        return {
            **values,
            "metric_id": self.metric_id.id,
            "charge_id": self.charge_id.id,
            "product_id": line.product_id.id,
            "name": self.name,
            "sequence": line.sequence,
            # What is consumed is not agreed beforehand.
            "quantity": 0 if self.charge_type == "usage" else self.quantity,
            "events": self.events,
            "price_tier_ids": [
                fields.Command.create({name: tier[name] for name in contract_line._get_price_tier_fields()})
                for tier in self.price_tier_ids
            ],
            "discount_ids": [*kept._prepare_copy_commands(), *self._prepare_line_discount(percent)],
        }

    def _prepare_line_discount(self, percent=None):
        percent = self.order_line_id.discount if percent is None else percent
        if not percent:
            return []
        name = self.discount_name or self.env._("Agreed discount")
        values = {"name": name, "kind": "percent", "value": percent, "sequence": 2 * WHOLE_SEQUENCE}
        return [fields.Command.create(values)]

    def _explain(self):
        """Return how the amount of a full period comes about, as plain JSON with the price tiers used."""
        self.ensure_one()
        if self._is_used():
            return []
        return [
            {
                "lower": step["lower"],
                "upper": step.get("upper") or 0,
                "quantity": step["quantity"],
                "unit_price": step["unit_price"],
                "flat_amount": step["flat_amount"],
                "amount": as_number(to_decimal(step["amount"])),
            }
            for step in self._rate(self.quantity, self.events).as_dict()["steps"]
        ]

    @api.model
    def _prepare_from_charge_values(self, charge, quantity=None):
        """Return the values of terms that offer a plan's charge as it is listed."""
        line = self.env["kor.contract.line"]
        values = line._prepare_from_charge_values(charge)
        kept = {*line._get_price_fields(), "price_tier_ids", "name", "charge_id"}
        held = charge.quantity if quantity is None else quantity
        whole = charge.plan_id.discount_ids.filtered(lambda one: one.kind == "percent")
        discounts = [(one, one.sequence) for one in charge.discount_ids]
        discounts += [(one, one.sequence + WHOLE_SEQUENCE) for one in whole]
        commands = []
        for discount, sequence in discounts:
            (command,) = discount._prepare_copy_commands()
            command[2]["sequence"] = sequence
            commands.append(command)
        return {**{name: values[name] for name in kept}, "quantity": held, "discount_ids": commands}

    def _kor_write_chosen(self, vals):
        """Note the quantity of an option that the customer chose on a sent proposal."""
        # Past the guard of this class only: the line has been checked.
        return super().write(vals)  # pylint: disable=super-method-mismatch
