import logging
from datetime import timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ..engine.availability import burn_rate, combine, seconds_of
from ..measuring import Board

_logger = logging.getLogger(__name__)
BATCH_SIZE = 200
SPANS = {"burn_hour": timedelta(hours=1), "burn_six_hours": timedelta(hours=6), "burn_three_days": timedelta(days=3)}


class KorSlaBudget(models.Model):
    """The uptime of a contract in a month and what is left of its error budget, as the job measured it last.

    For lists and charts: what is owed is measured anew, never read from here.
    """

    _name = "kor.sla.budget"
    _inherit = ["kor.sla.budget.warning.mixin"]
    _description = "Uptime of a Month"
    _order = "month desc, left_percent, id"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one("kor.tier", readonly=True)
    account_manager_id = fields.Many2one(related="contract_id.account_manager_id")
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    is_running = fields.Boolean(compute="_compute_is_running", search="_search_is_running")
    is_measured = fields.Boolean(readonly=True, help="A service is watched on which the contract rests.")
    availability = fields.Float(string="Uptime (%)", readonly=True, digits=(16, 6), aggregator="avg")
    target = fields.Float(string="Target (%)", readonly=True, digits=(16, 4), aggregator="avg")
    is_met = fields.Boolean(string="Met", readonly=True)
    down_minutes = fields.Float(string="Down (minutes)", readonly=True, digits=(16, 2))
    allowed_minutes = fields.Float(string="Allowed (minutes)", readonly=True, digits=(16, 2))
    left_minutes = fields.Float(
        string="Left (minutes)", readonly=True, digits=(16, 2), help="Of the downtime that the month allows."
    )
    left_percent = fields.Float(string="Budget Left (%)", readonly=True, digits=(16, 2), aggregator="avg")
    left_shown = fields.Integer(string="Budget Left", compute="_compute_left_shown")
    burn_hour = fields.Float(
        string="Burn Rate 1 h", readonly=True, digits=(16, 2), aggregator="max", help="1: as fast as the month allows."
    )
    burn_six_hours = fields.Float(string="Burn Rate 6 h", readonly=True, digits=(16, 2), aggregator="max")
    burn_three_days = fields.Float(string="Burn Rate 3 Days", readonly=True, digits=(16, 2), aggregator="max")
    date_measured = fields.Datetime(string="Measured", readonly=True)
    is_stale = fields.Boolean(
        string="To Look at", readonly=True, help="Outages of the month have changed: the next job measures it again."
    )

    _month_unique = models.UniqueIndex("(contract_id, month)", "This month of the contract is there already.")
    _stale_idx = models.Index("(month) WHERE is_stale")

    @api.depends("month")
    def _compute_is_running(self):
        today = fields.Date.today()
        for budget in self:
            budget.is_running = budget.month == today.replace(day=1)

    def _search_is_running(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("month", "=", fields.Date.today().replace(day=1))]

    @api.depends("left_percent")
    def _compute_left_shown(self):
        for budget in self:
            budget.left_shown = max(0, round(budget.left_percent))

    @api.model
    def _cron_measure(self, batch_size=BATCH_SIZE):
        """Measure the running month of all contracts, and warn of those whose error budget goes.

        Months that are over are measured again where their outages have changed.
        """
        cron = self.env["ir.cron"]
        contracts = self.env["kor.contract"].search([("state", "in", ("active", "paused"))], order="id")
        batches = [(contracts.browse(ids), "_measure_running") for ids in split_every(batch_size, contracts.ids)]
        for stale in self.search([("is_stale", "=", True)]).grouped("month").values():
            batches += [(self.browse(ids), "_measure_again") for ids in split_every(batch_size, stale.ids)]
        cron._commit_progress(remaining=sum(len(batch) for batch, _method in batches))
        for batch, method in batches:
            try:
                with self.env.cr.savepoint():
                    getattr(self, method)(batch)
            except Exception:
                # The others must not wait for it; it is tried again with the next job.
                _logger.exception("Uptime of %s contracts is left out", len(batch))
            if not cron._commit_progress(len(batch)):
                return

    @api.model
    def _mark_stale(self, contracts, first, last):
        """Note that outages of these days have changed: the next job measures again the months that are over.

        :param contracts: the contracts, empty for all
        """
        running = _get_first_running(fields.Date.today())
        if first >= running:
            return
        domain = Domain("month", ">=", first.replace(day=1)) & Domain("month", "<=", last)
        domain &= Domain("month", "<", running) & Domain("is_stale", "=", False)
        if contracts:
            domain &= Domain("contract_id", "in", contracts.ids)
        self.sudo().search(domain).write({"is_stale": True})  # a note of the engine, whoever changes outages

    @api.model
    def _measure_again(self, budgets):
        """Measure months that are over, and warn nobody any more."""
        now = fields.Datetime.now()
        budgets.is_stale = False
        for month, found in budgets.grouped("month").items():
            self._measure_between(found.contract_id, month, month + relativedelta(months=1, days=-1), now)

    @api.model
    def _measure_running(self, contracts, now=None):
        """Measure the month that runs where each contract's days begin, and return its records.

        Within the first day, the month before is measured as well: its last hours are new, too.
        """
        now = now or fields.Datetime.now()
        last = now.date() + relativedelta(day=31)
        budgets = self._measure_between(contracts, _get_first_running(now.date()), last, now)
        budgets._warn(now)
        return budgets

    @api.model
    def _measure_between(self, contracts, first, last, now):
        board = Board(contracts, first, last, now)
        values = {}
        for contract in contracts:
            for month, parts in _by_month(board.measure(contract)).items():
                values[contract, month] = self._prepare_values(contract, month, parts, board, now)
        return self._write_values(values)

    @api.model
    def _prepare_values(self, contract, month, parts, board, now):
        whole = combine(part.availability for part in parts)
        figures = contract._prepare_figures(whole, parts)
        budget = figures["budget"]
        return {
            "contract_id": contract.id,
            "month": month,
            "tier_id": (parts[-1].agreement.tier_id or contract.tier_id).id,
            "is_measured": figures["is_measured"],
            "availability": figures["availability"] or 0,
            "target": figures["target"],
            "is_met": figures["met"],
            "down_minutes": figures["down_seconds"] / 60,
            "allowed_minutes": budget["allowed_seconds"] / 60,
            "left_minutes": budget["left_seconds"] / 60,
            "left_percent": budget["left_percent"],
            "date_measured": now,
            **self._prepare_burn(contract, parts, board, now),
        }

    @api.model
    def _prepare_burn(self, contract, parts, board, now):
        """Return how fast the budget is used lately, 0 where nothing is promised or the month is over."""
        part = next((one for one in parts if one.start <= now < one.end), None)
        if not part or not part.agreement.uptime_target:
            return dict.fromkeys(SPANS, 0)
        rates = {}
        for name, span in SPANS.items():
            start = max(now - span, board.start)
            _windows, _rules, recent = board.measure_span(contract.sudo(), part.agreement, start, now)  # as the board
            rate = burn_rate(recent.down, recent.measured, part.target) if seconds_of(recent.measured) else None
            rates[name] = float(rate or Fraction(0))
        return rates

    @api.model
    def _write_values(self, values):
        """Write what was measured, and return its records."""
        contracts = [contract.id for contract, _month in values]
        months = {month for _contract, month in values}
        known = {
            (one.contract_id, one.month): one
            for one in self.search([("contract_id", "in", contracts), ("month", "in", list(months))])
        }
        created = self.create([one for name, one in values.items() if name not in known])
        for name, budget in known.items():
            if name in values:
                budget.write(values[name])
        return created | self.union(*known.values())

    def action_measure(self):
        """Measure the contracts again.

        :return: True
        """
        self.check_access("read")
        self.sudo()._measure_running(self.contract_id)  # records are written by measuring only, by nobody by hand
        return True


def _get_first_running(day):
    """Return the first day of what the job measures each time, in the first days of a month with the month before."""
    return day.replace(day=1) - relativedelta(months=1 if day.day <= 3 else 0)


def _by_month(parts):
    months = {}
    for part in parts:
        months.setdefault(part.month, []).append(part)
    return months
