from odoo import models

from ..engine import delivery


class KorContractBreakageMixin(models.AbstractModel):
    """Earn prepaid credit that expired: nothing is owed for it any more.

    Source: ASC 606-10-55-46 to 49, IFRS 15.B44 to B47: where breakage cannot be foreseen, it is earned when it is
    remote that the right will be used. That is certain on the day after the last one.
    """

    _name = "kor.contract.breakage.mixin"
    _description = "Breakage of Prepaid Credit"

    def _get_breakage_targets(self, until):
        """Return what schedules of expired credit come to, and make those that are lacking."""
        last = delivery.next_month(until - delivery.DAY)
        credits = (
            self.env["kor.prepaid.credit"]
            .sudo()  # schedules follow from what was sold and drawn, whoever looks; also below
            .search(
                [
                    ("contract_id", "in", self.filtered("revenue_since").ids),
                    ("account_id", "!=", False),
                    ("date_end", "<", last),
                ]
            )
        )
        # What had expired when the contract began to earn is as it was booked then.
        credits = credits.filtered(lambda one: one._get_breakage_day() >= one.contract_id.revenue_since)
        amounts = {credit: credit._get_breakage() if credit._get_breakage_day() < until else 0 for credit in credits}
        lacking = [credit for credit in credits if amounts[credit] and not credit.revenue_schedule_ids]
        credits.env["kor.revenue.schedule"].create([credit._prepare_breakage_schedule() for credit in lacking])
        result = {}
        for credit in credits.filtered("revenue_schedule_ids"):
            amount, schedule = amounts[credit], credit.revenue_schedule_ids
            if schedule.currency_id.compare_amounts(schedule.amount, float(amount)):
                schedule.write(credit._prepare_breakage_amounts(amount))
            result[schedule.id] = {delivery.month_of(credit._get_breakage_day()): amount} if amount else {}
        return result
