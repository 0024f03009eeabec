import time
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.sync_schedule import retry_at
from ..tools.guarded_http import Failed, Refused
from .kor_integration_state_mixin import RUNNING

# Files of one dataset in one run; what is left goes on at once with the next.
FILES = 50


class KorIntegrationSyncRunMixin(models.AbstractModel):
    """Run data syncs: make a file and commit, put it in its place, settle it and commit.

    While a file is on its way no transaction is open. Killed at any moment, the next run finds the file that was made
    and puts the same one under the same name.
    """

    _name = "kor.integration.sync.run.mixin"
    _description = "Runs of Data Sync"

    @api.model
    def _get_sync_due_domain(self):
        return [
            ("kind", "=", "data_sync"),
            ("state", "in", RUNNING),
            ("contract_id.state", "=", "active"),
            ("sync_date_next", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _cron_sync(self):
        """Run the data syncs that are due."""
        cron, domain = self.env["ir.cron"], self._get_sync_due_domain()
        ids = self.search(domain, order="sync_date_next, id").ids
        cron._commit_progress(remaining=len(ids))
        for id_ in ids:
            integration = self.browse(id_).try_lock_for_update().filtered_domain(domain)
            if integration:
                integration._sync()
            if not cron._commit_progress(1):
                return
            self.env.invalidate_all()

    def _trigger_sync(self):
        self.env.ref("kor_integrations.ir_cron_kor_sync").sudo()._trigger()  # only when it runs, not what

    def sync_now(self):
        """Let the data sync run as soon as a worker is free.

        :return: the state of the integration
        """
        self.ensure_one()
        self._check_may_manage()
        if self.kind != "data_sync":
            raise UserError(self.env._("“%(name)s” is no data sync.", name=self.name))
        if self.state not in RUNNING:
            raise UserError(self.env._("“%(name)s” is not active: activate or resume it first.", name=self.name))
        self.sudo().sync_date_next = fields.Datetime.now()  # customers may let their own ones run
        self._trigger_sync()
        return self.state

    def action_sync_now(self):
        """Let the data syncs run as soon as a worker is free.

        :return: a notification
        """
        for integration in self:
            integration.sync_now()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("It runs in a moment. What is sent and taken is on the page “Data Sync”."),
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _sync(self):
        """Send and take what there is, and note what came of it."""
        self.ensure_one()
        started = time.monotonic()
        target = self._get_sync_target()
        files, errors, is_more = [], [], False
        try:
            for stream_id in self.sync_stream_ids.ids:
                sent, error = self._sync_stream(self.env["kor.sync.stream"].browse(stream_id), target)
                files += sent
                errors += [error] if error else []
                is_more = is_more or len(sent) >= FILES
                if target.is_down:
                    break
        finally:
            target.close()
        self._settle_sync(files, errors, is_more, round((time.monotonic() - started) * 1000))

    def _sync_stream(self, stream, target):
        """Send or take the files of one dataset; return what they were, and what went wrong, if anything."""
        files, error = [], ""
        try:
            work = stream._take_files(target) if stream.direction == "import" else stream._send_files(target)
            files.extend(islice(work, FILES))
        except Exception as failure:
            self.env.cr.rollback()
            error = self._explain_failure(failure, (Failed, Refused))
        self.env.invalidate_all()
        stream._note_error(error)
        self.env["ir.cron"]._commit_progress()
        return files, error

    def _settle_sync(self, files, errors, is_more, milliseconds):
        """Note what came of a run and when the next one is: after failures sooner, then less and less often."""
        now = fields.Datetime.now()
        failures = self.sync_failures + 1 if errors else 0
        regular = self._get_next_sync()
        self.write(
            {
                "sync_date_last": now,
                "sync_failures": failures,
                # Paused in the meantime, it has none.
                "sync_date_next": self.state in RUNNING
                and (now if is_more and not errors else retry_at(now, failures, regular)),
            }
        )
        if errors:
            self._note(False, errors[0], "\n".join([*errors[1:], *files]), milliseconds)
        elif files:
            message = files[0] if len(files) == 1 else self.env._("%(count)s files", count=len(files))
            self._note(True, message, "\n".join(files), milliseconds)
        else:
            self._count({self.id: (1, 0)})
