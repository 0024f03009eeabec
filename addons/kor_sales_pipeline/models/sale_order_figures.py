from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import get_rounding

from ..engine.term_value import Part, lasting_net, percent_off, weigh
from ..groups import SELLERS


class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    kor_arr = fields.Monetary(string="ARR", compute="_compute_kor_figures", compute_sudo=True)
    kor_mrr = fields.Monetary(string="MRR", compute="_compute_kor_figures", compute_sudo=True)
    kor_tcv = fields.Monetary(
        string="TCV", compute="_compute_kor_figures", compute_sudo=True, help="Over the whole term, one-time included."
    )
    kor_one_time = fields.Monetary(string="One-time", compute="_compute_kor_figures", compute_sudo=True)
    kor_discount_percent = fields.Float(
        string="Below List (%)", compute="_compute_kor_figures", compute_sudo=True,
        groups=SELLERS,
    )  # fmt: skip
    kor_margin = fields.Monetary(
        string="Margin", compute="_compute_kor_figures", compute_sudo=True,
        groups=SELLERS,
        help="Over the whole term: what is paid, less the cost of the products for each unit and billing period.",
    )  # fmt: skip
    kor_margin_percent = fields.Float(
        string="Margin (%)", compute="_compute_kor_figures", compute_sudo=True,
        groups=SELLERS,
    )  # fmt: skip

    def _compute_kor_figures(self):
        for order in self:
            figures = order._kor_figures() if order.kor_is_proposal else {}
            for name in ("arr", "mrr", "tcv", "one_time", "discount_percent", "margin", "margin_percent"):
                order[f"kor_{name}"] = figures.get(name, 0)

    def _kor_figures(self):
        """Return what the proposal is worth, as plain JSON. Options count once they are chosen, use does not."""
        self.ensure_one()
        order = self.sudo()  # in sudo: own costs and discounts, which not every reader of the order may read
        start, months = order._kor_get_start(), max(order.kor_term_months, 1)
        chosen = order._kor_get_chosen_lines()
        parts = [line._kor_get_part() for line in chosen]
        worth = weigh([*parts, *order._kor_get_amount_parts(chosen)], start, months)
        listed = weigh([order._kor_get_list_part(line) for line in chosen], start, months)
        margin = worth.total - worth.cost
        figures = {
            "mrr": worth.monthly,
            "arr": worth.monthly * 12,
            "tcv": worth.total,
            "one_time": worth.one_time,
            "margin": margin,
        }
        rounding = get_rounding(self.currency_id)
        return {
            **{name: as_number(round_money(amount, rounding)) for name, amount in figures.items()},
            "discount_percent": round(float(percent_off(listed.total, worth.total)), 2),
            "margin_percent": round(float(margin * 100 / worth.total), 2) if worth.total else 0,
        }

    def _kor_get_lasting_monthly(self):
        """Return what recurs per month once all discounts that are limited in time have run out, as it is shown."""
        lines = self._kor_get_chosen_lines()
        parts = [*(line._kor_get_part() for line in lines), *self._kor_get_amount_parts(lines)]
        monthly = sum((lasting_net(part) / part.months for part in parts if part.months), to_decimal(0))
        return as_number(round_money(monthly, get_rounding(self.currency_id)))

    def _kor_get_start(self):
        return self.kor_date_start or fields.Date.context_today(self)

    def _kor_get_chosen_lines(self):
        """Return the lines with terms that are agreed as the proposal stands."""
        lines = self.order_line.filtered(lambda line: line.kor_terms_id and line._kor_is_chosen())
        return lines.with_prefetch(self.order_line._prefetch_ids)

    def _kor_get_amount_parts(self, lines):
        """Return the amounts off the whole as parts below zero: once for each period in which something recurs."""
        recurring = lines.filtered(lambda line: line.kor_terms_id.charge_type in ("fixed", "per_unit"))
        parts = []
        for months in sorted(set(recurring.kor_terms_id.mapped("billing_months"))):
            # Limited ones are left out of the term's total: they are taken off where they are shown.
            for discount in self.kor_discount_ids._filter_lasting():
                parts.append(Part(-to_decimal(discount.value), months))
        return parts

    def _kor_get_list_part(self, line):
        """Return the line at its list price, without any discount."""
        terms, charge = line.kor_terms_id, line.kor_terms_id.charge_id
        listed = charge if charge and charge.currency_id == self.currency_id else terms
        if terms._is_used():
            return Part(to_decimal(0), terms.billing_months)
        amount = to_decimal(listed._simulate(terms.quantity, terms.events)["total"])
        return Part(amount, listed.billing_months)
