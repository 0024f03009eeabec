from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, html2plaintext

from odoo.addons.kor_contracts.models.kor_contract_lifecycle_mixin import LOOKING
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import taken_back

from ..engine.term_value import combine_percents, percent_off

# Of a percentage, as discounts hold it.
DISCOUNT_DIGITS = 4


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
        amendment = self._kor_draft_amendment()
        amendment.action_agree(document.signed_by, "signature")
        amendment.message_post(body=self.env._("Signed as %(proposal)s.", proposal=self.name))
        return self.kor_amends_contract_id

    def _kor_draft_amendment(self):
        """Return the draft of the amendment that says what the proposal says, to the cent; raise where none can."""
        contract = self.kor_amends_contract_id
        note = self.env._("Proposal %(proposal)s, version %(version)s", proposal=self.name, version=self.kor_version)
        if self.kor_amend_kind == "renewal":
            amendment = self._kor_draft_renewal(contract, note)
        else:
            day = self._kor_get_start()
            changes = self._kor_get_contract_changes(contract, day)
            if not changes and not self._kor_changes_service(contract):
                raise UserError(
                    self.env._(
                        "%(proposal)s says what contract %(contract)s says already: there is nothing to change.",
                        proposal=self.name,
                        contract=contract.name,
                    )
                )
            amendment_id = contract.amend(fields.Date.to_string(day), changes, note)
            amendment = self.env["kor.contract.amendment"].browse(amendment_id)
        if self._kor_changes_service(contract):
            service = {"kind": "kor_service", "kor_order_id": self.id, "sequence": 8}
            amendment.write({"change_ids": [fields.Command.create(service)]})
        self._kor_check_amended(contract, amendment._preview()["after"]["mrr"])
        return amendment

    def _kor_changes_service(self, contract):
        """Tell whether the proposal promises another service than the contract, or has other clauses."""
        # A change of the plan brings what the new tier has; what was agreed beside it is written after that.
        return (
            contract.tier_id != self.kor_tier_id
            or contract.uptime_target != self.kor_uptime_target
            or contract.support_level_id != self.kor_support_level_id
            or bool(self.kor_feature_ids - contract.feature_ids)
            or bool(self._kor_get_other_clauses(contract))
        )

    def _kor_get_other_clauses(self, contract):
        """Return the clauses that the contract does not have, or not as they were signed."""
        held = {(one.name, html2plaintext(one.body)) for one in contract.clause_ids}
        return self.kor_clause_ids.filtered(lambda one: (one.name, html2plaintext(one.body)) not in held)

    def _kor_draft_renewal(self, contract, note):
        """Return the draft of one more term, with all that changes with it."""
        if not contract.date_end:
            raise UserError(self.env._("Contract %(contract)s is open-ended: amend it.", contract=contract.name))
        contract._check_can_renew()
        day = contract.date_end + timedelta(days=1)
        end = day + relativedelta(months=max(self.kor_term_months, 1)) - timedelta(days=1)
        amendment = contract._draft_renewal(day, end, 0, note)
        changes = self._kor_get_contract_changes(contract, day)
        parsed = [amendment.change_ids._parse(contract, change) for change in changes]
        amendment.write({"change_ids": [fields.Command.create(change) for change in parsed]})
        return amendment

    def _kor_check_can_send(self):
        result = super()._kor_check_can_send()
        for order in self.filtered("kor_amends_contract_id"):
            order._kor_check_can_amend()
        return result

    def _kor_check_can_amend(self):
        """Raise what would be in the way of the signature, while it is still the seller who can mend it."""
        order = self.sudo().with_company(self.company_id)  # in sudo: sellers change no contract; this is taken back
        with taken_back(self.env):
            order.with_context(kor_looking=LOOKING, tracking_disable=True)._kor_draft_amendment()

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
        held = [self._kor_get_whole_percent(line.contract_id)]
        held += [] if new_plan else line.discount_ids._filter_lasting("percent").mapped("value")
        lacking = self._kor_get_rest_percent(signed, held)
        if not new_plan and (lacking < 0 or lacking != round(lacking, DISCOUNT_DIGITS)):
            # A discount is not taken back from a line, and has few digits: the line ends, and another one begins.
            ended = {"kind": "remove", "line": line.id, "sequence": 2}
            return [ended, self._kor_get_added(signed)]
        if terms.charge_type == "per_unit" and line.quantity != terms.quantity:
            changes.append({"kind": "quantity", "line": line.id, "quantity": terms.quantity, "sequence": 3})
        listed = terms.charge_id if new_plan and terms.charge_id else line
        if terms.price_model == "standard" and terms.unit_price != listed.unit_price:
            changes.append({"kind": "price", "line": line.id, "unit_price": terms.unit_price, "sequence": 4})
        elif terms.price_model != "standard":
            changes += self._kor_get_scaled(terms, listed, line)
        return changes + self._kor_get_discount_change(signed, line, lacking)

    def _kor_get_scaled(self, terms, listed, line):
        """Return the change of all prices of a line by one percentage, where its price tiers cost something else."""
        if terms._is_used():
            return []
        before = to_decimal(listed._simulate(terms.quantity, terms.events)["total"])
        percent = -float(percent_off(before, terms._get_full_amount()))
        return [{"kind": "price", "line": line.id, "percent": percent, "sequence": 4}] if abs(percent) > 1e-9 else []

    def _kor_get_whole_percent(self, contract):
        """Return the lasting percentage on the whole: that of the plan, in contracts that were made from it by hand."""
        return float(combine_percents(contract.discount_ids._filter_lasting("percent").mapped("value")))

    def _kor_get_rest_percent(self, signed, held):
        """Return the percentage that leaves, after those that are held already, what was signed; below 0: too much."""
        own = signed.kor_terms_id.discount_ids._filter_lasting("percent").mapped("value")
        paid, left = 100 - combine_percents([*own, signed.discount]), 100 - combine_percents(held)
        return float(round(percent_off(left, paid), 9)) if left else 0

    def _kor_get_discount_change(self, signed, line, value):
        """Return the discount that the contract line lacks to the one that was signed."""
        if value <= 0:
            return []
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
        """Return a new line with its terms as they were signed: price model, quantity and discounts."""
        terms = signed.kor_terms_id
        return {
            "kind": "add",
            "kor_terms_id": terms.id,
            "charge": terms.charge_id.id,
            "product": signed.product_id.id,
            "name": terms.name,
            "quantity": terms.quantity,
            "unit_price": terms.unit_price,
            "billing_months": terms.billing_months,
            "sequence": 6,
        }

    def _kor_prepare_added_values(self, signed, contract):
        """Return the values of the new line; what the contract gives on the whole is not given again."""
        whole = self._kor_get_whole_percent(contract)
        if not whole:
            return signed.kor_terms_id._prepare_contract_values()
        return signed.kor_terms_id._prepare_contract_values(self._kor_get_rest_percent(signed, [whole]))

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
