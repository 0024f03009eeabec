from datetime import timedelta

from odoo import models

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import billing


class KorContractLine(models.Model):
    _inherit = "kor.contract.line"

    def _get_engine_line(self):
        """Return the line's terms as the billing engine takes them. Extensible."""
        self.ensure_one()
        return billing.Line(
            key=self.id,
            charge_type=self.charge_type,
            timing=self.timing,
            months=0 if self.charge_type == "one_time" else self.billing_months,
            day_count=self.day_count,
            start=self.date_start,
            end=self.date_end + timedelta(days=1) if self.date_end else None,
            price=self._get_engine_price(),
            quantity=to_decimal(self.quantity),
            events=to_decimal(self.events),
            discounts=tuple(self.discount_ids._get_engine_discounts()),
        )

    def _prepare_slice_name(self, one):
        """Return the text of an invoice line, in the customer's language: what, and for which days."""
        self.ensure_one()
        if self.charge_type == "one_time":
            return self.name
        day = self.env["ir.qweb.field.date"]
        return self.env._(
            "%(name)s, %(start)s to %(end)s",
            name=self.name,
            start=day.value_to_html(one.start, {}),
            end=day.value_to_html(one.end - timedelta(days=1), {}),
        )

    def _get_preview_taxes(self, one):
        """Return tax and total of a slice, computed by the native tax engine without an invoice."""
        self.ensure_one()
        contract = self.contract_id
        company, currency = contract.company_id, contract.currency_id
        tax_model = self.env["account.tax"].with_company(company)
        taxes = self.product_id.with_company(company).taxes_id._filter_taxes_by_company(company)
        quantity, price = contract._get_shown_price(one)
        base_line = tax_model._prepare_base_line_for_taxes_computation(
            self,
            price_unit=price,
            quantity=quantity,
            tax_ids=contract.fiscal_position_id.map_tax(taxes),
            currency_id=currency,
            partner_id=contract.partner_invoice_id or contract.partner_id,
            product_id=self.product_id,
            rate=1.0,
        )
        tax_model._add_tax_details_in_base_line(base_line, company)
        tax_model._round_base_lines_tax_details([base_line], company)
        totals = tax_model._get_tax_totals_summary([base_line], currency, company)
        return {"tax_amount": totals["tax_amount_currency"], "total": totals["total_amount_currency"]}
