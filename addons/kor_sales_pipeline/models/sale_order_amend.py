from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine.term_value import percent_off


class SaleOrder(models.Model):
    """A signed proposal for an existing customer changes or renews the contract that runs."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    @api.constrains("kor_amends_contract_id", "partner_id")
    def _check_kor_amends(self):
        for order in self.filtered("kor_amends_contract_id"):
            contract = order.sudo().kor_amends_contract_id  # in sudo: only to compare
            if contract.partner_id.commercial_partner_id != order.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s belongs to another customer than %(proposal)s.",
                        contract=contract.name,
                        proposal=order.name,
                    )
                )
            if contract.currency_id != order.currency_id:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s is in %(right)s, %(proposal)s in %(wrong)s.",
                        contract=contract.name,
                        right=contract.currency_id.name,
                        proposal=order.name,
                        wrong=order.currency_id.name,
                    )
                )

    def _kor_amend_contract(self, document):
        """Agree to the changes of the contract, or to its renewal, and return it."""
        contract = self.kor_amends_contract_id
        note = self.env._("Proposal %(proposal)s, version %(version)s", proposal=self.name, version=self.kor_version)
        day = self._kor_get_start()
        if self.kor_amend_kind == "renewal":
            if not contract.date_end:
                raise UserError(self.env._("Contract %(contract)s is open-ended: amend it.", contract=contract.name))
            day = contract.date_end + timedelta(days=1)
            end = day + relativedelta(months=max(self.kor_term_months, 1)) - timedelta(days=1)
            renewal = contract.renew(fields.Date.to_string(end), 0, note, document.signed_by, "signature")
            self._kor_note_amendment(renewal)
        changes = self._kor_get_contract_changes(contract, day)
        if changes:
            amendment_id = contract.amend(fields.Date.to_string(day), changes, note)
            amendment = self.env["kor.contract.amendment"].browse(amendment_id)
            self._kor_check_amended(contract, amendment._preview()["after"]["mrr"])
            amendment.action_agree(document.signed_by, "signature")
            self._kor_note_amendment(amendment_id)
        elif self.kor_amend_kind != "renewal":
            raise UserError(
                self.env._(
                    "%(proposal)s says what contract %(contract)s says already: there is nothing to change.",
                    proposal=self.name,
                    contract=contract.name,
                )
            )
        return contract

    def _kor_note_amendment(self, amendment_id):
        amendment = self.env["kor.contract.amendment"].browse(amendment_id)
        amendment.message_post(body=self.env._("Signed as %(proposal)s.", proposal=self.name))

    def _kor_get_contract_changes(self, contract, day):
        """Return what the proposal changes of the contract, as the contract's own changes."""
        changes = []
        if self.kor_plan_id != contract.plan_id:
            changes.append({"kind": "plan", "plan": self.kor_plan_id.id, "sequence": 1})
        running = contract.line_ids.filtered(lambda line: line.charge_type != "one_time" and self._kor_runs(line, day))
        kept = running.browse()
        for signed in self._kor_get_chosen_lines():
            line = self._kor_find_contract_line(signed, running - kept)
            kept |= line
            changes += self._kor_get_line_changes(signed, line) if line else [self._kor_get_added(signed)]
        if self.kor_plan_id == contract.plan_id:
            changes += [{"kind": "remove", "line": line.id, "sequence": 9} for line in running - kept]
        return changes

    def _kor_runs(self, line, day):
        return not line._is_void() and (
            not line.date_end or line.date_end >= day or line.date_end == line.contract_id.date_end
        )

    def _kor_find_contract_line(self, signed, lines):
        terms = signed.kor_terms_id
        same = lines.filtered(lambda line: line.charge_id == terms.charge_id)
        return (
            same
            or lines.filtered(
                lambda line: (
                    (line.charge_type, line.metric_id) == (terms.charge_type, terms.metric_id)
                    and terms.charge_type != "one_time"
                )
            )
        )[:1]

    def _kor_get_line_changes(self, signed, line):
        terms, changes = signed.kor_terms_id, []
        new_plan = line.contract_id.plan_id != self.kor_plan_id
        if terms.charge_type == "per_unit" and line.quantity != terms.quantity:
            changes.append({"kind": "quantity", "line": line.id, "quantity": terms.quantity, "sequence": 3})
        listed = terms.charge_id if new_plan and terms.charge_id else line
        if terms.price_model == "standard" and terms.unit_price != listed.unit_price:
            changes.append({"kind": "price", "line": line.id, "unit_price": terms.unit_price, "sequence": 4})
        elif terms.price_model != "standard":
            changes += self._kor_get_scaled(terms, listed, line)
        changes += self._kor_get_discount_change(signed, line, new_plan)
        return changes

    def _kor_get_scaled(self, terms, listed, line):
        """Return the change of all prices of a line by one percentage, where its price tiers cost something else."""
        if terms._is_used():
            return []
        before = to_decimal(listed._simulate(terms.quantity, terms.events)["total"])
        percent = -float(percent_off(before, terms._get_full_amount()))
        return [{"kind": "price", "line": line.id, "percent": percent, "sequence": 4}] if abs(percent) > 1e-9 else []

    def _kor_get_discount_change(self, signed, line, new_plan):
        """Return the discount that the contract line lacks to the one that was signed."""
        lasting = line.discount_ids.filtered(lambda one: one.kind == "percent" and not one.periods and not one.date_end)
        held = 0 if new_plan else sum(lasting.mapped("value"))
        # A plan's discount is on the whole in contracts that were made from it by hand.
        whole = line.contract_id.discount_ids.filtered(lambda one: one.kind == "percent" and not one.periods)
        held += sum(whole.mapped("value"))
        if signed.discount <= held + 1e-9:
            return []
        value = float(percent_off(to_decimal(100 - held), to_decimal(100 - signed.discount)))
        name = signed.kor_terms_id.discount_name or self.env._("Agreed discount")
        return [
            {
                "kind": "discount",
                "line": line.id,
                "discount_kind": "percent",
                "value": value,
                "name": name,
                "sequence": 5,
            }
        ]

    def _kor_get_added(self, signed):
        terms = signed.kor_terms_id
        if not terms.charge_id:
            product = signed.product_id
            return {"kind": "add", "product": product.id, "name": terms.name, "unit_price": signed.price_unit,
                    "billing_months": terms.billing_months, "sequence": 6}  # fmt: skip
        change = {"kind": "add", "charge": terms.charge_id.id, "quantity": terms.quantity, "sequence": 6}
        if terms.price_model == "standard":
            change["unit_price"] = terms.unit_price * (1 - signed.discount / 100)
        return change

    def _kor_check_amended(self, contract, monthly):
        """Raise where what recurs after the change is not what was signed, to the cent."""
        signed = self.currency_id.round(self._kor_figures()["mrr"])
        found = self.currency_id.round(monthly)
        if self.currency_id.compare_amounts(signed, found):
            raise ValidationError(
                self.env._(
                    "Contract %(contract)s would bring %(found)s a month, but %(signed)s was signed. Nothing was "
                    "agreed: correct the proposal.",
                    contract=contract.name,
                    found=format_amount(self.env, found, self.currency_id),
                    signed=format_amount(self.env, signed, self.currency_id),
                )
            )
