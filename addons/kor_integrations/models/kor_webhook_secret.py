import secrets as random_source
from datetime import timedelta

from odoo import api, fields, models

from ..engine.signing import write_secret

SECRET_BYTES = 32
KEEP_DAYS = 7


class KorWebhookSecret(models.Model):
    """A secret by which messages to an end point are signed. The one before it holds on for a while."""

    _name = "kor.webhook.secret"
    _description = "Webhook Secret"
    _order = "id desc"
    _rec_name = "hint"

    integration_id = fields.Many2one("kor.integration", required=True, readonly=True, index=True, ondelete="cascade")
    secret = fields.Char(string="Signing Secret", required=True, readonly=True, copy=False, groups="base.group_system")
    hint = fields.Char(string="Secret", readonly=True, help="How it ends.")
    date_expires = fields.Datetime(
        string="Holds until", readonly=True, help="Until then, messages carry its signature too. Empty: it is the one."
    )
    is_current = fields.Boolean(compute="_compute_is_current")

    @api.depends("date_expires")
    def _compute_is_current(self):
        for one in self:
            one.is_current = not one.date_expires

    @api.model
    def _issue(self, integrations, overlap_hours=0):
        """Give integrations a new secret each; the one before holds for some hours more."""
        until = fields.Datetime.now() + timedelta(hours=overlap_hours)
        secrets_sudo = self.sudo()  # secrets are written by the integrations themselves only
        secrets_sudo.search([("integration_id", "in", integrations.ids), ("date_expires", "=", False)]).write(
            {"date_expires": until}
        )
        fresh = [(one, write_secret(random_source.token_bytes(SECRET_BYTES))) for one in integrations]
        return secrets_sudo.create(
            [{"integration_id": one.id, "secret": secret, "hint": f"…{secret[-4:]}"} for one, secret in fresh]
        )

    @api.model
    def _get_valid(self, integration_ids):
        """Return {integration id: secrets that hold, the newest first}."""
        secrets_sudo = self.sudo()  # to sign with; they are told to nobody
        found = secrets_sudo.search_fetch(
            [
                ("integration_id", "in", list(integration_ids)),
                "|", ("date_expires", "=", False), ("date_expires", ">", fields.Datetime.now()),
            ],
            ["integration_id", "secret"],
        )  # fmt: skip
        return {one.id: tuple(some.mapped("secret")) for one, some in found.grouped("integration_id").items()}

    @api.autovacuum
    def _gc_expired(self):
        """Forget secrets that hold no more."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search([("date_expires", "<", limit)], limit=10_000).unlink()
