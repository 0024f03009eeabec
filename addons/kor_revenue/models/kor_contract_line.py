from datetime import timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import pricing
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import delivery


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    revenue_schedule_ids = fields.One2many("kor.revenue.schedule", "contract_line_id", string="Revenue Schedule")

    @api.model
    def _get_price_fields(self):
        names = ["revenue_method", "revenue_months", "standalone_price", "standalone_residual"]
        return [*super()._get_price_fields(), *names]

    def _get_revenue_method(self):
        """Return when the promise is earned: as frozen, as the line says, as its product says, or as is usual."""
        self.ensure_one()
        root = self._get_root()
        schedule_sudo = root.sudo().revenue_schedule_ids[:1]  # what is frozen is frozen for everybody
        if schedule_sudo:
            return schedule_sudo.method
        if root.charge_type in ("usage", "commitment"):
            chosen = root.revenue_method or root.product_id.kor_revenue_method
            return "invoice" if chosen == "invoice" else "usage"
        company = root.company_id.sudo()  # settings hold for everybody
        usual = "point" if root.charge_type == "one_time" else company.kor_revenue_method
        return root.revenue_method or root.product_id.kor_revenue_method or usual

    def _get_obligation(self, since, until):
        """Return the promise of a first line and all that go on from it, as the engine takes it, or None."""
        self.ensure_one()
        method = self._get_revenue_method()
        stretches = tuple(
            one for line in self._get_chain() if (one := line._get_stretch(self, method, since, until)) is not None
        )
        if not stretches:
            return None
        return delivery.Obligation(self.id, method, stretches, is_residual=self.standalone_residual)

    def _get_stretch(self, root, method, since, until):
        if self._is_void():
            return None
        start = max(self.date_start, since)
        end = min(self.date_end + timedelta(days=1), until) if self.date_end else until
        if self.charge_type == "one_time":
            end = self._get_one_time_end(root, method, start, until)
        if start >= end or start >= until:
            return None
        value = Fraction(self._get_standalone_rate(root))
        if self.charge_type != "one_time":
            value *= self._count_months(start, end)
        return delivery.Stretch(start, end, value)

    @api.model
    def _get_one_time_end(self, root, method, start, until):
        if method == "point":
            return start + timedelta(days=1)
        return start + relativedelta(months=root.revenue_months) if root.revenue_months else until

    def _get_standalone_rate(self, root):
        """Return what the line would be sold for alone: a month of it, or all of it where it is charged once.

        By the first price of the promise, so that free months, a discount that is agreed later, or a ramp move no
        revenue.
        """
        once = self.charge_type == "one_time"
        alone = to_decimal(root.standalone_price or root.product_id.kor_standalone_price)
        quantity = to_decimal(self.quantity)
        if alone:
            return alone * (quantity if self.charge_type != "fixed" else 1)
        price = root._get_first_priced()._get_engine_price()
        amount = pricing.rate(price, quantity, to_decimal(self.events)).amount
        amount, _added = pricing.apply_minimum(amount, price.minimum_amount)
        return Fraction(amount) / (1 if once else self.billing_months)

    def _get_first_priced(self):
        """Return the first line of a promise that costs anything; of one that is free for ever, the first."""
        self.ensure_one()
        chain = self._get_chain().filtered(lambda line: not line._is_void())
        return next((line for line in chain if line._has_price()), self)

    def _has_price(self):
        tiers = self.price_tier_ids
        return bool(
            self.unit_price or self.minimum_amount or any(tiers.mapped("unit_price") + tiers.mapped("flat_amount"))
        )

    def _count_months(self, start, end):
        """Return how many months a span is, parts of them by their days."""
        contract = self.contract_id
        day = self.anchor_day or contract.anchor_day
        anchor = periods.anchor_of(contract.date_start, day)
        found = periods.portions(start, end, anchor, day, 1, "actual", end)
        return sum((Fraction(one.numerator, one.denominator) for one in found), Fraction(0))
