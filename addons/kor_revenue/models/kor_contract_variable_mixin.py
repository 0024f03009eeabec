from fractions import Fraction
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import estimates
from .kor_revenue_estimate import SIGNS


class KorContractVariableMixin(models.AbstractModel):
    """Take what is expected of credits and bonuses into the price, and let documents use it up."""

    _name = "kor.contract.variable.mixin"
    _description = "Variable Consideration of a Contract"

    revenue_estimate_ids = fields.One2many("kor.revenue.estimate", "contract_id", string="Estimates")

    def _check_can_estimate(self):
        for contract in self:
            if not contract.revenue_since or not contract.sudo().revenue_version_ids:  # evidence for everybody
                raise UserError(
                    self.env._(
                        "Contract %(contract)s has no price to estimate: it earns what is invoiced, or period by "
                        "period.",
                        contract=contract.name,
                    )
                )

    def _note_estimate(self, estimate):
        """Freeze the price with what is estimated now."""
        version = self._note_revenue_terms(treatment="price", estimate=estimate)
        if version and version.price < 0:
            raise UserError(
                self.env._(
                    "Credits of %(amount)s are more than the price of contract %(contract)s.",
                    amount=self.currency_id.format(estimate.included),
                    contract=self.name,
                )
            )
        self._mark_revenue_stale()

    def _get_estimates_in_force(self):
        """Return the last estimate of each kind."""
        self.ensure_one()
        own = self.sudo().revenue_estimate_ids.sorted(lambda one: (one.date, one.id))  # evidence for everybody
        last = {estimate.kind: estimate for estimate in own}
        return own.browse([estimate.id for estimate in last.values()])

    def _get_variable_price(self):
        """Return what of the price is estimated."""
        return sum((self._get_included(one) for one in self._get_estimates_in_force()), Fraction(0))

    @api.model
    def _get_included(self, estimate):
        return SIGNS[estimate.kind] * Fraction(to_decimal(estimate.included))

    def _get_engine_estimates(self):
        """Return the estimates, each with the day on which the next of its kind replaces it."""
        self.ensure_one()
        result = []
        estimates_sudo = self.sudo().revenue_estimate_ids  # evidence for everybody
        for own in estimates_sudo.sorted(lambda one: (one.date, one.id)).grouped("kind").values():
            for one, following in pairwise([*own, None]):
                amount = SIGNS[one.kind] * to_decimal(one.included)
                result.append(estimates.Estimate(one.date, amount, following.date if following else None))
        return result

    def _absorb_expected(self, adjustments):
        """Return what of the documents counts beside the prices of the contracts.

        :param adjustments: rows by contract id, as `_find_adjustments` gives them
        """
        result = dict(adjustments)
        for contract in self.filtered(lambda one: one.id in adjustments):
            expected = contract._get_engine_estimates()
            if expected:
                rows = adjustments[contract.id]
                documents = [estimates.Document(n, row["date"], row["amount"]) for n, row in enumerate(rows)]
                result[contract.id] = [
                    {**rows[one.key], "date": one.day, "amount": one.amount}
                    for one in estimates.absorb(documents, expected)
                ]
        return result
