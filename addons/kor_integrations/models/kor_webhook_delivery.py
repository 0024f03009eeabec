import json

from odoo import api, fields, models
from odoo.exceptions import UserError

STATES = [
    ("pending", "Pending"),
    ("delivered", "Delivered"),
    ("retrying", "Retrying"),
    ("dead", "Dead"),
    ("cancelled", "Cancelled"),
]


class KorWebhookDelivery(models.Model):
    """An event on its way to one end point."""

    _name = "kor.webhook.delivery"
    _inherit = ["kor.webhook.send.mixin"]
    _description = "Webhook Delivery"
    _order = "id desc"
    _log_access = False

    event_id = fields.Many2one(
        "kor.event", string="Message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    integration_id = fields.Many2one(
        "kor.integration", string="Webhook", required=True, readonly=True, index=True, ondelete="cascade"
    )
    type_id = fields.Many2one("kor.event.type", string="Event", readonly=True, ondelete="restrict")
    contract_id = fields.Many2one("kor.contract", readonly=True, index="btree_not_null", ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    key = fields.Char(related="event_id.key", string="Message ID")
    subject = fields.Char(related="event_id.subject")
    date = fields.Datetime(string="Happened", required=True, readonly=True, index=True)
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="pending",
        index=True,
        help="Pending: not sent yet. Retrying: failed, and tried again later. Dead: all attempts failed. Cancelled: "
        "its webhook was retired.",
    )
    attempts = fields.Integer(readonly=True, aggregator="avg")
    replays = fields.Integer(readonly=True, aggregator="sum", help="How often it was sent anew by hand.")
    date_next = fields.Datetime(string="Next Attempt", readonly=True)
    date_last = fields.Datetime(string="Last Attempt", readonly=True)
    status = fields.Integer(string="HTTP Status", readonly=True, aggregator=None, help="Of the last answer; 0: none.")
    milliseconds = fields.Integer(string="Duration (ms)", readonly=True, aggregator="avg", help="Of the last attempt.")
    error = fields.Char(readonly=True)
    response = fields.Text(readonly=True, help="How the last answer began.")
    is_sending = fields.Boolean(readonly=True)
    payload = fields.Text(compute="_compute_payload", help="What is sent.")

    _event_unique = models.UniqueIndex("(event_id, integration_id)", "The webhook has this event already.")
    _due_idx = models.Index("(integration_id, date_next, id) WHERE state IN ('pending', 'retrying')")
    _sending_idx = models.Index("(id) WHERE is_sending")

    @api.depends("event_id")
    def _compute_payload(self):
        for one in self:
            event_sudo = one.event_id.sudo()  # contract and type by name, for who may read the delivery
            message = event_sudo._get_message(one.get_base_url())
            one.payload = json.dumps(message, indent=2, ensure_ascii=False)

    @api.depends("type_id", "key")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.type_id.name}, {(one.key or '')[:8]}"

    def _get_body(self, base_url):
        """Return the bytes that are sent."""
        return json.dumps(self.event_id._get_message(base_url), ensure_ascii=False, separators=(",", ":")).encode()

    def replay(self):
        """Send deliveries once more, under the ids that they have.

        :return: how many will be sent
        """
        for integration in self.integration_id:
            integration._check_may_manage()
            integration._check_may_send()
        return self.sudo()._replay()  # deliveries are written by the job, and by this

    def _replay(self):
        """Let deliveries begin anew; those that are on their way this moment are left."""
        again = self.try_lock_for_update().filtered(lambda one: not one.is_sending)
        for replays, some in again.grouped("replays").items():
            some.write({"state": "pending", "attempts": 0, "replays": replays + 1, "date_next": fields.Datetime.now()})
        if again:
            again.integration_id.write({"webhook_rest_until": False})
            self.env["kor.event"]._wake()
        return len(again)

    def action_replay(self):
        """Send deliveries once more and say how many.

        :return: a notification
        """
        count = self.replay()
        if not count:
            raise UserError(self.env._("They are on their way this moment."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("%(count)s deliveries are sent once more.", count=count),
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
