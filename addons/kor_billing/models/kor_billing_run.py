import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.kor_enterprise_tiers.tools import insist, read_whole_number, work_off

_logger = logging.getLogger(__name__)
BATCH_PARAMETER = "kor_billing.batch_size"
BATCH_SIZE = 100
# How many batches a worker looks ahead, so that as many workers find contracts that nobody holds.
WORKERS = 4


class KorBillingRun(models.Model):
    """Bill every contract that is due. A run that was cut off is simply continued: what is booked stays booked."""

    _name = "kor.billing.run"
    _inherit = ["mail.thread", "kor.billing.preview.mixin"]
    _description = "Billing Run"
    _order = "id desc"

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    date = fields.Date(
        string="Billed up to",
        default=fields.Date.context_today,
        copy=False,
        help="What is due on this day is billed. Today: each contract by its own time zone.",
    )
    date_started = fields.Datetime(readonly=True, copy=False)
    date_done = fields.Datetime(readonly=True, copy=False)
    contract_ids = fields.Many2many(
        "kor.contract",
        string="Only These Contracts",
        domain="[('company_id', '=', company_id), ('state', '!=', 'draft')]",
        help="Empty: every contract of the company that is due.",
    )
    item_ids = fields.One2many("kor.billing.item", "run_id", string="Billed Periods")
    move_ids = fields.Many2many("account.move", compute="_compute_move_ids", string="Invoices")
    invoice_count = fields.Integer(compute="_compute_counts")
    item_count = fields.Integer(compute="_compute_counts")
    due_count = fields.Integer(compute="_compute_due", string="Still Due")
    failed_contract_ids = fields.Many2many(
        "kor.contract",
        compute="_compute_failed",
        string="Contracts Left Out",
        help="Those that cannot be billed at present.",
    )
    failed_count = fields.Integer(compute="_compute_failed", string="Left Out")
    progress = fields.Float(compute="_compute_progress", help="Share of the contracts at the start that are through.")
    planned_count = fields.Integer(readonly=True, copy=False, string="Due at the Start")

    @api.depends("item_ids.move_id")
    def _compute_move_ids(self):
        for run in self:
            run.move_ids = run.item_ids.move_id

    @api.depends("item_ids.move_id")
    def _compute_counts(self):
        # Counted by the database: a list of runs would else read each period that was ever billed.
        found = self.env["kor.billing.item"]._read_group(
            [("run_id", "in", self.ids)], ["run_id"], ["move_id:count_distinct", "__count"]
        )
        counts = {run.id: numbers for run, *numbers in found}
        for run in self:
            run.invoice_count, run.item_count = counts.get(run._origin.id, (0, 0))

    @api.depends("state", "contract_ids", "company_id", "date")
    def _compute_due(self):
        for run in self:
            run.due_count = 0 if run.state == "done" else len(run._get_due_contracts())

    @api.depends("state", "contract_ids", "company_id")
    def _compute_failed(self):
        failed = self.env["kor.contract"].search(
            [("company_id", "in", self.company_id.ids), ("billing_error", "!=", False)]
        )
        for run in self:
            chosen = failed & run.contract_ids if run.contract_ids else failed
            run.failed_contract_ids = chosen.filtered_domain([("company_id", "=", run.company_id.id)])
            run.failed_count = len(run.failed_contract_ids)

    @api.depends("state", "planned_count", "due_count")
    def _compute_progress(self):
        for run in self:
            done = run.planned_count - run.due_count
            run.progress = 100.0 if run.state == "done" else 100.0 * done / (run.planned_count or 1)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].next_by_code("kor.billing.run") or "/"
        return super().create(vals_list)

    def write(self, vals):
        if {"state", "company_id", "contract_ids", "date"} & set(vals) and any(run.state != "draft" for run in self):
            raise UserError(self.env._("A billing run that has started cannot be changed. Make a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(run.state != "draft" for run in self):
            raise UserError(self.env._("A billing run that has started is kept as evidence of what it billed."))

    def action_start(self):
        """Bill in the background: the runs are worked off by the billing job, which is woken up.

        :return: True
        """
        self.env["kor.contract"]._check_can_bill()
        self._start()
        self._offer_batches()
        for name in ("ir_cron_bill", "ir_cron_bill_beside"):
            self.env.ref(f"kor_billing.{name}").sudo()._trigger()  # waking the jobs is no right of its own
        return True

    def action_open_invoices(self):
        """Open the run's invoices.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {**action, "domain": [("id", "in", self.move_ids.ids)], "context": {"create": False}}

    def action_open_items(self):
        """Open the periods that the run has billed.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_billing.kor_billing_item_action")
        return {**action, "domain": [("run_id", "=", self.id)], "context": {}}

    def _start(self):
        for run in self.filtered(lambda one: one.state == "draft"):
            run._write_engine(
                {
                    "state": "running",
                    "date_started": fields.Datetime.now(),
                    "planned_count": len(run._get_due_contracts()),
                }
            )

    def _offer_batches(self):
        """Tell other workers than the billing job that these runs have started. Extensible; here there are none."""

    def _write_engine(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _get_chosen_day(self):
        """Return the day that the run bills up to, or False where that is each contract's today."""
        return self.date if self.date and self.date != fields.Date.context_today(self) else False

    def _get_due_domain(self):
        """Return which contracts may be due; zones ahead of UTC may be in tomorrow. Extensible."""
        last = self._get_chosen_day() or fields.Date.context_today(self) + timedelta(days=1)
        due = Domain("next_billing_date", "<=", last) | Domain("needs_correction", "=", True)
        domain = Domain("company_id", "=", self.company_id.id) & due
        domain &= Domain("billing_retry_date", "=", False) | Domain("billing_retry_date", "<=", "today")
        if self.contract_ids:
            domain &= Domain("id", "in", self.contract_ids.ids)
        return domain

    def _get_due_contracts(self, limit=None):
        """Return the contracts that are due; with a limit, somewhat more than that at most."""
        self.ensure_one()
        contract_model, day = self.env["kor.contract"], self._get_chosen_day()
        found = contract_model.search(self._get_due_domain(), order="next_billing_date, id").ids
        size = limit or len(found) or 1
        due = contract_model
        for start in range(0, len(found), size):
            # Read in pieces: a batch need not know the contracts of all others.
            some = contract_model.browse(found[start : start + size])
            due += some.filtered(lambda contract: contract._is_due(day))
            if limit and len(due) > limit * WORKERS:
                break
        return due

    def _work(self, limit=None):
        """Bill one batch of due contracts and return how many are left, at least."""
        return self._work_batch(limit)[1]

    def _work_batch(self, limit=None):
        """Bill one batch; return how many contracts were looked at, and how many are left, at least."""
        self.ensure_one()
        limit = limit or self._get_batch_size()
        due = self._get_due_contracts(limit)
        batch = self._add_joined(due.try_lock_for_update(limit=limit))
        self._work_halves(batch)
        # Contracts that somebody else holds are looked at again by the next job, not now and not never.
        if not due - batch and len(due) <= limit * WORKERS:
            self._write_engine({"state": "done", "date_done": fields.Datetime.now()})
        return len(batch), len(due - batch)

    @api.model
    def _get_batch_size(self):
        return read_whole_number(self.env, BATCH_PARAMETER, BATCH_SIZE, lowest=1)

    def _add_joined(self, batch):
        """Return the batch with the other due contracts of its customers, where they share an invoice."""
        if not batch or not self.company_id.kor_join_invoices:
            return batch
        domain = self._get_due_domain() & Domain("partner_id", "in", batch.partner_id.ids)
        others = self.env["kor.contract"].search(domain & Domain("id", "not in", batch.ids))
        return batch + others.filtered(lambda contract: contract._is_due(self._get_chosen_day())).try_lock_for_update()

    def _work_halves(self, batch):
        """Bill the contracts together; where one cannot be billed, halve them until it stands alone."""
        if not batch:
            return
        try:
            with self.env.cr.savepoint():
                batch._bill(self._get_windows(batch), run=self)
                batch.filtered(lambda one: not one._is_parked())._clear_billing_marks()
            return
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(batch) == 1:
                self._park_failed(batch, error)
                return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            self._work_halves(half)

    def _park_failed(self, contract, error):
        if isinstance(error, UserError):
            _logger.info("Contract %s is left out of billing: %s", contract.name, error)
            contract._park(getattr(error, "kind", "error"), str(error), self)
            return
        # A fault of the program, with its traceback in the log; it must not stop the other contracts.
        _logger.error("Contract %s is left out of billing", contract.name, exc_info=error)
        contract._park("error", self.env._("Unexpected error: %(error)s", error=error), self)

    def _work_insistently(self):
        """Work off one batch, from the start again where somebody else billed one of its contracts meanwhile."""
        return insist(self.env, self._work_batch)

    def _get_windows(self, contracts):
        day = self._get_chosen_day()
        return {contract: contract._get_current_window(day) for contract in contracts}

    @api.model
    def _cron_bill(self):
        """Start a run for each company with due contracts, and work off the runs that are under way."""
        for company in self._get_companies_without_run():
            run = self.create({"company_id": company.id, "date": False})
            if run._get_due_contracts(1):
                run._start()
                run._offer_batches()
            else:
                run.unlink()
        self._cron_work()

    @api.model
    def _cron_work(self):
        """Work off the runs that are under way, beside other workers that do the same."""
        runs = self.search([("state", "=", "running")], order="id")
        # Where nothing was done somebody else holds what is left: the next job sees to it.
        work_off(runs, sum(run.due_count for run in runs), lambda run: run._work_insistently()[0])

    @api.model
    def _get_companies_without_run(self):
        running = self.search([("state", "=", "running"), ("contract_ids", "=", False)]).company_id
        return self.env["res.company"].search([("id", "not in", running.ids)])
