from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import parse_day
from odoo.addons.kor_usage.engine.local_days import LocalDays

KEY_NAMES = ("name", "scopes", "expires")
KEY_NAME_LENGTH = 100
# So many living keys of one integration are more than anybody needs, and few enough to look through.
KEYS_AT_MOST = 20


class KorIntegrationApiMixin(models.AbstractModel):
    """Keys of the customer, with which their systems ask ours."""

    _name = "kor.integration.api.mixin"
    _description = "Keys of the customer, with which their systems ask ours"

    scope_ids = fields.Many2many(
        "kor.integration.scope",
        "kor_integration_scope_rel",
        "integration_id",
        "scope_id",
        string="Scopes",
        copy=False,
        help="What its keys can be allowed to do. What is taken away here, its keys lose at once.",
    )
    key_ids = fields.One2many("kor.integration.key", "integration_id", string="Keys", readonly=True)
    rate_limit = fields.Integer(
        string="Own Calls a Minute",
        tracking=True,
        help="Counted for this integration alone. 0: its calls count towards the limit of the contract.",
    )

    _rate_limit_positive = models.Constraint("CHECK (rate_limit >= 0)", "A limit of calls is 0 or more.")

    @api.constrains("scope_ids", "contract_id")
    def _check_scopes(self):
        for integration in self.filtered("scope_ids"):
            integration._check_scopes_allowed(integration.contract_id, integration.scope_ids)

    @api.constrains("rate_limit")
    def _check_rate_limit(self):
        if any(integration.rate_limit < 0 for integration in self):
            raise ValidationError(self.env._("A limit of calls is 0 or more; 0 leaves it to the contract."))

    def write(self, vals):
        result = super().write(vals)
        if "scope_ids" in vals:
            self.sudo()._narrow_keys()  # keys are written by their engine only
        return result

    def _narrow_keys(self):
        """Take from keys what the integration has no more: it does not come back by itself."""
        for key in self.key_ids.filtered(lambda one: one.scope_ids - one.integration_id.scope_ids):
            key.scope_ids &= key.integration_id.scope_ids

    @api.model
    def _check_scopes_allowed(self, contract, scopes):
        """Raise where the contract does not include what a scope needs."""
        contract_sudo = contract.sudo()  # what it includes is no secret to who may see the contract
        for scope in scopes.sudo() - scopes.sudo()._allowed_by(contract_sudo):  # names only
            raise ValidationError(
                self.env._(
                    "The scope “%(scope)s” needs “%(feature)s”, which contract %(contract)s does not include. Leave it "
                    "out, or add the feature to the contract.",
                    scope=scope.code,
                    feature=scope.feature_id.name,
                    contract=contract_sudo.name,
                )
            )

    @api.model
    def _get_spec_names_api(self):
        return ("scopes",)

    @api.model
    def _read_spec_api(self, contract, spec):
        scopes = self.env["kor.integration.scope"].search([])  # pylint: disable=no-search-all  # a handful
        codes = self._read_spec_texts(spec, "scopes", scopes.mapped("code"))
        if codes:
            chosen = scopes.filtered(lambda scope: scope.code in codes)
            self._check_scopes_allowed(contract, chosen)
        else:
            chosen = scopes.filtered("is_default")._allowed_by(contract)
        return {"scope_ids": [Command.set(chosen.ids)]}

    def set_scopes(self, scopes):
        """Choose what keys of the integration can be allowed to do; keys lose what is left out at once.

        :param scopes: the codes of all scopes, such as read:invoices
        :return: the codes that hold now
        """
        self.ensure_one()
        self._check_may_issue()
        known = self.env["kor.integration.scope"].search([])  # pylint: disable=no-search-all  # as above
        codes = self._read_spec_texts({"scopes": scopes}, "scopes", known.mapped("code"))
        integration_sudo = self.sudo()  # customers manage their own ones, and write none of the fields
        integration_sudo.scope_ids = known.filtered(lambda scope: scope.code in codes)
        integration_sudo._log(
            "info",
            self.env._("Scopes: %(scopes)s, by %(user)s", scopes=", ".join(codes) or "–", user=self.env.user.name),
        )
        return integration_sudo.scope_ids.mapped("code")

    def issue_key(self, values):
        """Issue a key of the integration. It is told in the answer and never again.

        :param values: as needed `name` (which system uses it), `scopes` (of those of the integration; all of them by
            default) and `expires` (its last day, YYYY-MM-DD; as late as the settings allow by default)
        :return: `{"id", "key", "scopes", "expires"}`
        """
        self.ensure_one()
        self._check_may_issue()
        integration_sudo = self.sudo()  # keys are written by their engine only
        key = integration_sudo.env["kor.integration.key"].create(integration_sudo._read_key(values))
        plain = key._generate()
        integration_sudo._log(
            "info", self.env._("Key “%(key)s” issued, by %(user)s", key=key._get_label(), user=self.env.user.name)
        )
        return key._as_issued(plain)

    def action_issue_key(self):
        """Ask for what a key needs.

        :return: a window action
        """
        self.ensure_one()
        self._check_may_issue()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Issue a Key"),
            "res_model": "kor.integration.key.issue",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_integration_id": self.id,
                "default_scope_ids": [Command.set(self.scope_ids.ids)],
            },
        }

    def _show_key(self, issued):
        """Return the window that shows a key once."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Key"),
            "res_model": "kor.integration.key.shown",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_key": issued["key"],
                "default_scopes": ", ".join(issued["scopes"]),
                "default_expires": issued["expires"],
                "default_url": f"{self.get_base_url()}/kor/api/v1",
            },
        }

    def _check_may_issue(self):
        """Raise unless the user is an administrator of integrations, or the customer who manages the integration."""
        self._check_may_manage()
        user = self.env.user
        if not (self.env.su or user._is_portal() or user.has_group("kor_integrations.group_kor_integration_manager")):
            raise AccessError(
                self.env._("Only administrators of KOR Enterprise › Integrations and the customer handle keys.")
            )
        if self.kind != "api":
            raise UserError(
                self.env._("“%(name)s” is no API integration: only those have keys and scopes.", name=self.name)
            )
        if self.state == "retired":
            raise UserError(self.env._("“%(name)s” is retired: make a new integration.", name=self.name))

    def _read_key(self, values):
        """Return the values of a key from plain input, or raise with what would be right."""
        if not isinstance(values, dict):
            raise UserError(
                self.env._("A key is given by its name and more, such as {“name”: “ERP”, “scopes”: [“read:invoices”]}.")
            )
        for name in values:
            if name not in KEY_NAMES:
                raise UserError(
                    self.env._("A key has no “%(name)s”; there are: %(names)s.", name=name, names=", ".join(KEY_NAMES))
                )
        living = self.key_ids.filtered(lambda key: key.state not in ("expired", "revoked"))
        if len(living) >= KEYS_AT_MOST:
            raise UserError(
                self.env._("“%(name)s” has %(count)s keys: revoke one first.", name=self.name, count=len(living))
            )
        expires, days = self._read_expiry(values.get("expires"))
        return {
            "name": self._read_spec_text(values, "name", KEY_NAME_LENGTH) or self.env._("Key"),
            "integration_id": self.id,
            "scope_ids": [Command.set(self._read_key_scopes(values).ids)],
            "user_id": self.env.uid,
            "date_expires": expires,
            "lifetime_days": days,
        }

    def _read_key_scopes(self, values):
        own = self.scope_ids
        if values.get("scopes") in (None, False):
            return own
        codes = self._read_spec_texts(values, "scopes", own.mapped("code"))
        if not codes:
            raise UserError(
                self.env._("A key without a scope opens nothing; choose of: %(scopes)s.",
                           scopes=", ".join(own.mapped("code")) or "–")
            )  # fmt: skip
        return own.filtered(lambda scope: scope.code in codes)

    def _read_expiry(self, value):
        """Return when a key ends, after the given day of the contract, and how many days that is from today."""
        most = self.env["kor.integration.key"]._get_days("key_days")
        today = self.contract_id._get_today()
        last = today + timedelta(days=most)
        day = last if value in (None, False, "") else parse_day(value)
        if not day:
            raise UserError(self.env._("“expires” must be a date written as YYYY-MM-DD, not “%(value)s”.", value=value))
        if not today <= day <= last:
            raise UserError(
                self.env._(
                    "A key ends on a day from %(first)s to %(last)s, not on %(day)s.", first=today, last=last, day=day
                )
            )
        end = LocalDays(self.contract_id.tz or "UTC").midnight(day + timedelta(days=1))
        return end.astimezone(UTC).replace(tzinfo=None), max((day - today).days, 1)

    def _note_refusal(self, reason):
        """Write to the log that calls are refused, at most once a minute."""
        self.ensure_one()
        self.env["kor.integration.tally"]._refuse(self, reason)

    def _note_call(self, good, error=""):
        """Count one call for health, with many others together."""
        self.ensure_one()
        self.env["kor.integration.tally"]._add(self, good, error)

    def _check_ready_api(self):
        """Raise where something is missing that it needs to run."""
        if not self.scope_ids:
            raise UserError(
                self.env._(
                    "“%(name)s” has no scope: choose what its keys may do, such as read:invoices.", name=self.name
                )
            )

    def _start_api(self):
        """Begin, or begin again."""

    def _stop_api(self, action):
        """Stop for a while (`pause`) or for good (`retire`)."""
        if action == "retire":
            self.key_ids._revoke(self.env._("The integration was retired."))

    def _test_api(self):
        """Return whether it works, and a sentence about it."""
        usable = self.key_ids.filtered(lambda key: key.state in ("active", "replaced"))
        if not usable:
            return False, self.env._("There is no valid key: issue one.")
        if not any(key._get_scopes() for key in usable):
            return False, self.env._("No key has a scope that the contract includes: issue another one.")
        used = max(usable.filtered("date_last_used").mapped("date_last_used"), default=None)
        if not used:
            return True, self.env._("%(count)s valid keys; none was used yet.", count=len(usable))
        return True, self.env._("%(count)s valid keys; last used %(moment)s UTC.", count=len(usable), moment=used)

    def _rotate_api(self):
        """Make successors of all valid keys that wait to be collected; the old ones hold for the overlap."""
        keys = self.key_ids.filtered(lambda key: key.state == "active")
        if not keys:
            raise UserError(
                self.env._("“%(name)s” has no valid key that is not being replaced: issue one.", name=self.name)
            )
        for key in keys:
            key._replace()
        self._tell_owner("mail_template_keys_wait")
