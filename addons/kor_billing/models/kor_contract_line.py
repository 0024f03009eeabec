from datetime import timedelta

from odoo import api, models, tools
from odoo.tools.misc import format_date, get_lang

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import billing


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    def _get_engine_line(self, meter=None):
        """Return the line's terms as the billing engine takes them. Extensible.

        :param meter: what reads the line's use, for lines that are measured
        """
        self.ensure_one()
        last, root = self.billed_until or self.date_end, self._get_root()
        return billing.Line(
            key=self.id,
            charge_type=self.charge_type,
            timing=self.timing,
            months=0 if self.charge_type == "one_time" else self.billing_months,
            day_count=self.day_count,
            start=self.date_start,
            end=last + timedelta(days=1) if last else None,
            price=self._get_engine_price(),
            quantity=to_decimal(self.quantity),
            events=to_decimal(self.events),
            discounts=tuple(self.discount_ids._get_engine_discounts()),
            meter=meter,
            origin=self._get_origin(),
            root=root.id,
            anchor_day=self.anchor_day or None,
            quantity_basis=self.quantity_basis,
            is_final=bool(self.billed_until),
            counts=frozenset(line.id for line in self._get_counted_lines(self.contract_id.line_ids)),
        )

    def _get_counted_lines(self, lines):
        """Return which of the lines have charges that count towards this one, where it is a commitment."""
        self.ensure_one()
        if self.charge_type != "commitment":
            return self.browse()
        types = ("usage",) if self.commitment_scope == "usage" else ("usage", "fixed", "per_unit")
        return lines.filtered(
            lambda line: line.charge_type in types and (not self.metric_id or line.metric_id == self.metric_id)
        )

    def _prepare_slice_name(self, one):
        """Return the text of an invoice line, in the customer's language: what, and for which days."""
        self.ensure_one()
        if self.charge_type == "one_time":
            return self.name
        if self.charge_type == "commitment":
            return self.env._("%(slice)s: true-up", slice=self._prepare_period_name(one))
        if one.difference != one.amount and self.charge_type == "usage":
            return self.env._("%(slice)s: correction by late use", slice=self._prepare_period_name(one))
        if one.difference != one.amount:
            return self.env._("%(slice)s: correction", slice=self._prepare_period_name(one))
        return self._prepare_period_name(one)

    def _prepare_period_name(self, one):
        lang = get_lang(self.env).code
        return self.env._(
            "%(name)s, %(start)s to %(end)s",
            name=self.name,
            start=self._format_day(one.start, lang),
            end=self._format_day(one.end - timedelta(days=1), lang),
        )

    @api.model
    @tools.ormcache("day", "lang", cache="stable")
    def _format_day(self, day, lang):
        return format_date(self.env, day, lang_code=lang)

    def _prepare_preview_base_line(self, one):
        """Return a slice as the native tax engine takes it, as it would stand on the invoice."""
        self.ensure_one()
        contract = self.contract_id
        company = contract.company_id
        tax_model = self.env["account.tax"].with_company(company)
        taxes = self.product_id.with_company(company).taxes_id._filter_taxes_by_company(company)
        quantity, price = contract._get_shown_price(one)
        return tax_model._prepare_base_line_for_taxes_computation(
            self,
            price_unit=price,
            quantity=quantity,
            tax_ids=contract.fiscal_position_id.map_tax(taxes),
            currency_id=contract.currency_id,
            partner_id=contract.partner_invoice_id or contract.partner_id,
            product_id=self.product_id,
            rate=1.0,
        )
