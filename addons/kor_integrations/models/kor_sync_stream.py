import base64
import hashlib
import time
from tempfile import SpooledTemporaryFile

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.sync_columns import file_name, write_file
from ..engine.sync_datasets import DATASETS, EXPORTS, IMPORTS

FETCH = 2000
# A file ends after the batch with which it becomes as long as this.
FILE_SIZE = 16 * 1024 * 1024


def get_dataset_selection():
    return [(code, dataset.name) for code, dataset in DATASETS.items()]


class KorSyncStream(models.Model):
    """One dataset of an integration, and how far the customer has it.

    What is to be sent is a difference, as everywhere here: the rows as they are, less the rows as they were sent last
    (`kor.sync.mark`, a digest for each key). So there is no gap, whichever transaction commits when, and a correction
    of something old comes again by itself, under the same key; the time of a last change would tell neither, and daily
    usage has none. The cursor is the running number of the last row that was sent: it only grows, without gaps, and
    moves when the file with these rows is in its place under its final name.
    """

    _name = "kor.sync.stream"
    _inherit = ["kor.sync.take.mixin", "kor.engine.fields.mixin", "kor.input.mixin"]
    _description = "Data Sync Dataset"
    _rec_name = "dataset"
    _order = "integration_id, id"

    integration_id = fields.Many2one("kor.integration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="integration_id.company_id", store=True, index=True)
    dataset = fields.Selection(selection=lambda self: get_dataset_selection(), required=True)
    direction = fields.Selection(
        [("export", "We send"), ("import", "We take")], compute="_compute_direction", store=True
    )
    cursor = fields.Integer(
        string="Last Change Sent",
        readonly=True,
        copy=False,
        help="The running number of the last row that is in its place. The next file begins one after it.",
    )
    date_last = fields.Datetime(string="Last File", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    run_ids = fields.One2many("kor.sync.run", "stream_id", string="Runs")

    _dataset_unique = models.UniqueIndex("(integration_id, dataset)", "This dataset is in the list already.")

    @api.depends("dataset")
    def _compute_direction(self):
        for stream in self:
            stream.direction = "import" if stream.dataset in IMPORTS else "export"

    @api.constrains("dataset", "integration_id")
    def _check_dataset(self):
        for stream in self:
            integration = stream.integration_id
            if integration.kind != "data_sync":
                raise ValidationError(
                    self.env._("“%(name)s” is no data sync: it has no datasets.", name=integration.name)
                )
            if stream.dataset in IMPORTS and integration.sync_transport != "sftp":
                raise ValidationError(self.env._("Files are taken from SFTP servers only: choose SFTP."))

    def write(self, vals):
        if not self.env.su and {"dataset", "integration_id"} & set(vals) and self.filtered("cursor"):
            raise UserError(self.env._("Rows of it were sent already: remove the dataset and add another one."))
        return super().write(vals)

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("How far a dataset was sent is counted, not entered.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        # With its marks it would forget what the customer has, and with its runs what was taken.
        if any(stream.run_ids for stream in self):
            raise UserError(self.env._("Files of this dataset were sent or taken already: its runs are kept."))

    def action_send_all(self):
        """Let everything be sent again with the next file, under new numbers.

        :return: True
        """
        for stream in self:
            stream.integration_id._check_may_manage()
            if stream._get_open_run():
                raise UserError(self.env._("A file of this dataset is on its way: wait until it is in its place."))
            stream.env["kor.sync.mark"].sudo()._forget(stream)  # marks are kept by the integration itself
            stream.integration_id._log(
                "info",
                self.env._("%(dataset)s: everything is sent again", dataset=DATASETS[stream.dataset].name),
            )
        return True

    def _get_open_run(self):
        """Return the run whose file is made and not yet in its place."""
        self.ensure_one()
        runs_sudo = self.env["kor.sync.run"].sudo()  # whoever may manage the integration may know that there is one
        return runs_sudo.search([("stream_id", "=", self.id), ("direction", "=", "export"), ("state", "!=", "done")])

    def _note_error(self, message):
        """Keep what went wrong with the dataset; the file on its way, where there is one, has it too."""
        self.ensure_one()
        if self.last_error != (message or False):
            self.last_error = message[:500] or False
        if message and (run := self._get_open_run()):
            run._fail(message)

    def _send_files(self, target):
        """Yield a sentence for each file that was sent, until there is nothing left to send."""
        self.ensure_one()
        while run := self._get_open_run() or self._stage():
            name, content = run.name, run._get_content()
            # From here on no transaction is open, and the file is sure to be sent, by this run or by another one.
            self.env["ir.cron"]._commit_progress()
            started = time.monotonic()
            target.put(name, content)
            run._finish(time.monotonic() - started)
            self.env["ir.cron"]._commit_progress()
            yield self.env._("%(file)s sent: %(count)s rows", file=name, count=run.rows)

    def _stage(self):
        """Make the next file of what is not sent yet, and return its run; an empty one where there is nothing."""
        self.ensure_one()
        self.lock_for_update()
        integration = self.integration_id
        self.env.flush_all()
        query = self.env["kor.sync.dataset"]._get_query(self.dataset, integration.contract_id)
        batches = self._read_changes(query, integration.sync_max_rows)
        run = self.env["kor.sync.run"]
        if first := next(batches, None):
            run = run.create({"name": "–", "stream_id": self.id, "dataset": self.dataset, "direction": "export"})
            with SpooledTemporaryFile(max_size=1024 * 1024) as file:
                run.write(self._write_batches(run, first, batches, file))
        self.env["kor.sync.mark"]._close(self)
        return run

    def _read_changes(self, query, most):
        """Yield batches of changes, as lists of (key, digest, row); the digest of what is gone is empty."""
        marks, width = self.env["kor.sync.mark"], len(EXPORTS[self.dataset].columns)
        for rows in marks._iterate_changed(self, query, most, FETCH):
            most -= len(rows)
            yield [(row[0], row[-1], ("upsert", *row[:-1])) for row in rows]
        if most > 0 and (gone := marks._find_gone(self, query, most)):
            yield [(key, "", ("delete", key, *[None] * (width - 1))) for key in gone]

    def _write_batches(self, run, batch, batches, file):
        """Write a file from batches of changes; return what the run says of it."""
        dataset, kind = EXPORTS[self.dataset], self.integration_id.sync_format
        state = {"number": self.cursor}

        def number_rows(batch):
            while batch:
                for _key, _digest, row in batch:
                    state["number"] += 1
                    yield (state["number"], *row)
                self.env["kor.sync.mark"]._set_pending(run, {key: digest for key, digest, _row in batch})
                batch = next(batches, None) if file.tell() < FILE_SIZE else None

        sha256 = hashlib.sha256()
        for part in write_file(dataset.all_columns, number_rows(batch), kind):
            sha256.update(part)
            file.write(part)
        size = file.tell()
        file.seek(0)
        return {
            "name": file_name(self.dataset, self.cursor + 1, state["number"], kind),
            "cursor_from": self.cursor + 1,
            "cursor_to": state["number"],
            "rows": state["number"] - self.cursor,
            "size": size,
            "sha256": sha256.hexdigest(),
            "payload": base64.b64encode(file.read()),
        }
