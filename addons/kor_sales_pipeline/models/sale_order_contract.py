from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount

from odoo.addons.kor_contracts.models.kor_contract import TERM_MONTHS
from odoo.addons.kor_enterprise_tiers.engine import pricing
from odoo.addons.kor_enterprise_tiers.engine.discounts import apply_discounts
from odoo.addons.kor_enterprise_tiers.engine.money import round_money, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import get_rounding, open_form


class SaleOrder(models.Model):
    """From what was signed to the contract, to the cent."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def action_kor_open_contract(self):
        """Open the contract that follows from the proposal.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.kor_contract_id)

    def _kor_make_contract(self, document):
        """Return the contract that follows from the signed proposal: a new one, or the changed one."""
        self.ensure_one()
        order = self.sudo()  # whoever may agree to the order agrees to the contract
        order = order.with_context(lang=self._get_lang()).with_company(self.company_id)
        if order.kor_amends_contract_id:
            return order._kor_amend_contract(document)
        contract = order.env["kor.contract"].create(order._kor_prepare_contract_values())
        order._kor_check_contract_price(contract)
        order._kor_add_ramp(contract)
        contract.action_activate()
        contract.message_post(
            body=order.env._(
                "Agreed by proposal %(proposal)s, version %(version)s, signed by %(name)s. "
                "SHA-256 of the document: %(hash)s",
                proposal=order.name,
                version=order.kor_version,
                name=document.signed_by,
                hash=document.sha256,
            )
        )
        return contract

    def _kor_prepare_contract_values(self):
        """Return the values of the contract. Extensible."""
        lines = self._kor_get_chosen_lines()
        return {
            "partner_id": self.partner_id.id,
            "partner_invoice_id": self.partner_invoice_id.id,
            "company_id": self.company_id.id,
            "plan_id": self.kor_plan_id.id,
            "tier_id": self.kor_tier_id.id,
            "currency_id": self.currency_id.id,
            "user_id": self.user_id.id,
            "client_order_ref": self.client_order_ref,
            "payment_term_id": self.payment_term_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "support_level_id": self.kor_support_level_id.id,
            "uptime_target": self.kor_uptime_target,
            "feature_ids": [fields.Command.set((self.kor_tier_id.all_feature_ids | self.kor_feature_ids).ids)],
            **self._kor_prepare_term_values(),
            "line_ids": [fields.Command.create(line.kor_terms_id._prepare_contract_values()) for line in lines],
            "discount_ids": self.kor_discount_ids._prepare_copy_commands(),
            "clause_ids": [
                fields.Command.create(
                    {"clause_id": one.clause_id.id, "name": one.name, "body": one.body, "sequence": one.sequence}
                )
                for one in self.kor_clause_ids
            ],
        }

    def _kor_add_ramp(self, contract):
        """Agree to the plan's ramp with the contract: to the steps that the proposal names."""
        lines = {line.charge_id: line for line in contract.line_ids.filtered("charge_id").sorted("id", reverse=True)}
        all_lines = contract.line_ids.browse()
        self.env["kor.contract.step"].create(
            [
                step._prepare_contract_step_values(contract, lines.get(step.charge_id, all_lines))
                for step in self._kor_get_ramp()
            ]
        )

    def _kor_prepare_term_values(self):
        """Return the contract's dates and term: one of the names where the months have one."""
        start, months = self._kor_get_start(), max(self.kor_term_months, 1)
        names = {length: name for name, length in TERM_MONTHS.items()}
        values = {"date_start": start, "term": names.get(months, "custom")}
        if values["term"] == "custom":
            values |= {"term_months": months, "date_end": start + relativedelta(months=months) - timedelta(days=1)}
        return values

    def _kor_check_contract_price(self, contract):
        """Raise where a line of the contract does not cost what was signed, to the cent."""
        agreed = self._kor_get_chosen_lines().sorted("sequence")
        lines = contract.line_ids.sorted(lambda line: (line.sequence, line.id))
        if len(agreed) != len(lines):
            raise ValidationError(
                self.env._(
                    "%(proposal)s has %(agreed)s lines, the contract %(lines)s: nothing was signed.",
                    proposal=self.name,
                    agreed=len(agreed),
                    lines=len(lines),
                )
            )
        for signed, line in zip(agreed, lines, strict=True):
            self._kor_check_line_price(signed, line)

    def _kor_check_line_price(self, signed, line):
        price, paid = self._kor_get_line_price(line), to_decimal(signed._kor_get_net())
        if price != paid:
            raise ValidationError(
                self.env._(
                    "“%(line)s” would cost %(price)s in the contract, but %(paid)s was signed. Nothing was agreed: "
                    "correct the proposal.",
                    line=line.name,
                    price=format_amount(self.env, float(price), self.currency_id),
                    paid=format_amount(self.env, float(paid), self.currency_id),
                )
            )

    def _kor_get_line_price(self, line):
        """Return what a full period of a contract line costs by its own terms, less lasting discounts, rounded."""
        rounding = get_rounding(self.currency_id)
        if line.charge_type in ("usage", "commitment"):
            return round_money(to_decimal(0), rounding)
        price = line._get_engine_price()
        amount = pricing.rate(price, to_decimal(line.quantity), to_decimal(line.events)).amount
        amount, _added = pricing.apply_minimum(amount, price.minimum_amount)
        lasting = line.discount_ids._filter_lasting()._get_engine_discounts()
        return round_money(apply_discounts(amount, lasting)[0], rounding)
