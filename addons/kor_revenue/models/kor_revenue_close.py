import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import insist, read_whole_number, work_off

from ..engine.delivery import RecognitionError

_logger = logging.getLogger(__name__)
BATCH_PARAMETER = "kor_revenue.batch_size"
BATCH_SIZE = 200


class KorRevenueClose(models.Model):
    """Book what a company's contracts have earned up to a day. One that was cut off goes on; what is booked stays."""

    _name = "kor.revenue.close"
    _inherit = ["mail.thread", "kor.input.mixin", "kor.revenue.close.preview.mixin"]
    _description = "Revenue Close"
    _order = "date_to desc, id desc"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    date_to = fields.Date(
        string="Up to",
        required=True,
        default=lambda self: fields.Date.context_today(self) + relativedelta(day=1, days=-1),
        help="The last day that counts, as a rule the last of a month. Open months before it are closed along.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Posted"), ("locked", "Locked")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    grouping = fields.Selection(related="company_id.kor_revenue_grouping", string="Entries")
    date_started = fields.Datetime(string="Started", readonly=True, copy=False)
    date_done = fields.Datetime(string="Posted on", readonly=True, copy=False)
    planned_count = fields.Integer(string="Contracts", readonly=True, copy=False)
    through_count = fields.Integer(string="Looked at", readonly=True, copy=False)
    contract_mark = fields.Integer(readonly=True, copy=False, help="How far the close has come: contracts by id.")
    progress = fields.Float(compute="_compute_progress")
    move_ids = fields.One2many("account.move", "kor_revenue_close_id", string="Journal Entries", readonly=True)
    item_ids = fields.One2many("kor.revenue.item", "close_id", string="Recognised Revenue", readonly=True)
    parking_ids = fields.One2many(
        "kor.revenue.close.parking", "close_id", domain=[("date_mended", "=", False)], readonly=True, string="Left Out"
    )
    move_count = fields.Integer(compute="_compute_results", compute_sudo=True)
    item_count = fields.Integer(compute="_compute_results", compute_sudo=True)
    revenue = fields.Monetary(
        string="Recognised",
        currency_field="company_currency_id",
        compute="_compute_results",
        compute_sudo=True,
        help="What the close has booked as revenue.",
    )
    parked_count = fields.Integer(compute="_compute_parked_count", string="Contracts Left Out")

    @api.depends("date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for close in self:
            month = close.date_to and format_date(self.env, close.date_to, date_format="MMMM yyyy")
            close.display_name = self.env._("Close of %(month)s", month=month or "")

    @api.depends("planned_count", "through_count", "state")
    def _compute_progress(self):
        for close in self:
            through = 100.0 * close.through_count / (close.planned_count or 1)
            close.progress = 100.0 if close.state in ("done", "locked") else min(through, 100.0)

    @api.depends("move_ids", "item_ids.balance")
    def _compute_results(self):
        items, moves = self.env["kor.revenue.item"], self.env["account.move"]
        domain = [("close_id", "in", self.ids)]
        counts = dict(items._read_group(domain, ["close_id"], ["__count"]))
        sums = dict(items._read_group([*domain, ("kind", "!=", "cost")], ["close_id"], ["balance:sum"]))
        entries = moves._read_group([("kor_revenue_close_id", "in", self.ids)], ["kor_revenue_close_id"], ["__count"])
        entries = dict(entries)
        for close in self:
            close.item_count, close.revenue = counts.get(close._origin, 0), sums.get(close._origin, 0.0)
            close.move_count = entries.get(close._origin, 0)

    @api.depends("parking_ids")
    def _compute_parked_count(self):
        for close in self:
            close.parked_count = len(close.parking_ids)

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise UserError(self.env._("A close begins as a draft: preview it, then post it."))
        return super().create(vals_list)

    def write(self, vals):
        if "state" in vals or ({"company_id", "date_to"} & set(vals) and any(one.state != "draft" for one in self)):
            raise UserError(self.env._("A close that was posted cannot be changed. Run it again, or make a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        if any(close.state != "draft" for close in self):
            raise UserError(self.env._("A close that was posted is kept as evidence of what it booked."))

    def action_post(self):
        """Book what is earned and not booked yet: at once, or in the background where there are many contracts.

        Run again, it books what has changed since, and tries those that were left out.

        :return: True
        """
        self._check_can_close()
        for close in self:
            close._check_ready()
            close._start()
            if close.planned_count <= close._get_batch_size():
                while close.state == "running":
                    close._work()
        running = self.filtered(lambda close: close.state == "running")
        if running:
            running._offer_batches()
            self.env.ref("kor_revenue.ir_cron_close").sudo()._trigger()  # waking the job is no right of its own
        return True

    def action_lock(self):
        """Lock what is closed: what becomes known later is booked in the next open month.

        :return: True
        """
        self._check_can_lock()
        for close in self:
            if close.parked_count:
                raise UserError(
                    self.env._(
                        "%(count)s contracts are left out of this close. Mend them and run it again, or lock it "
                        "without them: they are booked in the next month then.",
                        count=close.parked_count,
                    )
                )
        return self.action_lock_without_parked()

    def action_lock_without_parked(self):
        """Lock what is closed, although contracts were left out: they are booked in the next open month.

        :return: True
        """
        self._check_can_lock()
        for close in self:
            if close.state != "done":
                raise UserError(self.env._("Only a close that is posted can be locked."))
            company_sudo = close.company_id.sudo()  # whoever may lock closes sets the day, and nothing else
            company_sudo.kor_revenue_lock_date = max(company_sudo.kor_revenue_lock_date or close.date_to, close.date_to)
            close._write_engine({"state": "locked"})
        return True

    def action_unlock(self):
        """Open the last locked close again.

        :return: True
        """
        self._check_can_lock()
        for close in self.sorted(lambda one: (one.date_to, one.id), reverse=True):
            locked = self.search([("company_id", "=", close.company_id.id), ("state", "=", "locked")]) - close
            later = locked.filtered(lambda one, close=close: one.date_to > close.date_to)[-1:]
            if close.state != "locked" or later:
                raise UserError(
                    self.env._("“%(name)s” is locked: unlock that first.", name=later.display_name)
                    if later
                    else self.env._("Only a close that is locked can be unlocked.")
                )
            close._write_engine({"state": "done"})
            company_sudo = close.company_id.sudo()  # as above
            company_sudo.kor_revenue_lock_date = max(locked.mapped("date_to"), default=False)
        return True

    def action_open_moves(self):
        """Open the journal entries of the close.

        :return: a window action
        """
        return self._prepare_open_action("account.action_move_journal_line", "kor_revenue_close_id")

    def action_open_items(self):
        """Open what the close has recognised.

        :return: a window action
        """
        return self._prepare_open_action("kor_revenue.kor_revenue_item_action", "close_id")

    def _prepare_open_action(self, name, field):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        return {**action, "domain": [(field, "=", self.id)], "context": {"create": False}}

    def _check_can_close(self):
        self.check_access("read")
        self.env["kor.contract"]._check_can_recognize()

    def _check_can_lock(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_revenue.group_kor_revenue_manager"):
            raise AccessError(self.env._("Only administrators of KOR Enterprise › Revenue lock and unlock closes."))

    def _check_ready(self):
        """Refuse, in a sentence, what cannot be closed."""
        self.ensure_one()
        company_sudo = self.company_id.sudo()  # settings hold for everybody
        company_sudo._check_kor_revenue()
        closed = company_sudo._get_kor_closed_until()
        if self.state == "locked" or self.date_to <= closed:
            raise UserError(
                self.env._(
                    "The books are closed until %(day)s. Choose a later day: what belongs to closed months is booked "
                    "in the first open one.",
                    day=format_date(self.env, closed),
                )
            )
        running = self.search([("company_id", "=", company_sudo.id), ("state", "=", "running")]) - self
        if running:
            raise UserError(
                self.env._("“%(name)s” is still running: wait until it is done.", name=running[0].display_name)
            )

    def _offer_batches(self):
        """Tell other workers than the closing job that these closes have started. Extensible; here there are none."""

    def _write_engine(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _start(self):
        self.ensure_one()
        self.lock_for_update()
        if self.state != "running":
            self._write_engine(
                {
                    "state": "running",
                    "date_started": fields.Datetime.now(),
                    "contract_mark": 0,
                    "through_count": 0,
                    "planned_count": len(self._get_contracts_to_close()),
                }
            )

    def _get_contracts_to_close(self, limit=None):
        """Return the contracts that are not looked at yet, in the order of their ids. Extensible by its domain."""
        return self.env["kor.contract"].sudo().search(self._get_domain(), order="id", limit=limit)  # all of the company

    def _get_domain(self):
        """Return which contracts are looked at: what was invoiced since moves their balances, too."""
        domain = Domain("company_id", "=", self.company_id.id) & Domain("id", ">", self.contract_mark)
        earns = Domain("revenue_since", "<=", self.date_to)
        return domain & (earns | Domain("revenue_schedule_ids", "!=", False))

    @api.model
    def _get_batch_size(self):
        return read_whole_number(self.env, BATCH_PARAMETER, BATCH_SIZE, lowest=1)

    def _work(self, limit=None):
        """Book one batch of contracts, all of them where one entry holds a month; return how many were looked at."""
        self.ensure_one()
        together = self.company_id.kor_revenue_grouping == "month"
        limit = None if together else limit or self._get_batch_size()
        batch = self._get_contracts_to_close(limit)
        if together:
            self._book_together(batch)
        else:
            self._book_halves(batch)
        values = {"through_count": self.through_count + len(batch)}
        if batch:
            values["contract_mark"] = batch[-1].id
        if not limit or len(batch) < limit:
            values |= {"state": "done", "date_done": fields.Datetime.now()}
        self._write_engine(values)
        if self.state == "done":
            self._note_done()
        return len(batch)

    def _note_done(self):
        self.invalidate_recordset(["item_count", "revenue", "move_count", "parking_ids", "parked_count"])
        self.message_post(
            body=self.env._(
                "Posted up to %(day)s by %(user)s: %(count)s entries, %(amount)s of revenue so far, "
                "%(parked)s contracts left out.",
                day=format_date(self.env, self.date_to),
                user=self.env.user.name,
                count=self.move_count,
                amount=self.company_id.currency_id.format(self.revenue),
                parked=self.parked_count,
            )
        )

    def _book_halves(self, batch):
        """Book contracts together; where one cannot be booked, halve them until it stands alone."""
        if not batch or not (error := self._try_to_book(batch)):
            return
        if len(batch) == 1:
            self._park_failed(batch, error)
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            self._book_halves(half)

    def _book_together(self, batch):
        """Book all contracts at once, less those that cannot be booked, so that a month has one entry."""
        if not batch or not self._try_to_book(batch):
            return
        failed = self._find_failing(batch)
        for contract, error in failed.items():
            self._park_failed(contract, error)
        good = batch.filtered(lambda contract: contract not in failed)
        if good and (error := self._try_to_book(good)):
            # What each of them could bear, all of them cannot: no contract's fault, and nothing is booked.
            for contract in good:
                self._park_failed(contract, error)

    def _find_failing(self, batch):
        """Return the contracts that cannot be booked and why; nothing stays booked."""
        error = self._try_to_book(batch, keep=False)
        if not error or len(batch) == 1:
            return {batch: error} if error else {}
        middle = len(batch) // 2
        return self._find_failing(batch[:middle]) | self._find_failing(batch[middle:])

    def _try_to_book(self, batch, keep=True):
        """Book contracts, and keep that if asked; return what went wrong, or None."""
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            self._book(batch)
            savepoint.close(rollback=not keep)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            savepoint.close(rollback=True)
            return error
        return None

    def _book(self, batch):
        batch._recognize(self.date_to, self)
        self.env["kor.revenue.close.parking"].sudo()._mend(batch)  # notes of the close itself

    def _park_failed(self, contract, error):
        parking_sudo = self.env["kor.revenue.close.parking"].sudo()  # as above
        if isinstance(error, (UserError, RecognitionError)):
            _logger.info("Contract %s is left out of the close: %s", contract.name, error)
            parking_sudo._park(self, contract, str(error))
            return
        # A fault of the program, with its traceback in the log; it must not stop the other contracts.
        _logger.error("Contract %s is left out of the close", contract.name, exc_info=error)
        parking_sudo._park(self, contract, self.env._("Unexpected error: %(error)s", error=error))

    def _work_insistently(self):
        """Book one batch, from the start again where somebody else booked one of its contracts meanwhile."""
        return insist(self.env, self._work_held)

    def _work_held(self):
        """Book one batch unless somebody else is at this close; return how many contracts were looked at."""
        held = self.try_lock_for_update().filtered(lambda one: one.state == "running")
        return held._work() if held else 0

    @api.model
    def _cron_close(self):
        """Work off the closes that are under way."""
        closes = self.search([("state", "=", "running")], order="date_to, id")
        remaining = sum(max(one.planned_count - one.through_count, 1) for one in closes)
        # Where nothing was done somebody else works on it, or it is done.
        work_off(closes, remaining, lambda close: close._work_insistently())
