from odoo import SUPERUSER_ID, models

from odoo.addons.kor_billing.models.kor_billing_run import WORKERS
from odoo.addons.queue_job.exception import RetryableJobError

SECONDS_UNTIL_FREE = 5


class KorBillingRun(models.Model):
    """Work a run off in lanes: each job bills one batch and puts the next one of its lane into the queue.

    A batch is what nobody else holds at the moment, so lanes, the billing jobs of the scheduler and a job that is
    delivered twice share a run without knowing of each other, and the run ends when nothing is left, not when a
    number of jobs has been done.
    """

    _inherit = "kor.billing.run"

    def _offer_batches(self):
        for run in self.filtered(lambda one: one.state == "running"):
            batches = -(-run.planned_count // run._get_batch_size())
            for lane in range(1, min(batches, WORKERS) + 1):
                run._delay_batch(lane)
        return super()._offer_batches()

    def _delay_batch(self, lane):
        """Put one batch into the queue, unless one of the lane waits there already."""
        self.ensure_one()
        # Batches are the system's work, in the scheduler and here: whoever started the run need not see all of it.
        env = self.env(user=SUPERUSER_ID, context={"allowed_company_ids": self.company_id.ids})
        self.with_env(env).with_delay(
            identity_key=f"kor_billing_run:{self.id}:{lane}",
            description=self.env._("%(run)s: a batch of contracts, lane %(lane)s", run=self.name, lane=lane),
        )._work_queued(lane)

    def _work_queued(self, lane):
        """Bill one batch as a job; what fails, and what others hold, the queue tries again.

        :return: a sentence for the job's result
        """
        self.ensure_one()
        if self.state != "running":
            return self.env._("The run is done.")
        # Not insistently: that would roll back the job's own transaction. The queue repeats the whole job.
        through, left = self._work_batch()
        if not through and left:
            raise RetryableJobError("Others hold what is left.", seconds=SECONDS_UNTIL_FREE, ignore_retry=True)
        if self.state == "running":
            self._delay_batch(lane)
        return self.env._("%(count)s contracts billed.", count=through)
