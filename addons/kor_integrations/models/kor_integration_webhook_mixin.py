from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import read_whole_number

from ..tools import guarded_http
from ..tools.addresses import URL_LENGTH, Refused

LISTENING = {"state", "kind", "contract_id", "event_type_ids"}
MOST_OVERLAP_HOURS = 24 * 30
DAYS_UNTIL_OFF = 5
# As many deliveries as the page of the integration shows; the others have a page of their own.
PAGE_LINES = 5


class KorIntegrationWebhookMixin(models.AbstractModel):
    """Messages to the customer, sent when something happens."""

    _name = "kor.integration.webhook.mixin"
    _inherit = ["kor.integration.webhook.follow.mixin", "kor.integration.webhook.replay.mixin"]
    _description = "Messages to the customer, sent when something happens"

    webhook_url = fields.Char(
        string="Webhook Address",
        size=URL_LENGTH,
        tracking=True,
        help="Where messages are sent, beginning with https://.",
    )
    event_type_ids = fields.Many2many(
        "kor.event.type", string="Events", help="What is told. Empty: everything, also what is added later."
    )
    webhook_overlap_hours = fields.Integer(
        string="Overlap (hours)",
        default=24,
        help="After a rotation, messages carry the signature of the old secret too for so long.",
    )
    secret_ids = fields.One2many("kor.webhook.secret", "integration_id", string="Secrets", readonly=True)
    secret_hint = fields.Char(string="Secret", compute="_compute_secret_hint", help="How the secret ends.")
    delivery_ids = fields.One2many("kor.webhook.delivery", "integration_id", string="Deliveries", readonly=True)
    webhook_rest_until = fields.Datetime(
        string="Rests until", readonly=True, copy=False, help="After failures it is left alone for a while."
    )
    webhook_failing_since = fields.Datetime(string="Failing since", readonly=True, copy=False)

    def _compute_secret_hint(self):
        found = self.env["kor.webhook.secret"].sudo()  # how it ends, for who may see the integration
        found = found.search([("integration_id", "in", self.ids), ("date_expires", "=", False)])
        hints = {one.integration_id.id: one.hint for one in found}
        for integration in self:
            integration.secret_hint = hints.get(integration.id, "")

    @api.constrains("webhook_url")
    def _check_webhook_url(self):
        for integration in self.filtered("webhook_url"):
            integration._check_webhook_address(integration.webhook_url)

    @api.constrains("webhook_overlap_hours")
    def _check_webhook_overlap(self):
        for integration in self:
            if not 0 <= integration.webhook_overlap_hours <= MOST_OVERLAP_HOURS:
                raise ValidationError(
                    self.env._("An old secret holds on for 0 to %(hours)s hours.", hours=MOST_OVERLAP_HOURS)
                )

    @api.model
    def _check_webhook_address(self, url):
        """Raise where an address is not one to which anything is sent; it is checked anew at each delivery."""
        try:
            guarded_http.check(url, guarded_http.get_allowed(self.env))
        except Refused as refused:
            raise ValidationError(
                self.env._("Nothing is sent to %(url)s: %(reason)s", url=url, reason=refused)
            ) from None

    @api.model_create_multi
    def create(self, vals_list):
        integrations = super().create(vals_list)
        integrations._forget_listeners()
        return integrations

    def write(self, vals):
        heard = self._is_webhook_in_use()
        result = super().write(vals)
        # What fails or rests listens as before: only what begins, ends or listens to something else is news.
        if LISTENING & set(vals) and (heard != self._is_webhook_in_use() or "event_type_ids" in vals):
            self._forget_listeners()
        return result

    def _is_webhook_in_use(self):
        return self.filtered(lambda one: one.kind == "webhook" and one.state not in ("draft", "retired")).ids

    @api.ondelete(at_uninstall=True)
    def _unlink_webhooks(self):
        self._forget_listeners()

    def _forget_listeners(self):
        if any(one.kind == "webhook" for one in self):
            self.env.registry.clear_cache()

    @api.model
    def _get_spec_names_webhook(self):
        return ("url", "events")

    @api.model
    def _read_spec_webhook(self, contract, spec):
        url = self._read_spec_text(spec, "url", URL_LENGTH)
        if not url:
            raise UserError(self.env._("A webhook needs the “url” to which it sends, beginning with https://."))
        self._check_webhook_address(url)
        return {"webhook_url": url, "event_type_ids": [Command.set(self._read_spec_events(spec).ids)]}

    @api.model
    def _read_spec_events(self, spec):
        types = self.env["kor.event.type"].search([])  # pylint: disable=no-search-all  # two dozen
        codes = self._read_spec_texts(spec, "events", types.mapped("code"))
        return types.filtered(lambda one: one.code in codes)

    def _check_ready_webhook(self):
        if not self.webhook_url:
            raise UserError(self.env._("“%(name)s” has no address: enter where messages are sent.", name=self.name))
        self._check_webhook_address(self.webhook_url)

    def _start_webhook(self):
        if not self.secret_ids:
            self.env["kor.webhook.secret"]._issue(self)
        self.write({"webhook_rest_until": False, "webhook_failing_since": False, "owner_id": self._find_owner().id})
        self.env["kor.event"]._wake()

    def _find_owner(self):
        """Return whom to tell when it is switched off: there is somebody for as long as the customer has an address."""
        recipient = self.owner_id or self.contract_id._get_alert_recipient()
        own = recipient.commercial_partner_id == self.partner_id.commercial_partner_id
        return recipient if own else self.owner_id

    def _stop_webhook(self, action):
        """Keep what was not sent while it is paused; forget it where it ends."""
        if action == "retire":
            deliveries_sudo = self.env["kor.webhook.delivery"].sudo()  # deliveries are written by no user
            waiting = [("integration_id", "in", self.ids), ("state", "in", ("pending", "retrying"))]
            deliveries_sudo.search(waiting).write({"state": "cancelled", "date_next": False})

    def _rotate_webhook(self):
        self.env["kor.webhook.secret"]._issue(self, self.webhook_overlap_hours)

    def reveal_secret(self):
        """Return the secret by which messages are signed. That it was shown is logged.

        :return: the secret, such as whsec_…
        """
        self.ensure_one()
        self._check_may_manage()
        integration_sudo = self.sudo()  # whoever manages it sets up the receiver, and needs its secret for that
        secret = integration_sudo.secret_ids.filtered("is_current")[:1].secret
        if self.kind != "webhook" or not secret:
            raise UserError(self.env._("“%(name)s” has no secret yet: activate it first.", name=self.name))
        self._log("info", self.env._("The secret was shown to %(user)s", user=self.env.user.name))
        return secret

    def action_reveal_secret(self):
        """Show the secret to whoever may manage the integration.

        :return: a notification that stays
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Secret of “%(name)s”", name=self.name),
                "message": self.reveal_secret(),
                "type": "info",
                "sticky": True,
            },
        }

    def set_webhook(self, values):
        """Change where a webhook sends, and what.

        :param values: `url`, `events` (codes; an empty list: all), each may be left out
        :return: True
        """
        self.ensure_one()
        self._check_may_manage()
        if self.kind != "webhook" or not isinstance(values, dict) or set(values) - {"url", "events"}:
            raise UserError(self.env._("A webhook has “url” and “events”, such as {“events”: [“invoice.posted”]}."))
        spec = {"url": self.webhook_url, **values}
        changes = self._read_spec_webhook(self.contract_id, spec)
        if "events" not in values:
            changes.pop("event_type_ids")
        self.sudo().write(changes)  # customers change these two of their own ones
        return True

    @api.model
    def _read_portal_form_webhook(self, form):
        return {"url": form.get("url") or "", "events": form.getlist("events")}

    def _get_kor_integration_page_values(self):
        values = super()._get_kor_integration_page_values()
        if self.kind != "webhook":
            return values
        deliveries = self.env["kor.webhook.delivery"].search([("integration_id", "=", self.id)], limit=PAGE_LINES)
        return {
            **values,
            "event_types": self.env["kor.event.type"].search([]),  # pylint: disable=no-search-all  # all are offered
            "deliveries": deliveries,
            "dead_count": self._count_dead(),
        }

    def _count_dead(self):
        domain = [("integration_id", "=", self.id), ("state", "=", "dead")]
        return self.env["kor.webhook.delivery"].search_count(domain)

    def _get_days_until_off(self):
        return timedelta(days=read_whole_number(self.env, "kor_integrations.webhook_days_until_off", DAYS_UNTIL_OFF))
