from fractions import Fraction
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import delivery, estimates
from .kor_contract_position_mixin import LINES_OF_CONTRACTS
from .kor_revenue_estimate import SIGNS

# Lines of documents on the contract liability without a billed period; less what billing has booked without a document.
ADJUSTMENTS = f"""
    SELECT COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract, -line.amount_currency AS amount,
        move.date, line.product_id AS product, 0 AS root,
        COALESCE(origin.kor_date_from, move.kor_date_from, move.date) AS start,
        COALESCE(origin.kor_date_to, move.kor_date_to, move.date) AS last
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    LEFT JOIN account_move origin ON origin.id = move.reversed_entry_id
    WHERE {LINES_OF_CONTRACTS} AND COALESCE(line.kor_contract_id, move.kor_contract_id) = ANY(%(contracts)s)
        AND line.account_id = ANY(%(accounts)s) AND line.parent_state = 'posted'
        AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        AND NOT EXISTS (SELECT FROM kor_billing_item item
            WHERE item.move_line_id = line.id AND item.state = 'booked')
    UNION ALL
    SELECT item.contract_id, -item.amount, item.create_date::date, item.product_id,
        COALESCE(own.root_id, own.id), item.date_start, item.date_end
    FROM kor_billing_item item JOIN kor_contract_line own ON own.id = item.contract_line_id
    JOIN kor_contract contract ON contract.id = item.contract_id
    WHERE item.contract_id = ANY(%(contracts)s) AND item.state = 'booked' AND item.move_line_id IS NULL
        AND item.amount < 0 AND item.date_start >= contract.revenue_since
    ORDER BY 3
"""


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

    def _find_adjustments(self):
        """Return by contract what documents say that no booked period says, without taxes.

        Lines on the contract liability without a billed period; less what billing has booked without a document
        because somebody had given it already.
        """
        schedules = self._get_revenue_schedules().filtered(lambda one: one.kind == "revenue")
        accounts = schedules.deferral_account_id
        if not accounts:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            ADJUSTMENTS,
            {"contracts": self.ids, "accounts": accounts.ids},
        )
        found = {}
        for row in self.env.cr.dictfetchall():
            amount, last = to_decimal(float(row["amount"])), max(row.pop("last"), row["start"])
            found.setdefault(row["contract"], []).append({**row, "amount": amount, "end": last + delivery.DAY})
        return self._absorb_expected(found)

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
