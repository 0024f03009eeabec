from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import read_whole_number
from odoo.addons.kor_sla.keys import find_by_key, make_key, prepare_key

from .kor_integration_key_call_mixin import PREFIX

STATES = [
    ("waiting", "To collect"),
    ("active", "Valid"),
    ("replaced", "Being replaced"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
]
# What holds where the settings say nothing.
DAYS = {"key_days": 365, "key_overlap_days": 7, "key_warn_days": 14}


class KorIntegrationKey(models.Model):
    """A key of a customer: kept as a hash only, and shown once. Nobody writes it but the actions."""

    _name = "kor.integration.key"
    _inherit = ["kor.integration.key.call.mixin"]
    _description = "Key of an Integration"
    _order = "id desc"

    name = fields.Char(required=True, readonly=True, help="Which of the customer's systems uses it.")
    integration_id = fields.Many2one("kor.integration", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="integration_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="integration_id.company_id", store=True, index=True)
    scope_ids = fields.Many2many("kor.integration.scope", string="Scopes", readonly=True)
    scope_text = fields.Char(string="May", compute="_compute_scope_text")
    key_hash = fields.Char(readonly=True, copy=False, groups="base.group_system", index="btree_not_null")
    key_hint = fields.Char(string="Key", readonly=True, copy=False, help="How it ends.")
    user_id = fields.Many2one("res.users", string="Issued by", readonly=True, index="btree_not_null")
    date_expires = fields.Datetime(string="Valid until", required=True, readonly=True, index=True)
    lifetime_days = fields.Integer(string="Days", readonly=True, help="How long it holds; its successor as long again.")
    date_last_used = fields.Datetime(string="Last Used", readonly=True, copy=False, help="Within a minute.")
    date_revoked = fields.Datetime(string="Revoked on", readonly=True, copy=False)
    predecessor_id = fields.Many2one(
        "kor.integration.key", string="Replaces", readonly=True, index="btree_not_null", ondelete="set null"
    )
    successor_ids = fields.One2many("kor.integration.key", "predecessor_id", string="Replaced by")
    is_warned = fields.Boolean(readonly=True, copy=False, help="The owner was told that it expires soon.")
    state = fields.Selection(STATES, compute="_compute_state", help="To collect: a successor nobody has seen yet.")

    _hash_unique = models.UniqueIndex("(key_hash) WHERE key_hash IS NOT NULL", "Another key is the same.")
    _successor_unique = models.UniqueIndex(
        "(predecessor_id) WHERE predecessor_id IS NOT NULL AND date_revoked IS NULL", "This key is being replaced."
    )

    @api.depends("date_expires", "date_revoked", "key_hint", "successor_ids.date_revoked")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            if key.date_revoked:
                key.state = "revoked"
            elif key.date_expires and key.date_expires <= now:
                key.state = "expired"
            elif not key.key_hint:
                key.state = "waiting"
            elif key._get_successor():
                key.state = "replaced"
            else:
                key.state = "active"

    @api.depends("scope_ids")
    def _compute_scope_text(self):
        for key in self:
            key.scope_text = ", ".join(key.scope_ids.mapped("code"))

    def _get_successor(self):
        return self.successor_ids.filtered(lambda key: not key.date_revoked)

    def rotate(self):
        """Make a successor with the same scopes. This key holds for the days of overlap, and no longer.

        :return: `{"id", "key", "scopes", "expires"}` of the successor; the key is told here and never again
        """
        self.ensure_one()
        self._check_may_issue()
        successor_sudo = self.sudo()._replace()  # keys are written by these actions only
        return successor_sudo._as_issued(successor_sudo._generate())

    def collect_key(self):
        """Return the key of a successor that waits to be collected, once: it is made at this moment.

        :return: `{"id", "key", "scopes", "expires"}`
        """
        self.ensure_one()
        self._check_may_issue()
        key_sudo = self.sudo()  # as above
        if key_sudo.state != "waiting":
            raise UserError(
                self.env._(
                    "The key “%(key)s” cannot be collected: it was shown already, or holds no more. Rotate it, or "
                    "issue another one.",
                    key=self.name,
                )
            )
        plain = key_sudo._generate()
        key_sudo.integration_id._log("info", self.env._("Key “%(key)s” collected", key=self._get_label()))
        return key_sudo._as_issued(plain)

    def revoke(self):
        """Let the keys open nothing any more, from now on.

        :return: True
        """
        for integration in self.integration_id:
            integration._check_may_manage()
        self.sudo()._revoke()  # as above
        return True

    def action_rotate(self):
        """Rotate the key and show its successor once.

        :return: a window action
        """
        return self.integration_id._show_key(self.rotate())

    def action_collect(self):
        """Show the key once that waits to be collected.

        :return: a window action
        """
        return self.integration_id._show_key(self.collect_key())

    def _check_may_issue(self):
        self.check_access("read")
        self.integration_id._check_may_issue()

    def _get_label(self):
        return f"{self.name} {self.key_hint or ''}".strip()

    @api.model
    def _find(self, token):
        """Return the key as superuser, an empty one where none is like this."""
        is_ours = isinstance(token, str) and token.startswith(PREFIX)
        return find_by_key(self.sudo(), token if is_ours else "")  # the key itself is what gives the right

    def _generate(self):
        """Give the key its secret and return it: this is the only time that it is known."""
        self.ensure_one()
        plain = make_key(PREFIX)
        self.write(prepare_key(plain))
        return plain

    def _as_issued(self, plain):
        return {
            "id": self.id,
            "key": plain,
            "scopes": self.scope_ids.mapped("code"),
            "expires": fields.Datetime.to_string(self.date_expires),
        }

    def _replace(self):
        """Make a successor without a secret, and let the key end after the overlap."""
        self.ensure_one()
        if self.state != "active":
            raise UserError(
                self.env._(
                    "The key “%(key)s” is “%(state)s”: only a valid one that is not being replaced is rotated. Issue "
                    "another one instead.",
                    key=self.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                )
            )
        now = fields.Datetime.now()
        successor = self.create(self._prepare_successor(now))
        overlap = now + timedelta(days=self._get_days("key_overlap_days"))
        self.date_expires = min(self.date_expires, overlap)
        self.integration_id._log(
            "info",
            self.env._(
                "Key “%(key)s” is being replaced, by %(user)s: it holds until %(end)s UTC",
                key=self._get_label(),
                user=self.env.user.name,
                end=fields.Datetime.to_string(self.date_expires),
            ),
        )
        return successor

    def _prepare_successor(self, now):
        lifetime = min(self.lifetime_days, self._get_days("key_days"))
        return {
            "name": self.name,
            "integration_id": self.integration_id.id,
            "scope_ids": [Command.set((self.scope_ids & self.integration_id.scope_ids).ids)],
            "user_id": self.env.uid,
            "date_expires": now + timedelta(days=lifetime),
            "lifetime_days": lifetime,
            "predecessor_id": self.id,
        }

    def _revoke(self, reason=""):
        """Revoke what is not yet; each is a line of the integration's log."""
        for key in self.filtered(lambda one: not one.date_revoked):
            key.date_revoked = fields.Datetime.now()
            text = self.env._("Key “%(key)s” revoked, by %(user)s", key=key._get_label(), user=self.env.user.name)
            key.integration_id._log("warning", text, reason)
        # Its place is free for another successor at once, which is inserted before anything is updated.
        self.flush_recordset(["date_revoked"])

    @api.model
    def _get_days(self, name):
        """Return a number of days from the settings."""
        return read_whole_number(self.env, f"kor_integrations.{name}", DAYS[name])

    @api.model
    def _cron_warn_expiring(self):
        """Tell owners once, some days before, which keys expire that nobody replaces."""
        limit = fields.Datetime.now() + timedelta(days=self._get_days("key_warn_days"))
        soon = self.search(
            [
                ("date_expires", "<=", limit),
                ("date_expires", ">", fields.Datetime.now()),
                ("date_revoked", "=", False),
                ("is_warned", "=", False),
                ("integration_id.state", "in", ("active", "failing", "paused")),
            ]
        )
        for integration, keys in soon.grouped("integration_id").items():
            if ending := keys.filtered(lambda key: key.state in ("active", "waiting")):
                names = ", ".join(ending.mapped("name"))
                integration._tell_owner("mail_template_key_expires", {"kor_keys": names})
                integration._log("warning", self.env._("Keys expire soon: %(keys)s", keys=names))
        soon.is_warned = True
