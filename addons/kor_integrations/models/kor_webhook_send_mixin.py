import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.retry import judge
from ..tools.guarded_http import get_allowed
from ..tools.webhook_sender import Message, send_lane

_logger = logging.getLogger(__name__)
THREADS = 16
BATCH = 400
# Of one end point at a time: what a batch takes at most, and in how many lanes it is sent.
SHARE, LANES = 40, 4
RUN_SECONDS = 50
# The job waits for retries that are due so soon: it would not be woken in time.
PATIENCE = 6
GATHER_SECONDS = 0.02
TRIES = 3


class KorWebhookSendMixin(models.AbstractModel):
    """Send what is due: taken in batches, sent in threads, written down in a few statements for each batch.

    What is being sent is marked and committed before, so that no transaction is open while a receiver thinks. A worker
    that is killed leaves its marks; the job that follows takes them off and sends again, under the same ids.
    """

    _name = "kor.webhook.send.mixin"
    _description = "Sending of Webhooks"

    @api.model
    def _cron_deliver(self):
        """Send what is due, until nothing is or the time is over."""
        cron = self.env["ir.cron"]
        # The job runs once at a time: what is still marked was left by a worker that is no more.
        self.env.cr.execute(SQL("UPDATE kor_webhook_delivery SET is_sending = false WHERE is_sending"))
        cron._commit_progress(remaining=0)
        until, lanes = time.monotonic() + RUN_SECONDS, {}
        with ThreadPoolExecutor(THREADS, "kor-webhook") as pool:
            while self._submit(pool, lanes, until) or self._wait_for_next(until):
                if lanes:
                    self._settle(self._gather(lanes))

    @api.model
    def _submit(self, pool, lanes, until):
        """Give the threads what is due; tell whether they have something to do."""
        if time.monotonic() < until and len(lanes) < THREADS:
            busy = {message.integration_id for messages in lanes.values() for message in messages}
            taken, allowed = self._take(busy), get_allowed(self.env)
            self.env["ir.cron"]._commit_progress()
            for messages in taken:
                lanes[pool.submit(send_lane, messages, allowed)] = messages
        return bool(lanes)

    @api.model
    def _gather(self, lanes):
        """Wait for a lane to come back, a little for the others, and return [(messages, what came of them)]."""
        wait(lanes, return_when=FIRST_COMPLETED)
        done = wait(lanes, timeout=GATHER_SECONDS).done
        return [(lanes.pop(future), future.result()) for future in done]

    @api.model
    def _wait_for_next(self, until):
        """Wait where something is due soon; else let the job be woken when it is."""
        now = fields.Datetime.now()
        moment = self._get_next_moment()
        if not moment:
            return False
        seconds = (moment - now).total_seconds()
        if seconds <= PATIENCE and time.monotonic() + seconds < until:
            self.env["ir.cron"]._commit_progress()
            time.sleep(max(seconds, 0.1))
            return True
        self.env["kor.event"]._wake_now(max(moment, now))
        return False

    @api.model
    def _get_next_moment(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT min(greatest(d.date_next, i.webhook_rest_until))
                  FROM kor_integration i
                 CROSS JOIN LATERAL (
                       SELECT min(date_next) AS date_next FROM kor_webhook_delivery
                        WHERE integration_id = i.id AND state IN ('pending', 'retrying') AND NOT is_sending) d
                 WHERE i.kind = 'webhook' AND i.state IN ('active', 'failing')
                """
            )
        )
        return rows[0][0]

    @api.model
    def _take(self, busy=()):
        """Mark a batch as being sent and return its lanes, lists of messages.

        End points that rest are left alone, one that failed last is tried with a single message, and each has a share
        of the batch only. To choose and to mark is one statement: no other job can take the same ones in between.
        """
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT d.id
                      FROM kor_integration i
                     CROSS JOIN LATERAL (
                           SELECT id FROM kor_webhook_delivery
                            WHERE integration_id = i.id AND state IN ('pending', 'retrying') AND NOT is_sending
                              AND date_next <= %(now)s
                            ORDER BY date_next, id
                            LIMIT CASE WHEN i.failure_count > 0 THEN 1 ELSE %(share)s END
                              FOR UPDATE SKIP LOCKED) d
                     WHERE i.kind = 'webhook' AND i.state IN ('active', 'failing')
                       AND (i.webhook_rest_until IS NULL OR i.webhook_rest_until <= %(now)s)
                       AND NOT i.id = ANY(%(busy)s)
                     LIMIT %(batch)s)
                UPDATE kor_webhook_delivery d SET is_sending = true FROM due WHERE d.id = due.id
                RETURNING d.id
                """,
                now=now,
                share=SHARE,
                busy=list(busy),
                batch=BATCH,
            )
        )
        return self._prepare_lanes(self.browse(id_ for (id_,) in rows))

    @api.model
    def _prepare_lanes(self, deliveries):
        if not deliveries:
            return []
        deliveries.invalidate_recordset()
        lanes = []
        for _integration, messages in self._prepare_messages(deliveries).items():
            size = -(-len(messages) // LANES)
            lanes += [messages[start : start + size] for start in range(0, len(messages), size)]
        return lanes

    @api.model
    def _prepare_messages(self, deliveries):
        """Return what is sent, by integration, the oldest first."""
        secrets = self.env["kor.webhook.secret"]._get_valid(deliveries.integration_id.ids)
        base_url = self.get_base_url()
        messages = {}
        for one in deliveries.sorted(lambda delivery: (delivery.date_next, delivery.id)):
            integration = one.integration_id
            messages.setdefault(integration, []).append(
                Message(
                    one.id,
                    integration.id,
                    one.event_id.key,
                    one.attempts,
                    integration.webhook_url or "",
                    one._get_body(base_url),
                    secrets.get(integration.id, ()),
                )
            )
        return messages

    @api.model
    def _settle(self, lanes):
        """Write down what came of messages, and let the integrations follow; a conflict with others is overcome."""
        sent = [one for _messages, results in lanes for one in results]
        left = [message.id for messages, results in lanes for message in messages[len(results) :]]
        outcomes = [judge(one.message.attempts + 1, one.status, random.random(), one.retry_after) for one in sent]
        cron = self.env["ir.cron"]
        for attempt in range(TRIES):
            try:
                self._write_results(sent, outcomes, left)
                cron._commit_progress(len(sent))
                break
            except psycopg2.errors.SerializationFailure:
                self.env.cr.rollback()
                if attempt == TRIES - 1:
                    # They are sent once more, under the same ids: receivers know them by these.
                    _logger.warning("What came of %s webhooks could not be written.", len(sent))
        try:
            self.env["kor.integration"]._follow_deliveries(sent, outcomes)
            cron._commit_progress()
        except psycopg2.errors.SerializationFailure:
            # Somebody works on one of the integrations: it is counted with the next batch.
            self.env.cr.rollback()

    @api.model
    def _write_results(self, sent, outcomes, left=()):
        """Write what came of messages in one query, and one more for those that were not sent."""
        if left:
            self.env.cr.execute(
                SQL("UPDATE kor_webhook_delivery SET is_sending = false WHERE id = ANY(%s)", list(left))
            )
        if sent:
            now = fields.Datetime.now()
            rows = [
                (
                    one.message.id,
                    outcome.state,
                    now + timedelta(seconds=outcome.delay) if outcome.state == "retrying" else None,
                    one.status,
                    one.milliseconds,
                    one.error or None,
                    one.response or None,
                )
                for one, outcome in zip(sent, outcomes, strict=True)
            ]
            self.env.cr.execute(self._update_results(now, [list(column) for column in zip(*rows, strict=True)]))
        self.invalidate_model()

    @api.model
    def _update_results(self, now, columns):
        return SQL(
            """
            UPDATE kor_webhook_delivery d
               SET state = n.state, date_next = n.date_next, status = n.status, milliseconds = n.milliseconds,
                   error = n.error, response = n.response, attempts = d.attempts + 1, date_last = %s,
                   is_sending = false
              FROM unnest(%s::int[], %s::varchar[], %s::timestamp[], %s::int[], %s::int[], %s::varchar[], %s::text[])
                   AS n(id, state, date_next, status, milliseconds, error, response)
             WHERE d.id = n.id
            """,
            now,
            *columns,
        )
