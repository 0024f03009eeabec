from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorStepMixin(models.AbstractModel):
    """What changes from a month on, agreed with a contract, or offered with a plan."""

    _name = "kor.step.mixin"
    _description = "Step of a Ramp"

    currency_id = fields.Many2one("res.currency")
    kind = fields.Selection(
        [("quantity", "Quantity"), ("price", "Price"), ("percent", "Change in percent"), ("free", "Free months")],
        required=True,
        default="quantity",
    )
    month = fields.Integer(
        default=13, string="From Month", help="1 is the first month of the contract, 13 the second year."
    )
    quantity = fields.Float(digits=(16, 6))
    unit_price = fields.Float(digits=(16, 8), min_display_digits=2)
    percent = fields.Float(string="Change (%)", digits=(16, 4), help="Of the price that holds until then.")
    free_months = fields.Integer(default=1)
    summary = fields.Char(compute="_compute_summary")

    def _find_value_problem(self):
        """Return a sentence on what is wrong with the value of the step, empty where nothing is."""
        if self.kind == "quantity" and self.quantity < 0:
            return self.env._("a quantity is 0 or more.")
        if self.kind == "price" and self.unit_price <= 0:
            return self.env._("a price is above 0; what costs nothing for a time has free months.")
        if self.kind == "percent" and (not self.percent or self.percent <= -100):
            return self.env._("give by how many percent the price changes, above -100.")
        if self.kind == "free" and self.free_months < 1:
            return self.env._("give 1 free month or more.")
        return ""

    def _describe_step(self, name):
        """Return what the step does, as customers read it.

        :param name: of what it changes, empty for all
        """
        line = name or self.env._("All recurring fees")
        if self.kind == "quantity":
            return self.env._("%(line)s: quantity %(n)s", line=line, n=format_quantity(self.env, self.quantity))
        if self.kind == "price":
            price = format_quantity(self.env, self.unit_price)
            currency = self.currency_id.name or ""
            return self.env._("%(line)s: %(price)s %(currency)s per unit", line=line, price=price, currency=currency)
        if self.kind == "percent":
            sign = "+" if self.percent > 0 else ""
            percent = format_quantity(self.env, self.percent)
            return self.env._("%(line)s: %(sign)s%(percent)s %%", line=line, sign=sign, percent=percent)
        if self.free_months == 1:
            return self.env._("%(line)s: free for a month", line=line)
        return self.env._("%(line)s: free for %(months)s months", line=line, months=self.free_months)
