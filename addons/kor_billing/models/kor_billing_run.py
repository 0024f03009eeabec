import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)
BATCH_SIZE = 100
MAX_TRIES = 5


class KorBillingRun(models.Model):
    """Bill every contract that is due. A run that was cut off is simply continued: what is booked stays booked."""

    _name = "kor.billing.run"
    _inherit = ["mail.thread"]
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
    date_started = fields.Datetime(readonly=True, copy=False)
    date_done = fields.Datetime(readonly=True, copy=False)
    contract_ids = fields.Many2many(
        "kor.contract",
        string="Only These Contracts",
        domain="[('company_id', '=', company_id), ('state', '!=', 'draft')]",
        help="Empty: every contract of the company that is due.",
    )
    item_ids = fields.One2many("kor.billing.item", "run_id", string="Billed Periods")
    move_ids = fields.Many2many("account.move", compute="_compute_results", string="Invoices")
    invoice_count = fields.Integer(compute="_compute_results")
    item_count = fields.Integer(compute="_compute_results")
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
    def _compute_results(self):
        for run in self:
            run.move_ids = run.item_ids.move_id
            run.invoice_count = len(run.move_ids)
            run.item_count = len(run.item_ids)

    @api.depends("state", "contract_ids", "company_id")
    def _compute_due(self):
        for run in self:
            run.due_count = len(run._get_due_contracts())

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
        if {"state", "company_id", "contract_ids"} & set(vals) and any(run.state != "draft" for run in self):
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
        # In sudo: waking the job is no right of its own.
        self.env.ref("kor_billing.ir_cron_bill").sudo()._trigger()
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

    def _write_engine(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _get_due_domain(self):
        """Return which contracts may be due; zones ahead of UTC may be in tomorrow. Extensible."""
        due = Domain("next_billing_date", "<=", "today +1d") | Domain("has_late_use", "=", True)
        domain = Domain("company_id", "=", self.company_id.id) & due
        domain &= Domain("billing_retry_date", "=", False) | Domain("billing_retry_date", "<=", "today")
        if self.contract_ids:
            domain &= Domain("id", "in", self.contract_ids.ids)
        return domain

    def _get_due_contracts(self):
        self.ensure_one()
        found = self.env["kor.contract"].search(self._get_due_domain(), order="next_billing_date, id")
        return found.filtered(lambda contract: contract._is_due())

    def _work(self, limit=BATCH_SIZE):
        """Bill one batch of due contracts and return how many are left."""
        self.ensure_one()
        due = self._get_due_contracts()
        batch = due[:limit].try_lock_for_update()
        try:
            with self.env.cr.savepoint():
                batch._bill(self._get_windows(batch), run=self)
                batch._clear_billing_marks()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            # One of them cannot be billed: find out which, the others must not wait for it.
            for contract in batch:
                self._work_alone(contract)
        # Contracts that somebody else holds are looked at again by the next job, not now and not never.
        if batch == due:
            self._write_engine({"state": "done", "date_done": fields.Datetime.now()})
        return len(due[limit:])

    def _work_insistently(self):
        """Work off one batch, from the start again where somebody else billed one of its contracts meanwhile."""
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                return self._work()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Only a new transaction sees what the other one has booked.
                self.env.cr.rollback()
                if not tries_left:
                    raise

    def _work_alone(self, contract):
        try:
            with self.env.cr.savepoint():
                contract._bill(self._get_windows(contract), run=self)
                contract._clear_billing_marks()
        except UserError as error:
            _logger.info("Contract %s is left out of billing: %s", contract.name, error)
            contract._set_billing_error(str(error))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            # A fault of the program, with its traceback in the log; it must not stop the other contracts.
            _logger.exception("Contract %s is left out of billing", contract.name)
            contract._set_billing_error(self.env._("Unexpected error: %(error)s", error=error))

    def _get_windows(self, contracts):
        return {contract: contract._get_current_window() for contract in contracts}

    @api.model
    def _cron_bill(self):
        """Start a run for each company with due contracts, and work off the runs that are under way."""
        cron = self.env["ir.cron"]
        for company in self._get_companies_without_run():
            run = self.create({"company_id": company.id})
            if run._get_due_contracts():
                run._start()
            else:
                run.unlink()
        runs = self.search([("state", "=", "running")], order="id")
        cron._commit_progress(remaining=sum(run.due_count for run in runs))
        for run in runs:
            while run.state == "running":
                before = run.due_count
                run.with_company(run.company_id)._work_insistently()
                run.invalidate_recordset(["due_count"])
                through = before - run.due_count
                if not cron._commit_progress(max(through, 0)):
                    return
                if through <= 0:
                    # Somebody else holds what is left: the next job sees to it.
                    break

    @api.model
    def _get_companies_without_run(self):
        running = self.search([("state", "=", "running"), ("contract_ids", "=", False)]).company_id
        return self.env["res.company"].search([("id", "not in", running.ids)])
