from odoo import api, models
from odoo.exceptions import UserError

# What each kind needs beside its day, by the names that other systems use.
NEEDS = {
    "quantity": ("line", "quantity"),
    "price": (),
    "plan": ("plan",),
    "add": (),
    "remove": ("line",),
    "discount": ("discount_kind", "value"),
    "term": ("date_end",),
    "billing_day": ("day",),
    "pause": (),
    "free": ("date_end",),
    "resume": (),
    "transfer": ("partner",),
    "cancel": (),
}
NAMES = {
    "line": "line_id",
    "plan": "plan_id",
    "charge": "charge_id",
    "product": "product_id",
    "partner": "partner_id",
    "day": "anchor_day",
}


class KorContractChangeCheckMixin(models.AbstractModel):
    """Read a change that came as plain JSON, and say what is missing of it or wrong."""

    _name = "kor.contract.change.check.mixin"
    _description = "Checks of a Change"

    @api.model
    def _get_needs(self):
        """Return what each kind needs beside its day. Extensible."""
        return NEEDS

    @api.model
    def _get_plain_names(self):
        """Return the fields by the names that other systems use, where these differ. Extensible."""
        return NAMES

    @api.model
    def _parse(self, contract, change):
        """Return the values of a change that came as plain JSON, or raise with what would be right."""
        kind, needs, names = change.get("kind"), self._get_needs(), self._get_plain_names()
        if kind not in needs:
            raise UserError(
                self.env._("“%(kind)s” is no change: use one of %(known)s.", kind=kind, known=", ".join(sorted(needs)))
            )
        missing = [name for name in needs[kind] if name not in change]
        if missing:
            raise UserError(
                self.env._("A change of the kind %(kind)s needs %(missing)s.", kind=kind, missing=", ".join(missing))
            )
        values = {names.get(name, name): value for name, value in change.items()}
        unknown = set(values) - set(self._fields)
        if unknown:
            raise UserError(
                self.env._("A change does not know %(unknown)s.", unknown=", ".join(sorted(map(str, unknown))))
            )
        return values

    def _find_problem(self):
        """Return a sentence on what is missing or wrong, empty where nothing is."""
        if self.line_id and self.line_id.contract_id != self.contract_id:
            return self.env._("the line belongs to another contract.")
        find = getattr(self, f"_find_{self.kind}_problem", None)
        return find() if find else ""

    def _find_quantity_problem(self):
        if not self.line_id:
            return self.env._("choose the line.")
        return "" if self.quantity >= 0 else self.env._("a quantity is 0 or more.")

    def _find_remove_problem(self):
        return "" if self.line_id else self.env._("choose the line.")

    def _find_price_problem(self):
        if self.unit_price or self.percent:
            return ""
        return self.env._("give a new price, or by how many percent it changes.")

    def _find_plan_problem(self):
        if not self.plan_id:
            return self.env._("choose the plan.")
        if self.plan_id.currency_id != self.contract_id.currency_id:
            return self.env._("the plan is priced in %(currency)s.", currency=self.plan_id.currency_id.name)
        return self.plan_id._find_offer_problem(self.amendment_id.date_effective, self.contract_id._get_today())

    def _find_add_problem(self):
        if self.charge_id or (self.product_id and self.name):
            return ""
        return self.env._("choose a charge of the catalog, or a product and a description.")

    def _find_discount_problem(self):
        return "" if self.value > 0 else self.env._("a discount is above 0.")

    def _find_term_problem(self):
        if self.date_end and self.date_end >= self.amendment_id.date_effective:
            return ""
        return self.env._("the new last day has to lie on the amendment's day or later.")

    def _find_billing_day_problem(self):
        return "" if 1 <= self.anchor_day <= 31 else self.env._("the billing day is a day of the month, from 1 to 31.")

    def _find_transfer_problem(self):
        return "" if self.partner_id else self.env._("choose the new customer.")
