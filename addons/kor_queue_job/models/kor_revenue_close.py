from odoo import SUPERUSER_ID, models

from odoo.addons.queue_job.exception import RetryableJobError

SECONDS_UNTIL_FREE = 5


class KorRevenueClose(models.Model):
    """Work a close off in one lane: its batches go by the order of contracts. Companies close side by side."""

    _inherit = "kor.revenue.close"

    def _offer_batches(self):
        for close in self.filtered(lambda one: one.state == "running"):
            close._delay_batch()
        return super()._offer_batches()

    def _delay_batch(self):
        """Put the next batch into the queue, unless it waits there already."""
        self.ensure_one()
        # Batches are the system's work, in the scheduler and here: whoever started the close need not see all of it.
        env = self.env(user=SUPERUSER_ID, context={"allowed_company_ids": self.company_id.ids})
        self.with_env(env).with_delay(
            identity_key=f"kor_revenue_close:{self.id}",
            description=self.env._("%(close)s: a batch of contracts", close=self.display_name),
        )._work_queued()

    def _work_queued(self):
        """Book one batch as a job; what fails, and what others hold, the queue tries again.

        :return: a sentence for the job's result
        """
        self.ensure_one()
        if self.state != "running":
            return self.env._("The close is done.")
        through = self._work_held()
        if self.state == "running":
            if not through:
                raise RetryableJobError("Others are at this close.", seconds=SECONDS_UNTIL_FREE, ignore_retry=True)
            self._delay_batch()
        return self.env._("%(count)s contracts looked at.", count=through)
