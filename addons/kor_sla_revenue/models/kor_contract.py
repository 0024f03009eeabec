import logging

from odoo import fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class KorContract(models.Model):
    """Expect the credits that a month's failures will bring, as soon as its report says so.

    They are variable consideration: the price is lower from the month in which the service failed, not from the day of
    the credit note, which then uses up what was expected. What people have estimated of credits themselves stays.
    Source: ASC 606-10-32-5 to 32-9, IFRS 15.50 to 15.54.
    """

    _inherit = "kor.contract"

    def _estimate_sla_credits(self):
        """Bring the estimates of contracts to what is still to be given; nothing new where that is expected already."""
        contracts_sudo = self.sudo().filtered(  # the estimate follows from the report, whoever approves
            lambda contract: contract.revenue_since and contract.revenue_version_ids
        )
        for contract_sudo, credits_sudo in contracts_sudo._get_sla_credits().items():
            contract_sudo._estimate_own_sla_credits(credits_sudo)

    def _get_sla_credits(self):
        credits = self.env["kor.sla.credit"].search([("contract_id", "in", self.ids)], order="month")
        return credits.grouped("contract_id")

    def _estimate_own_sla_credits(self, credits):
        last = self._get_estimates_in_force().filtered(lambda one: one.kind == "credit")
        if last and not last.is_service_credit and last.amount:
            return
        still_open = sum(max(credit.amount - credit.booked_amount, 0.0) for credit in credits)
        given = sum(credits.mapped("booked_amount"))
        if self.currency_id.is_zero(still_open + given - last.service_credits):
            return
        day = self._get_sla_estimate_day(credits)
        if not day:
            return
        try:
            with self.env.cr.savepoint():
                self.env["kor.revenue.estimate"].create(
                    {
                        "contract_id": self.id,
                        "kind": "credit",
                        "date": day,
                        "amount": still_open,
                        "reason": self._describe_sla_estimate(credits),
                        "is_service_credit": True,
                        "service_credits": still_open + given,
                    }
                )
        except UserError as error:
            # Reports and credits must not wait for it.
            _logger.warning("Contract %s: its service credits are not estimated: %s", self.name, error)

    def _get_sla_estimate_day(self, credits):
        """Return the last day of the latest month with a credit, or the nearest on which the price can change."""
        wanted = fields.Date.end_of(max(credits.mapped("month")), "month")
        first = max([self.revenue_since, *self.revenue_estimate_ids.mapped("date")])
        last = min(self.date_enforceable_end, self._get_today())
        return min(max(wanted, first), last) if first <= last else None

    def _describe_sla_estimate(self, credits):
        coming = credits.filtered(lambda credit: credit.amount > credit.booked_amount)
        if not coming:
            return self.env._("No credits for missed service levels are to come.")
        lines = [
            f"{credit.name}: {credit.currency_id.format(credit.amount - credit.booked_amount)}" for credit in coming
        ]
        return "\n".join([self.env._("Credits for missed service levels that are still to be given:"), *lines])
