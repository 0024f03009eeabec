import hashlib
import posixpath

from odoo import fields, models

from ..engine.sync_import import FileError, read_file, write_result
from ..tools.sftp import PART, READ_LIMIT

SOURCE = "data_sync"
SUFFIXES = (".csv", ".jsonl")
RESULT = ".result.csv"
DONE = "done"
# Files looked at in one run, and lines of problems that are kept.
FILES, PROBLEMS = 100, 1000


class KorSyncTakeMixin(models.AbstractModel):
    """Take files of the customer: each is counted once, by what is in it, and moved out of the way with a result."""

    _name = "kor.sync.take.mixin"
    _description = "Taking of Files"

    def _take_files(self, target):
        """Yield a sentence for each file that was taken."""
        self.ensure_one()
        connection, folder = target.connection, self.integration_id.sync_import_folder
        for name in connection.list(folder, FILES):
            lower = name.lower()
            if not lower.endswith(SUFFIXES) or lower.endswith((RESULT, PART)) or name.startswith("."):
                continue
            content = connection.read(folder, name)
            run, sentence = self._take_file(name, content)
            # Counted for good before the file is moved: a file that is found again was taken already.
            self.env["ir.cron"]._commit_progress()
            if content is None or connection.has_size(folder, name, len(content)):
                self._put_aside(connection, folder, name, run)
                yield sentence

    def _take_file(self, name, content):
        """Count a file and return its run, and a sentence about it; one that was taken before is not counted again."""
        runs, started = self.env["kor.sync.run"], fields.Datetime.now()
        digest = hashlib.sha256(content).hexdigest() if content is not None else False
        taken = [("stream_id", "=", self.id), ("direction", "=", "import"), ("sha256", "=", digest)]
        if digest and (known := runs.search(taken, limit=1)):
            when = fields.Datetime.to_string(known.create_date)
            return known, self.env._(
                "%(file)s was taken already (%(time)s UTC) and is not counted again", file=name, time=when
            )
        values = self._count_file(name, content)
        run = runs.create(
            {
                "name": name[:255],
                "stream_id": self.id,
                "dataset": self.dataset,
                "direction": "import",
                "size": len(content or b""),
                "sha256": digest,
                "attempts": 1,
                "date_done": fields.Datetime.now(),
                "seconds": (fields.Datetime.now() - started).total_seconds(),
                **values,
            }
        )
        self.write({"cursor": self.cursor + 1, "date_last": fields.Datetime.now()})
        return run, self._describe_taken(run)

    def _describe_taken(self, run):
        if run.state == "failed":
            return self.env._("%(file)s could not be used: %(error)s", file=run.name, error=run.error)
        if run.rejected:
            return self.env._(
                "%(file)s taken: %(count)s lines count, %(rejected)s could not be used",
                file=run.name,
                count=run.rows,
                rejected=run.rejected,
            )
        return self.env._("%(file)s taken: %(count)s lines count", file=run.name, count=run.rows)

    def _count_file(self, name, content):
        """Count what a file holds; return what its run says of it."""
        integration = self.integration_id
        try:
            if content is None:
                limit = READ_LIMIT // 1024 // 1024
                raise FileError(self.env._("The file is longer than %(limit)s MB: split it.", limit=limit))
            read = read_file(name, content, integration.contract_id.tz)
        except FileError as error:
            return {"state": "failed", "error": str(error), "problems": [[0, str(error)]]}
        rows = [
            {"label": count.line, "metric": count.metric, "hour": count.hour, "quantity": count.quantity}
            for count in read.counts
        ]
        fed = integration._feed_readings(SOURCE, rows)
        problems = sorted([*read.problems, *fed.rejected])
        self._log_problems(name, problems)
        return {
            "state": "done",
            "rows": read.lines - len(problems),
            "rejected": len(problems),
            "problems": [list(problem) for problem in problems[:PROBLEMS]] or False,
        }

    def _log_problems(self, name, problems):
        if not problems:
            return
        lines = [self.env._("Line %(line)s: %(problem)s", line=line, problem=text) for line, text in problems[:50]]
        self.integration_id._log(
            "warning",
            self.env._("%(file)s: %(count)s lines could not be used", file=name, count=len(problems)),
            "\n".join(lines),
        )

    def _put_aside(self, connection, folder, name, run):
        """Move a file that was taken, with the result beside it; what has its name there already stays."""
        base, suffix = posixpath.splitext(name)
        aside = f"{base}.{run.id}{suffix}"
        connection.make_folder(folder, DONE)
        connection.put(posixpath.join(folder or ".", DONE), aside + RESULT, write_result(run.problems or ()))
        connection.move(folder, name, DONE, aside)
