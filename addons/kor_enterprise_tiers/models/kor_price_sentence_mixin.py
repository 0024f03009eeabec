from odoo import models

from ..tools import format_price, format_quantity


class KorPriceSentenceMixin(models.AbstractModel):
    """Say in one sentence what something costs.

    Part of `kor.price.mixin`. A new price model of another addon gets its words by a method
    `_describe_<model>_price()` that returns what comes before inclusions and minimum.
    """

    _name = "kor.price.sentence.mixin"
    _description = "Price in Words"

    def _describe_price(self):
        """Return the price as customers read it, e.g. “29.00 € per user and month, 5 users included”."""
        self.ensure_one()
        if self.charge_type == "commitment":
            return self._describe_commitment()
        describe = getattr(self, f"_describe_{self.price_model}_price", None)
        parts = [describe() if describe else self.price_model or ""]
        if self.included_quantity:
            parts.append(self.env._("%(quantity)s included", quantity=self._describe_quantity(self.included_quantity)))
        if self.minimum_amount:
            parts.append(
                self.env._(
                    "at least %(amount)s %(basis)s",
                    amount=self._format_price(self.minimum_amount),
                    basis=self._describe_interval(),
                )
            )
        text = ", ".join(parts)
        return text[:1].upper() + text[1:]

    def _describe_commitment(self):
        amount, basis = self._format_price(self.unit_price), self._describe_interval()
        if self.commitment_scope == "recurring":
            return self.env._("At least %(amount)s %(basis)s, use and fees together", amount=amount, basis=basis)
        return self.env._("At least %(amount)s %(basis)s of use", amount=amount, basis=basis)

    def _describe_standard_price(self):
        return f"{self._format_price(self.unit_price)} {self._describe_basis()}"

    def _describe_package_price(self):
        package = self._describe_quantity(self.package_size)
        return f"{self._format_price(self.unit_price)} {self._describe_basis(package)}"

    def _describe_percentage_price(self):
        share = self.env._("%(percentage)s %% of the amount", percentage=format_quantity(self.env, self.percentage))
        if not self.event_fee:
            return share
        fee = self.env._("%(share)s plus %(fee)s per transaction", share=share, fee=self._format_price(self.event_fee))
        if not self.included_events:
            return fee
        return self.env._(
            "%(fee)s, the first %(events)s without this fee",
            fee=fee,
            events=format_quantity(self.env, self.included_events),
        )

    def _describe_graduated_price(self):
        return f"{self._describe_tiers()} {self._describe_basis()}"

    def _describe_volume_price(self):
        return self.env._(
            "%(tiers)s %(basis)s, the tier reached prices every unit",
            tiers=self._describe_tiers(),
            basis=self._describe_basis(),
        )

    def _describe_stairstep_price(self):
        return f"{self._describe_tiers()} {self._describe_interval()}"

    def _describe_tiers(self):
        """Return the price tiers from the lowest, e.g. “free up to 100 GB, then 0.09 €”."""
        texts = []
        for tier in self.price_tier_ids._sorted_by_bound():
            price = self._describe_tier_amount(tier)
            if tier.up_to:
                bound = self._describe_quantity(tier.up_to)
                price = self.env._("%(price)s up to %(bound)s", price=price, bound=bound)
            texts.append(self.env._("then %(price)s", price=price) if texts else price)
        return ", ".join(texts)

    def _describe_tier_amount(self, tier):
        amounts = [self._format_price(amount) for amount in (tier.unit_price, tier.flat_amount) if amount]
        return " + ".join(amounts) if amounts else self.env._("free")

    def _describe_basis(self, measure=None):
        """Return what one price is for: “per user and month”, “per GB”, “per month”, “once”."""
        measure = measure or self.metric_id.unit
        if self.charge_type == "one_time":
            return self.env._("once")
        if self.charge_type == "fixed" or not measure:
            return self._describe_interval()
        if self.charge_type == "usage" and self.metric_id.aggregation == "sum":
            return self.env._("per %(unit)s", unit=measure)
        return self.env._("per %(unit)s and %(period)s", unit=measure, period=self._describe_period())

    def _describe_interval(self):
        if self.charge_type == "one_time":
            return self.env._("once")
        return self.env._("per %(period)s", period=self._describe_period())

    def _describe_period(self):
        names = {
            1: self.env._("month"),
            3: self.env._("quarter"),
            6: self.env._("half-year"),
            12: self.env._("year"),
        }
        months = self.billing_months
        if months in names:
            return names[months]
        if months and not months % 12:
            return self.env._("%(years)s years", years=months // 12)
        return self.env._("%(months)s months", months=months)

    def _describe_quantity(self, quantity):
        """Return a quantity in the unit of the price's metric."""
        return self.metric_id._describe_quantity(quantity)

    def _describe_plain(self, number):
        return format_quantity(self.env, number)

    def _format_price(self, amount):
        return format_price(self.env, amount, self.currency_id)
