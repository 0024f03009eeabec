from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import sftp
from ..tools.guarded_http import Refused

SECRETS = ("sync_password", "sync_private_key", "sync_token")
# Another server has another key, which nobody has looked at yet, and is not told what opens the one before.
MOVES = (
    (("sync_host", "sync_port"), ("sync_host_key", "sync_host_key_seen", "sync_password")),
    (("sync_url",), ("sync_token",)),
)


class KorIntegrationSyncSecretMixin(models.AbstractModel):
    """What opens the customer's server, and by what we know that it is theirs.

    Secrets are written and never read: their fields are for the system alone, and what is entered goes there.
    """

    _name = "kor.integration.sync.secret.mixin"
    _description = "Access Data of Data Sync"

    sync_password = fields.Char(groups="base.group_system", copy=False)
    sync_private_key = fields.Text(groups="base.group_system", copy=False)
    sync_token = fields.Char(groups="base.group_system", copy=False)
    sync_public_key = fields.Char(
        string="Our Public Key", readonly=True, copy=False, help="For the customer's file authorized_keys."
    )
    sync_new_password = fields.Char(
        string="Password", compute="_compute_sync_new", inverse="_inverse_sync_new_password", copy=False
    )
    sync_new_private_key = fields.Text(
        string="Private Key",
        compute="_compute_sync_new",
        inverse="_inverse_sync_new_private_key",
        copy=False,
        help="OpenSSH or PEM, without a passphrase. Better: have one made here, which nobody else ever sees.",
    )
    sync_new_token = fields.Char(
        string="Token",
        compute="_compute_sync_new",
        inverse="_inverse_sync_new_token",
        copy=False,
        help="Sent as “Authorization: Bearer …”.",
    )
    sync_secrets_text = fields.Char(string="Access Data", compute="_compute_sync_secrets_text")
    sync_host_key = fields.Char(
        string="Key of the Server",
        copy=False,
        tracking=True,
        help="Its fingerprint, such as ssh-ed25519 SHA256:… A server that shows another one is told nothing.",
    )
    sync_host_key_seen = fields.Char(
        string="Key Shown", readonly=True, copy=False, help="What the server showed when it was tested first."
    )

    def _compute_sync_new(self):
        # What was entered is never shown again.
        self.update({"sync_new_password": False, "sync_new_private_key": False, "sync_new_token": False})

    @api.depends_context("lang")
    def _compute_sync_secrets_text(self):
        for integration in self:
            one = integration.sudo()  # whether they are there, not what they are
            names = [
                one.sync_password and self.env._("password"),
                one.sync_private_key and self.env._("private key"),
                one.sync_token and self.env._("token"),
            ]
            integration.sync_secrets_text = ", ".join(filter(None, names)) or self.env._("none yet")

    def _inverse_sync_new_password(self):
        self._take_secret("sync_password", "sync_new_password")

    def _inverse_sync_new_token(self):
        self._take_secret("sync_token", "sync_new_token")

    def _inverse_sync_new_private_key(self):
        for integration in self.filtered("sync_new_private_key"):
            try:
                sftp.read_private_key(integration.sync_new_private_key)
            except Refused as error:
                raise ValidationError(str(error)) from error
            integration.sudo().sync_public_key = False  # the customer has the public part of their own key
        self._take_secret("sync_private_key", "sync_new_private_key")

    def _take_secret(self, name, entered):
        for integration in self.filtered(entered):
            integration.sudo()[name] = integration[entered]  # for the system alone from here on

    def _forget_sync_secrets(self):
        self.sudo().write(dict.fromkeys(SECRETS, False) | {"sync_public_key": False})  # as above

    @api.constrains("sync_host_key")
    def _check_sync_host_key(self):
        for integration in self.filtered("sync_host_key"):
            try:
                sftp.read_host_key(integration.sync_host_key)
            except Refused as error:
                raise ValidationError(str(error)) from error

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._clean_host_key(vals) for vals in vals_list])

    def write(self, vals):
        vals = self._clean_host_key(vals)
        for names, forgotten in MOVES:
            given = set(names) & set(vals)
            moved = self.filtered(lambda one, given=given: any(one[name] != vals[name] for name in given))
            if moved:
                forgotten = dict.fromkeys(set(forgotten) - set(vals), False)
                super(KorIntegrationSyncSecretMixin, moved.sudo()).write(forgotten)  # secrets are for the system alone
        return super().write(vals)

    @api.model
    def _clean_host_key(self, vals):
        key = vals.get("sync_host_key")
        if not isinstance(key, str) or not key.strip():
            return vals
        try:
            return {**vals, "sync_host_key": sftp.read_host_key(key)}
        except Refused as error:
            raise ValidationError(str(error)) from error

    def _learn_host_key(self):
        """Ask the server for its key and keep it for somebody to confirm; return what is to be done."""
        shown = sftp.ask_host_key(self._get_sftp_access())
        self.sync_host_key_seen = shown
        return self.env._(
            "Not tested yet: %(host)s shows the key %(key)s. Compare it with what the customer has told you, confirm "
            "it, and test again.",
            host=self.sync_host,
            key=shown,
        )

    def action_confirm_host_key(self):
        """Take the key that the server showed as the right one.

        :return: True
        """
        for integration in self:
            integration._check_may_manage()
            if not integration.sync_host_key_seen:
                raise UserError(self.env._("The server was not asked for its key yet: test the connection first."))
            integration.sudo().write(  # customers confirm the keys of their own servers, and write no field
                {"sync_host_key": integration.sync_host_key_seen, "sync_host_key_seen": False}
            )
            integration._log("info", self.env._("Key of the server confirmed, by %(user)s", user=self.env.user.name))
        return True

    def action_make_sync_key(self):
        """Make a pair of keys; the private one stays here, the public one is for the customer's server.

        :return: True
        """
        for integration in self:
            integration._check_may_manage()
            key = Ed25519PrivateKey.generate()
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
            integration.sudo().write(  # the private key is for the system alone
                {"sync_private_key": private.decode(), "sync_public_key": f"{public.decode()} kor-{integration.id}"}
            )
            integration._log("info", self.env._("Pair of keys made, by %(user)s", user=self.env.user.name))
        return True
