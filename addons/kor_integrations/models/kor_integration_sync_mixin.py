from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.sync_schedule import next_run
from ..tools import addresses, guarded_http, sftp
from ..tools.guarded_http import Failed, Refused
from ..tools.sync_targets import HttpsTarget, SftpTarget

TRANSPORTS = [("sftp", "SFTP server"), ("https", "HTTPS address")]
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]
# As many rows as a file may have at most, and at least.
ROWS = (100, 100_000)
# Files that a customer sees on the page of the integration.
RUNS = 50


class KorIntegrationSyncMixin(models.AbstractModel):
    """Files that go to the customer, or come from there, by a schedule."""

    _name = "kor.integration.sync.mixin"
    _inherit = [
        "kor.integration.sync.secret.mixin",
        "kor.integration.sync.spec.mixin",
        "kor.integration.sync.run.mixin",
        "kor.integration.feed.mixin",
    ]
    _description = "Files that go to the customer, or come from there, by a schedule"

    sync_transport = fields.Selection(TRANSPORTS, string="By", default="sftp", tracking=True)
    sync_host = fields.Char(string="Server", tracking=True, help="Its name, such as sftp.example.com.")
    sync_port = fields.Integer(string="Port", default=22, tracking=True)
    sync_login = fields.Char(string="User Name", tracking=True)
    sync_folder = fields.Char(
        string="Folder to Write", tracking=True, help="Where our files go. Empty: where the user name begins."
    )
    sync_import_folder = fields.Char(
        string="Folder to Read",
        default="in",
        tracking=True,
        help="Where we take files with counts from. What was taken is moved to its folder “done”, with a result "
        "that names the lines which could not be used.",
    )
    sync_url = fields.Char(string="Address", tracking=True, help="With PUT, the name of the file is added to it.")
    sync_method = fields.Selection([("PUT", "PUT"), ("POST", "POST")], string="Method", default="PUT", tracking=True)
    sync_format = fields.Selection(
        [("csv", "CSV"), ("jsonl", "JSON Lines")], string="Format", default="csv", tracking=True
    )
    sync_interval = fields.Selection(
        [("hourly", "Every hour"), ("daily", "Every day"), ("weekly", "Every week")],
        string="How Often",
        default="daily",
        tracking=True,
    )
    sync_hour = fields.Integer(
        string="Hour", default=4, tracking=True, help="0 to 23, in the contract's time zone.", aggregator=False
    )
    sync_weekday = fields.Selection(WEEKDAYS, string="Day of the Week", default="0", tracking=True)
    sync_max_rows = fields.Integer(
        string="Rows in a File", default=50_000, aggregator=False, help="What is more goes into another file."
    )
    sync_date_next = fields.Datetime(string="Next Run", readonly=True, copy=False, index="btree_not_null")
    sync_date_last = fields.Datetime(string="Last Run", readonly=True, copy=False)
    sync_failures = fields.Integer(readonly=True, copy=False, help="In a row; each one waits longer.")
    sync_stream_ids = fields.One2many("kor.sync.stream", "integration_id", string="Datasets")
    sync_run_ids = fields.One2many("kor.sync.run", "integration_id", string="Runs")
    sync_tz = fields.Char(string="Time Zone", compute="_compute_sync_tz")

    @api.depends("contract_id")
    def _compute_sync_tz(self):
        for integration in self:
            integration.sync_tz = integration.contract_id.tz or "UTC"

    @api.constrains("sync_hour", "sync_max_rows", "sync_port")
    def _check_sync_numbers(self):
        least, most = ROWS
        for integration in self:
            if not 0 <= integration.sync_hour <= 23:
                raise ValidationError(self.env._("The hour is a number from 0 to 23."))
            if not least <= integration.sync_max_rows <= most:
                raise ValidationError(
                    self.env._("A file has from %(least)s to %(most)s rows.", least=f"{least:,}", most=f"{most:,}")
                )
            if not 1 <= integration.sync_port <= 65535:
                raise ValidationError(self.env._("A port is a number from 1 to 65535; SFTP has 22."))

    @api.constrains("sync_transport", "sync_host", "sync_port", "sync_url", "sync_folder", "sync_import_folder")
    def _check_sync_place(self):
        allowed = guarded_http.get_allowed(self.env)
        for integration in self.filtered(lambda one: one.kind == "data_sync"):
            try:
                if integration.sync_host:
                    sftp.check_host(integration.sync_host, integration.sync_port, allowed)
                if integration.sync_url:
                    addresses.parse(integration.sync_url, allowed=addresses.Allowed.read(allowed))
            except Refused as error:
                raise ValidationError(str(error)) from error
            for folder in (integration.sync_folder, integration.sync_import_folder):
                if folder and (not folder.isprintable() or len(folder) > 255):
                    raise ValidationError(self.env._("A folder is a path of up to 255 characters, such as out/kor."))
            if integration.sync_transport != "sftp" and "import" in integration.sync_stream_ids.mapped("direction"):
                raise ValidationError(
                    self.env._("Files are taken from SFTP servers only: remove “Users and Components” first.")
                )

    def _get_sync_target(self):
        """Return where files go, as plain values: it is used while no transaction is open."""
        self.ensure_one()
        integration = self.sudo()  # secrets are for the integration itself
        allowed = guarded_http.get_allowed(self.env)
        if integration.sync_transport == "https":
            return HttpsTarget(integration.sync_url, integration.sync_method, integration.sync_token, allowed)
        return SftpTarget(integration._get_sftp_access(), integration.sync_folder or "")

    def _get_sftp_access(self):
        integration = self.sudo()  # as above
        return sftp.Access(
            integration.sync_host or "",
            integration.sync_port,
            integration.sync_login or "",
            integration.sync_password or "",
            integration.sync_private_key or "",
            integration.sync_host_key or "",
            guarded_http.get_allowed(self.env),
        )

    def _get_next_sync(self):
        return next_run(
            fields.Datetime.now(),
            self.sync_interval,
            self.sync_hour,
            int(self.sync_weekday or 0),
            self.contract_id.tz or "UTC",
        )

    def _describe_sync_schedule(self):
        """Return when files go, as a sentence for customers."""
        hour, zone = f"{self.sync_hour}:00", self.contract_id.tz or "UTC"
        if self.sync_interval == "hourly":
            return self.env._("Every hour.")
        if self.sync_interval == "daily":
            return self.env._("Every day at %(hour)s (%(zone)s).", hour=hour, zone=zone)
        day = dict(self._fields["sync_weekday"]._description_selection(self.env))[self.sync_weekday or "0"]
        return self.env._("Every %(day)s at %(hour)s (%(zone)s).", day=day, hour=hour, zone=zone)

    def _get_kor_integration_page_values(self):
        values = super()._get_kor_integration_page_values()
        runs = self.env["kor.sync.run"]
        is_sync = self.kind == "data_sync"
        return {**values, "sync_runs": runs.search([("integration_id", "=", self.id)], limit=RUNS) if is_sync else runs}

    def _check_ready_data_sync(self):
        """Raise where something is missing that it needs to run."""
        integration = self.sudo()  # whether secrets are there
        if not integration.sync_stream_ids:
            raise UserError(self.env._("Choose at least one dataset to send or to take."))
        if integration.sync_transport == "https":
            missing = not integration.sync_url and self.env._("the address")
        else:
            missing = (
                (not integration.sync_host and self.env._("the server"))
                or (not integration.sync_login and self.env._("the user name"))
                or (
                    not (integration.sync_password or integration.sync_private_key)
                    and self.env._("a password or a key")
                )
                or (not integration.sync_host_key and self.env._("the key of the server, confirmed: test it first"))
            )
        if missing:
            raise UserError(self.env._("Something is missing: %(what)s.", what=missing))

    def _start_data_sync(self):
        """Begin, or begin again: with the next run of the schedule at the latest, and now for the first time."""
        first = not self.sync_date_last
        self.write({"sync_date_next": fields.Datetime.now() if first else self._get_next_sync(), "sync_failures": 0})
        if first:
            self._trigger_sync()

    def _stop_data_sync(self, action):
        """Stop for a while (`pause`) or for good (`retire`): then without secrets."""
        self.sync_date_next = False
        if action == "retire":
            self._forget_sync_secrets()

    def _do_test(self):
        """Learn the key of the server first: until somebody has confirmed it, there is nothing to succeed or fail."""
        if self.kind == "data_sync" and self.sync_transport == "sftp" and self.sync_host and not self.sync_host_key:
            try:
                self._log("warning", self._learn_host_key())
                return
            except (Failed, Refused) as error:
                self._note(False, self.env._("Test: %(message)s", message=str(error)))
                return
        super()._do_test()

    def _test_data_sync(self):
        """Return whether it works, and a sentence about it."""
        try:
            if self.sync_transport == "https":
                return True, self._test_sync_url()
            return True, self._test_sync_server()
        except (Failed, Refused) as error:
            return False, str(error)

    def _test_sync_url(self):
        if not self.sync_url:
            raise Refused(self.env._("The address is missing."))
        status = self._get_sync_target().try_out()
        return self.env._(
            "The address answers (%(status)s to HEAD). Files come by %(method)s.",
            status=status,
            method=self.sync_method,
        )

    def _test_sync_server(self):
        target = self._get_sync_target()
        try:
            target.connection.try_out(self.sync_folder)
            if "import" in self.sync_stream_ids.mapped("direction"):
                target.connection.list(self.sync_import_folder, 1)
        finally:
            target.close()
        return self.env._("Logged in to %(host)s; files can be written.", host=self.sync_host)

    def _rotate_data_sync(self):
        """Say how it is done: what opens a customer's server is made by the customer."""
        raise UserError(
            self.env._("The password, key or token is the customer's: enter the new one on the page “Data Sync”.")
        )
