import base64
import hashlib

from odoo import api, fields, models

from .kor_sync_stream import get_dataset_selection


class KorSyncRun(models.Model):
    """One file that was sent to a customer, or taken from there. Nobody writes it but the integration itself.

    A file to send is made once and kept until it is in its place: whatever breaks off in between, the same file is
    sent again under the same name.
    """

    _name = "kor.sync.run"
    _description = "Data Sync Run"
    _order = "id desc"

    name = fields.Char(string="File", required=True, readonly=True)
    stream_id = fields.Many2one("kor.sync.stream", required=True, readonly=True, index=True, ondelete="cascade")
    integration_id = fields.Many2one(related="stream_id.integration_id", store=True, index=True)
    contract_id = fields.Many2one(related="stream_id.integration_id.contract_id", store=True, index=True)
    partner_id = fields.Many2one(related="stream_id.integration_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="stream_id.integration_id.company_id", store=True, index=True)
    dataset = fields.Selection(selection=lambda self: get_dataset_selection(), readonly=True, index=True)
    direction = fields.Selection([("export", "Sent"), ("import", "Taken")], required=True, readonly=True, index=True)
    state = fields.Selection(
        [("waiting", "To Send"), ("failed", "Failed"), ("done", "Done")],
        required=True,
        default="waiting",
        readonly=True,
        index=True,
        help="Failed: a file to send is tried again as it is; one that was taken could not be used.",
    )
    create_date = fields.Datetime(string="Started", readonly=True)
    date_done = fields.Datetime(string="Done", readonly=True)
    seconds = fields.Float(string="Duration (s)", digits=(16, 2), readonly=True, aggregator="avg")
    cursor_from = fields.Integer(
        string="First Change", readonly=True, aggregator=False, help="The number of the first row in the file."
    )
    cursor_to = fields.Integer(
        string="Last Change",
        readonly=True,
        aggregator=False,
        help="The number of the last row in the file. The next file begins one after it.",
    )
    rows = fields.Integer(readonly=True, help="Rows sent; of files taken, the lines that count.")
    rejected = fields.Integer(string="Not Used", readonly=True, help="Lines of a file taken that could not be used.")
    size = fields.Integer(string="Bytes", readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True, index="btree_not_null")
    attempts = fields.Integer(readonly=True, aggregator="max")
    error = fields.Char(readonly=True)
    problems = fields.Json(readonly=True, help="[line, what is wrong with it], for the result file.")
    problems_text = fields.Text(string="Lines Not Used", compute="_compute_problems_text")
    payload = fields.Binary(attachment=True, readonly=True, groups="base.group_system", copy=False)

    # What makes a run safe to repeat: there is never a second file on its way, and no file is taken twice.
    _open_unique = models.UniqueIndex(
        "(stream_id) WHERE direction = 'export' AND state != 'done'", "A file of this dataset is on its way already."
    )
    _taken_unique = models.UniqueIndex(
        "(stream_id, sha256) WHERE direction = 'import' AND sha256 IS NOT NULL", "This file was taken already."
    )

    @api.depends("problems")
    @api.depends_context("lang")
    def _compute_problems_text(self):
        for run in self:
            problems = (run.problems or [])[:200]
            lines = (self.env._("Line %(line)s: %(problem)s", line=line, problem=text) for line, text in problems)
            run.problems_text = "\n".join(lines)

    def _get_content(self):
        """Return the file, as it was made; raise where what is kept of it is not that."""
        content = base64.b64decode(self.with_context(bin_size=False).payload or b"")
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(f"the content kept of {self.name} is not what was made")
        return content

    def _finish(self, seconds):
        """Settle that the file is in its place: only now does the cursor move."""
        self.ensure_one()
        self.env["kor.sync.mark"]._settle(self)
        self.write(
            {
                "state": "done",
                "date_done": fields.Datetime.now(),
                "seconds": seconds,
                "attempts": self.attempts + 1,
                "error": False,
                "payload": False,
            }
        )
        self.stream_id.write({"cursor": self.cursor_to, "date_last": fields.Datetime.now()})

    def _fail(self, message):
        self.ensure_one()
        self.write({"state": "failed", "attempts": self.attempts + 1, "error": message[:500]})
