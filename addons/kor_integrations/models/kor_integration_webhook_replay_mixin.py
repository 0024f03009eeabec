from datetime import datetime, timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.retry import judge
from ..tools.guarded_http import get_allowed
from ..tools.webhook_sender import send

REPLAYED_AT_ONCE = 10_000


class KorIntegrationWebhookReplayMixin(models.AbstractModel):
    """Send what was sent before, or something to try it out."""

    _name = "kor.integration.webhook.replay.mixin"
    _description = "Replay of Webhooks"

    def _check_may_send(self):
        self.ensure_one()
        if self.kind != "webhook" or self.state in ("draft", "retired"):
            raise UserError(self.env._("“%(name)s” is no webhook that sends: activate it first.", name=self.name))

    def replay(self, date_from="", date_to=""):
        """Send once more what is dead, or all of a time span, under the same ids.

        :param date_from: the first day of the span as YYYY-MM-DD, or a moment as YYYY-MM-DD HH:MM:SS, in UTC
        :param date_to: the last one, which belongs to it
        :return: how many will be sent
        """
        self.ensure_one()
        self._check_may_manage()
        self._check_may_send()
        domain = [("integration_id", "=", self.id)]
        if not (date_from or date_to):
            domain.append(("state", "=", "dead"))
        if date_from:
            domain.append(("date", ">=", self._read_moment(date_from, "date_from")))
        if date_to:
            domain.append(("date", "<", self._read_moment(date_to, "date_to", ends=True)))
        deliveries_sudo = self.env["kor.webhook.delivery"].sudo()  # deliveries are written by no user
        return deliveries_sudo.search(domain, order="id", limit=REPLAYED_AT_ONCE)._replay()

    def _read_moment(self, text, name, ends=False):
        """Return the moment that plain input gives, or the one after it where it ends a span."""
        text = text.strip() if isinstance(text, str) else ""
        for pattern, step in (("%Y-%m-%d", timedelta(days=1)), ("%Y-%m-%d %H:%M:%S", timedelta(seconds=1))):
            try:
                moment = datetime.strptime(text, pattern)
                return moment + step if ends else moment
            except (ValueError, OverflowError):
                continue
        raise UserError(self.env._("“%(name)s” is a day such as 2026-01-31, in UTC, with or without time.", name=name))

    def action_replay_dead(self):
        """Send once more what is dead.

        :return: a notification
        """
        count = self.replay()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("%(count)s deliveries are sent once more.", count=count)
                if count
                else self.env._("Nothing is dead: there is nothing to send once more."),
                "type": "success" if count else "info",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_deliveries(self):
        """Open the deliveries of the webhook.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_webhook_delivery_action")
        return {**action, "domain": [("integration_id", "=", self.id)], "context": {}}

    def _test_webhook(self):
        """Send an event that means nothing, at once, and say what came of it. It is tried once."""
        self.ensure_one()
        self._by_kind("check_ready")
        if not self.secret_ids:
            self.env["kor.webhook.secret"]._issue(self)
        events_sudo = self.env["kor.event"].sudo()  # events are written by no user
        row = events_sudo._prepare_row(
            self.contract_id, self, {"message": self.env._("This is a test."), "date": str(fields.Datetime.now())}
        )
        type_id = self.env["kor.event.type"]._get_id("webhook.test")
        (delivery_id,) = events_sudo._write_outbox(type_id, [row], [(row[0], self.id)], state="cancelled")
        delivery = self.env["kor.webhook.delivery"].sudo().browse(delivery_id)  # likewise
        ((message,),) = delivery._prepare_messages(delivery).values()
        sent = send(message, get_allowed(self.env))
        outcome = judge(1, sent.status)
        delivery._write_results([sent], [outcome if outcome.state == "delivered" else outcome._replace(state="dead")])
        if sent.is_good:
            return True, self.env._(
                "answered HTTP %(status)s in %(time)s ms", status=sent.status, time=sent.milliseconds
            )
        return False, sent.error
