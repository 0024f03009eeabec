from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..connectors import CONNECTORS
from ..connectors.base import FAILURES
from ..engine.connector_schema import ConfigError, check_config, write_text
from .kor_integration_state_mixin import RUNNING

INTERVALS = [("15", "15 minutes"), ("60", "Hour"), ("360", "6 hours"), ("1440", "Day")]


class KorIntegrationConnectorMixin(models.AbstractModel):
    """Python classes that talk with systems of others, each with a configuration that it declares."""

    _name = "kor.integration.connector.mixin"
    _inherit = ["kor.integration.connector.run.mixin"]
    _description = "Python classes that talk with systems of others"

    connector_code = fields.Selection(
        selection=lambda self: [(code, one.name) for code, one in sorted(CONNECTORS.items())],
        string="Connector",
        tracking=True,
    )
    connector_config = fields.Json(string="Configuration", copy=True, help="Without its secrets.")
    connector_secrets = fields.Json(groups="base.group_system", copy=False)
    connector_state = fields.Json(readonly=True, copy=False, groups="base.group_system")
    connector_interval = fields.Selection(INTERVALS, string="Runs Every", default="60", tracking=True)
    connector_date_next = fields.Datetime(string="Next Reading", readonly=True, copy=False, index="btree_not_null")
    connector_date_last = fields.Datetime(string="Last Reading", readonly=True, copy=False)
    connector_failures = fields.Integer(readonly=True, copy=False, help="In a row; each one waits longer.")
    connector_html = fields.Html(string="Settings", compute="_compute_connector_html", sanitize=False)

    @api.depends("connector_code", "connector_config", "connector_secrets")
    def _compute_connector_html(self):
        for integration in self:
            one = integration.sudo()  # which secrets are there, not what they are
            connector = CONNECTORS.get(one.connector_code)
            config, secrets = one.connector_config or {}, one.connector_secrets or {}
            rows = [
                {
                    "title": wanted["title"],
                    "help": wanted.get("description", ""),
                    "is_secret": bool(wanted.get("secret")),
                    "is_set": bool(secrets.get(name)),
                    "is_text": wanted["type"] == "map",
                    "text": "" if wanted.get("secret") else write_text(wanted, config.get(name)),
                }
                for name, wanted in (connector.schema if connector else {}).items()
            ]
            integration.connector_html = connector and self.env["ir.qweb"]._render(
                "kor_integrations.connector_settings", {"rows": rows, "description": connector.description}
            )

    @api.constrains("connector_code", "connector_config")
    def _check_connector_config(self):
        for integration in self.filtered("connector_config"):
            one = integration.sudo()  # which secrets are there
            one._clean_connector_config(one.connector_config, tuple(one.connector_secrets or ()))

    def write(self, vals):
        if "connector_code" in vals:
            changed = self.filtered(lambda one: one.connector_code != vals["connector_code"])
            if changed and "connector_config" not in vals:
                # Another kind of system has other settings, and its own secrets.
                changed_sudo = changed.sudo()  # secrets are nobody's to write, and may be forgotten all the same
                super(KorIntegrationConnectorMixin, changed_sudo).write(
                    {"connector_config": False, "connector_secrets": False, "connector_state": False}
                )
        if "connector_config" in vals and not self.env.su:
            raise UserError(self.env._("Use “Settings” to change the configuration: it is checked there."))
        return super().write(vals)

    @api.model
    def describe_connectors(self):
        """Say which connectors there are and how they are configured.

        :return: {code: {name, description, schema}}
        """
        self.check_access("read")
        return {
            code: {"name": one.name, "description": one.description, "schema": one.schema}
            for code, one in sorted(CONNECTORS.items())
        }

    def configure_connector(self, config):
        """Set the connector up; secrets that are not given stay as they are.

        :param config: names and values as the schema declares them (see `describe_connectors`)
        :return: the names of the settings that are set
        """
        self.ensure_one()
        self._check_may_manage()
        if self.kind != "connector":
            raise UserError(self.env._("“%(name)s” is no connector.", name=self.name))
        one = self.sudo()  # secrets are for the system alone, and customers write no field of their integrations
        clean = one._clean_connector_config(config, tuple(one.connector_secrets or ()))
        one._write_connector_config(clean)
        return sorted({*one.connector_config, *(one.connector_secrets or {})})

    def _write_connector_config(self, clean):
        connector, old = CONNECTORS[self.connector_code], self.connector_config or {}
        names = connector.get_secrets()
        # Secrets are for the address that they were given for: another one must not be told them.
        kept = self.connector_secrets or {} if clean.get("url") == old.get("url") else {}
        secrets = {**kept, **{name: clean[name] for name in names if name in clean}}
        self.write(
            {
                "connector_config": {name: value for name, value in clean.items() if name not in names},
                "connector_secrets": secrets or False,
            }
        )
        self._log("info", self.env._("Settings changed, by %(user)s", user=self.env.user.name))

    def _clean_connector_config(self, config, known_secrets=()):
        """Return a configuration as the connector's schema declares it, or raise with what would be right."""
        connector = CONNECTORS.get(self.connector_code)
        if not connector:
            raise ValidationError(self.env._("Choose a connector first."))
        try:
            clean = check_config(connector.schema, config, known_secrets)
        except ConfigError as error:
            raise ValidationError(str(error)) from error
        self._check_connector_metrics(connector().get_metrics(clean))
        return clean

    def _check_connector_metrics(self, codes):
        known = self.env["kor.metric"]._get_measures()
        for code in codes:
            if code not in known:
                raise ValidationError(
                    self.env._(
                        "There is no metric “%(code)s”; use one of: %(known)s.",
                        code=code,
                        known=", ".join(sorted(known)),
                    )
                )
            if known[code].aggregation == "unique_count":
                raise ValidationError(
                    self.env._("“%(code)s” counts different values, which cannot be read as sums of hours.", code=code)
                )

    @api.model
    def _get_spec_names_connector(self):
        return ("connector", "config", "interval")

    @api.model
    def _read_spec_connector(self, contract, spec):
        """Return the values of a connector from its code, its configuration and how often it runs."""
        code = self._read_spec_text(spec, "connector", 50) or next(iter(sorted(CONNECTORS)))
        values = {"connector_code": self._read_spec_choice("connector", "connector_code", code)}
        interval = spec.get("interval")
        if interval is not None:
            values["connector_interval"] = self._read_spec_choice("interval", "connector_interval", str(interval))
        if spec.get("config") is not None:
            new = self.new({"contract_id": contract.id, "kind": "connector", "connector_code": code})
            clean = new._clean_connector_config(spec["config"])
            names = CONNECTORS[code].get_secrets()
            values["connector_config"] = {name: value for name, value in clean.items() if name not in names}
            values["connector_secrets"] = {name: clean[name] for name in names if name in clean} or False
        return values

    def _check_ready_connector(self):
        """Raise where something is missing that it needs to run."""
        if not self.connector_code or not self.connector_config:
            raise UserError(self.env._("The connector is not set up yet: enter its settings first."))
        self._clean_connector_config(self.connector_config, tuple(self.sudo().connector_secrets or ()))  # names only
        mine = set(CONNECTORS[self.connector_code]().get_metrics(self.connector_config))
        others = self.sudo().search(  # of the same contract
            [
                ("contract_id", "=", self.contract_id.id),
                ("kind", "=", "connector"),
                ("state", "in", RUNNING),
                ("id", "!=", self.id),
            ]
        )
        for other in others.filtered("connector_code"):
            twice = mine & set(CONNECTORS[other.connector_code]().get_metrics(other.connector_config or {}))
            if twice:
                raise UserError(
                    self.env._(
                        "“%(other)s” reports %(metrics)s of this contract already: it would be counted twice.",
                        other=other.name,
                        metrics=", ".join(sorted(twice)),
                    )
                )

    def _start_connector(self):
        """Begin, or begin again: at once."""
        self.write({"connector_date_next": fields.Datetime.now(), "connector_failures": 0})
        self.env.ref("kor_integrations.ir_cron_kor_connector").sudo()._trigger()  # only when it runs, not what

    def _stop_connector(self, action):
        """Stop for a while (`pause`) or for good (`retire`): then without secrets."""
        self.connector_date_next = False
        if action == "retire":
            self.connector_secrets = False

    def _test_connector(self):
        """Return whether it works, and a sentence about it."""
        if not self.connector_code or not self.connector_config:
            return False, self.env._("The connector is not set up yet: enter its settings first.")
        try:
            return True, CONNECTORS[self.connector_code]().check(self._get_connector_context())
        except FAILURES as error:
            return False, str(error)

    def _rotate_connector(self):
        """Say how it is done: what opens a customer's system is made by the customer."""
        raise UserError(self.env._("The secrets are the customer's: enter the new ones in the settings."))

    def _describe_setting(self, wanted):
        hint = self.env._("Empty: what is kept stays.") if wanted.get("secret") else ""
        return " ".join(filter(None, (wanted.get("description"), hint)))

    def action_set_up_connector(self):
        """Open the settings of the connector.

        :return: a window action
        """
        self.ensure_one()
        self._check_may_manage()
        connector = CONNECTORS.get(self.connector_code)
        if not connector:
            raise UserError(self.env._("Choose a connector first."))
        config = self.connector_config or {}
        lines = [
            Command.create(
                {
                    "name": name,
                    "title": wanted["title"],
                    "is_required": bool(wanted.get("required")),
                    "is_secret": bool(wanted.get("secret")),
                    "help_text": self._describe_setting(wanted),
                    "value": not wanted.get("secret") and write_text(wanted, config.get(name, wanted.get("default"))),
                }
            )
            for name, wanted in connector.schema.items()
        ]
        wizard = self.env["kor.connector.setup"].create({"integration_id": self.id, "line_ids": lines})
        name = self.env._("Settings of %(connector)s", connector=connector.name)
        return open_form(wizard, name=name, target="new")
