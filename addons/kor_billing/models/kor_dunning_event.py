import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_amount

from ..engine import collection
from .kor_dunning_step import SERVICE_EFFECTS

_logger = logging.getLogger(__name__)


class KorDunningEvent(models.Model):
    """Record that an invoice has come to a dunning step, so that each step is applied to it once."""

    _name = "kor.dunning.event"
    _description = "Dunning Event"
    _order = "id desc"
    _rec_name = "step_id"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    contract_id = fields.Many2one(related="move_id.kor_contract_id", store=True, index="btree_not_null")
    partner_id = fields.Many2one(
        related="move_id.commercial_partner_id", store=True, index="btree_not_null", string="Customer"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    step_id = fields.Many2one("kor.dunning.step", required=True, readonly=True, ondelete="restrict")
    days = fields.Integer(readonly=True, aggregator="max", help="Days after the due date that the step stood for.")
    day = fields.Date(required=True, readonly=True, help="When it was applied, in the contract's time zone.")
    amount = fields.Monetary(readonly=True, help="What was open on the invoice then.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    service_effect = fields.Selection(SERVICE_EFFECTS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Told", readonly=True, help="Who got the activity.")
    is_mailed = fields.Boolean(string="Mailed", readonly=True)

    _once_unique = models.UniqueIndex("(move_id, step_id)", "This step has been applied to the invoice already.")

    @api.model
    def _cron_dun(self):
        """Apply the steps that overdue invoices have come to, each contract by itself."""
        cron = self.env["ir.cron"]
        plan = self._plan()
        cron._commit_progress(remaining=len(plan))
        for contract, steps in plan.items():
            self._apply_safely(contract, steps)
            if not cron._commit_progress(1):
                return

    @api.model
    def _plan(self, domain=()):
        """Return by contract and step the invoices that have come to it, in as many queries as for one."""
        moves = self._get_overdue(Domain(domain))
        steps = self.env["kor.dunning.step"]._get_by_company(moves.company_id)
        engine_steps = {company: own._get_engine_steps() for company, own in steps.items()}
        applied = self._get_applied(moves)
        plan = defaultdict(lambda: defaultdict(moves.browse))
        for move in moves:
            found = collection.next_step(engine_steps[move.company_id], move.invoice_date_due, applied[move])
            if found and found[1] <= move._get_kor_today():
                step = self.env["kor.dunning.step"].browse(found[0].key)
                plan[move.kor_contract_id][step] |= move
        return plan

    @api.model
    def _get_overdue(self, domain):
        """Return the invoices that can be dunned: overdue, undisputed, and together not below the threshold."""
        domain &= Domain("kor_contract_id", "!=", False) & Domain("company_id.kor_dunning", "=", True)
        found = self.env["account.move"].search(
            domain & self.env["account.move"]._get_kor_overdue_domain(), order="invoice_date_due, id"
        )
        overdue = found.filtered(lambda move: move._is_kor_dunnable())
        sums = defaultdict(float)
        for move in overdue:
            sums[move.company_id, move.commercial_partner_id, move.currency_id] += move.amount_residual
        thresholds = self.env["kor.dunning.threshold"]._get_by_currency(overdue.company_id)
        return overdue.filtered(
            lambda move: (
                move.currency_id.compare_amounts(
                    sums[move.company_id, move.commercial_partner_id, move.currency_id],
                    thresholds.get((move.company_id, move.currency_id), 0),
                )
                >= 0
            )
        )

    @api.model
    def _get_applied(self, moves):
        applied = defaultdict(dict)
        for event in self.search([("move_id", "in", moves.ids)]):
            applied[event.move_id][event.step_id.id] = (event.days, event.day)
        return applied

    @api.model
    def _apply_safely(self, contract, steps):
        try:
            with self.env.cr.savepoint():
                for step, moves in steps.items():
                    self._apply(contract, step, moves)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody else was at work on it: the next job looks again.
            self.env.cr.rollback()
        except Exception:
            _logger.exception("Contract %s is left out of dunning", contract.name)

    @api.model
    def _apply(self, contract, step, moves):
        events = self.create(
            [
                {
                    "move_id": move.id,
                    "step_id": step.id,
                    "days": step.days,
                    "day": move._get_kor_today(),
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "service_effect": step.service_effect,
                }
                for move in moves
            ]
        )
        contract._note_collection(events._describe())
        if step.activity_for:
            events.user_id = contract._schedule_collection(
                step.name, events._describe(), finance=step.activity_for == "finance"
            )
        if step.mail_template_id:
            events._mail(step.mail_template_id)

    def _mail(self, template):
        """Write to the customer once, in the customer's language, about all that is open."""
        contract = self.contract_id
        recipient = contract._get_collection_recipient()
        if recipient:
            contract._post_template(template, self[0], recipient, contract._get_collection_author())
            self.is_mailed = True

    def _describe(self):
        """Return the events in one line for staff."""
        step = self.step_id
        return self.env._(
            "Dunning, %(step)s: %(invoices)s.",
            step=step.name,
            invoices=", ".join(
                f"{event.move_id.name} ({event.currency_id.format(event.amount)})" for event in self.sorted("id")
            ),
        )

    def _get_open_invoices(self):
        """Return for the mail what is overdue of the contract, and where to pay each."""
        self.ensure_one()
        invoices = self.contract_id.invoice_ids.filtered(
            lambda move: move._is_kor_dunnable() and move.invoice_date_due <= move._get_kor_today()
        )
        return [
            {
                "name": move.name,
                "date_due": move.invoice_date_due,
                "amount": format_amount(self.env, move.amount_residual, move.currency_id),
                "sentences": move._describe_kor_collection(),
                "url": move._get_kor_pay_url(),
            }
            for move in invoices.sorted("invoice_date_due")
        ]
