from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.retry import ASKED_FOR, HOUR, rest


class KorIntegrationWebhookFollowMixin(models.AbstractModel):
    """What deliveries make of a webhook: its health, its rests, and its end where nothing comes through any more."""

    _name = "kor.integration.webhook.follow.mixin"
    _description = "Health of Webhooks"

    @api.model
    def _follow_deliveries(self, sent, outcomes):
        """Count what came of deliveries, let end points rest that failed, and switch off those that are gone."""
        good, bad, errors, asked, dead = Counter(), Counter(), {}, {}, Counter()
        for one, outcome in zip(sent, outcomes, strict=True):
            id_ = one.message.integration_id
            (good if one.is_good else bad)[id_] += 1
            dead[id_] += outcome.state == "dead"
            if not one.is_good:
                errors[id_] = one.error
                asked[id_] = min(one.retry_after or 0, HOUR) if one.status in ASKED_FOR else 0
        ids = good.keys() | bad.keys()
        self._count({id_: (good[id_], bad[id_]) for id_ in ids}, errors)
        webhooks = self.sudo().browse(sorted(ids))  # counted for whoever caused it
        webhooks._take_rests(bad, good, asked)
        for webhook in webhooks:
            if dead[webhook.id]:
                webhook._log("warning", self.env._("%(count)s deliveries are dead", count=dead[webhook.id]),
                             errors.get(webhook.id, ""))  # fmt: skip
        gone = {one.message.integration_id for one, outcome in zip(sent, outcomes, strict=True) if outcome.is_gone}
        webhooks._switch_off_hopeless(gone)

    def _take_rests(self, bad, good, asked):
        """Let those that fail rest, the longer the more often they did; one query."""
        now = fields.Datetime.now()
        rows = []
        for webhook in self:
            failed = bad[webhook.id]
            seconds = max(rest(max(webhook.failure_count, 1)), asked.get(webhook.id, 0)) if failed else 0
            since = webhook.webhook_failing_since or now
            rows.append(
                (
                    webhook.id,
                    now + timedelta(seconds=seconds) if failed else None,
                    since if failed and not good[webhook.id] else None,
                )
            )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE kor_integration i SET webhook_rest_until = n.rest_until, webhook_failing_since = n.since
                  FROM unnest(%s::int[], %s::timestamp[], %s::timestamp[]) AS n(id, rest_until, since)
                 WHERE i.id = n.id AND (i.webhook_rest_until IS DISTINCT FROM n.rest_until
                                        OR i.webhook_failing_since IS DISTINCT FROM n.since)
                """,
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        self.invalidate_recordset(["webhook_rest_until", "webhook_failing_since"])

    def _switch_off_hopeless(self, gone):
        """Pause those that said that they are gone, and those from which nothing but failures came for days."""
        limit = fields.Datetime.now() - self._get_days_until_off()
        for webhook in self.filtered(lambda one: one.state in ("active", "failing")):
            if webhook.id in gone:
                webhook._switch_off(self.env._("The end point said that it is gone (HTTP 410)."))
            elif webhook.webhook_failing_since and webhook.webhook_failing_since <= limit:
                webhook._switch_off(
                    self.env._(
                        "Nothing was delivered since %(date)s: %(error)s",
                        date=webhook.webhook_failing_since.date(),
                        error=webhook.last_error or "–",
                    )
                )

    def _switch_off(self, reason):
        """Tell our own people too."""
        result = super()._switch_off(reason)
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("“%(name)s” is switched off", name=self.name),
                note=reason,
                user_id=self.user_id.id,
            )
        return result

    def _tell_failing(self):
        """Tell the contract's other webhooks too."""
        result = super()._tell_failing()
        facts = {
            "integration": self.name,
            "kind": self.kind,
            "error": self.last_error or "",
            "failures": self.failure_count,
        }
        self.env["kor.event"]._emit("integration.failing", {self.contract_id: [(self, facts)]})
        return result
