from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, split_every

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import backtest, health
from .kor_account_refresh_mixin import CHUNK


class KorHealthBacktest(models.Model):
    """What the score would have foretold: of the accounts that it warned of, how many left, and how early."""

    _name = "kor.health.backtest"
    _inherit = ["kor.input.mixin"]
    _description = "Back-test of Health"
    _order = "id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    model_id = fields.Many2one(
        "kor.health.model",
        string="Measured by",
        help="Empty: the scores as they were. Else the readings are kept, and scored by this model.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), years=1),
    )
    date_to = fields.Date(string="To", required=True, default=fields.Date.context_today)
    horizon_days = fields.Integer(
        string="Horizon (days)", default=90, help="A warning is right where the customer leaves within so many days."
    )
    threshold = fields.Float(default=45.0, help="A score below it is a warning.")
    date_run = fields.Datetime(string="Run on", readonly=True)
    precision = fields.Float(
        string="Precision (%)", readonly=True, aggregator=False, help="Of the accounts warned of, the share that left."
    )
    recall = fields.Float(
        string="Recall (%)", readonly=True, aggregator=False, help="Of those that left, the share that was warned of."
    )
    lead_days = fields.Float(
        string="Lead (days)", readonly=True, aggregator=False, help="Median days from the first warning to the loss."
    )
    caught_count = fields.Integer(string="Foretold", readonly=True, help="Warned of, and left within the horizon.")
    missed_count = fields.Integer(string="Missed", readonly=True, help="Left without a warning within the horizon.")
    false_count = fields.Integer(string="False Alarms", readonly=True, help="Warned of, and stayed.")
    undecided_count = fields.Integer(
        string="Undecided", readonly=True, help="Warned of so late that the horizon goes beyond what is known."
    )
    quiet_count = fields.Integer(string="Quiet", readonly=True, help="Neither warned of nor left.")
    line_ids = fields.One2many("kor.health.backtest.line", "backtest_id", string="Accounts", readonly=True)
    explanation = fields.Text(compute="_compute_explanation")

    @api.constrains("date_from", "date_to", "horizon_days", "threshold")
    def _check_values(self):
        for test in self:
            if test.date_to <= test.date_from:
                raise ValidationError(self.env._("The last day must lie after the first one."))
            if test.horizon_days <= 0:
                raise ValidationError(self.env._("The horizon must be one day or more."))
            if not 0 < test.threshold <= 100:
                raise ValidationError(self.env._("The threshold is a score of more than 0, and 100 at most."))

    def action_run(self):
        """Compare the warnings of the span with what became of the accounts; a result from before is replaced.

        :return: True
        """
        self.check_access("write")
        for test in self:
            test._run()
        return True

    def _run(self):
        self.env.flush_all()
        scores = self._read_scores()
        if not scores:
            raise UserError(
                self.env._(
                    "There are no scores from %(start)s to %(end)s. Choose days from which health was measured.",
                    start=self.date_from,
                    end=self.date_to,
                )
            )
        until = min(self.date_to, fields.Date.context_today(self))
        losses = self._read_losses(list(scores))
        result = backtest.run(scores, losses, to_decimal(self.threshold), self.horizon_days, until)
        self.write(
            {
                "date_run": fields.Datetime.now(),
                "precision": float(round((result.precision or 0) * 100, 2)),
                "recall": float(round((result.recall or 0) * 100, 2)),
                "lead_days": result.lead_days or 0,
                **{f"{name}_count": result.count(name) for name in ("caught", "missed", "false", "undecided", "quiet")},
            }
        )
        self.line_ids.unlink()
        self.env["kor.health.backtest.line"].create([self._prepare_line(one) for one in result.verdicts])

    def _prepare_line(self, verdict):
        return {
            "backtest_id": self.id,
            "account_id": verdict.key,
            "outcome": verdict.outcome,
            "warning_count": len(verdict.warnings),
            "date_warned": verdict.warnings[0] if verdict.warnings else False,
            "date_lost": verdict.lost,
            "lead_days": verdict.lead_days or 0,
        }

    def _read_scores(self):
        """Return {account id: [(day, score)]} of the span: as they were, or by the model that is to be tried."""
        scores = defaultdict(list)
        if not self.model_id:
            for account, day, score in self.env.execute_query(self._select_snapshots(SQL("s.score"))):
                scores[account].append((day, None if score is None else Decimal(str(score))))
            return scores
        weights, bands = self.model_id._get_engine_weights(), self.model_id._get_engine_bands()
        accounts = [account for (account,) in self.env.execute_query(self._select_accounts())]
        # The readings of a year are much: not of all accounts at once.
        for batch in split_every(CHUNK, accounts, list):
            for account, day, parts in self.env.execute_query(self._select_snapshots(SQL("s.components"), batch)):
                readings = {one["component"]: to_decimal(one["reading"]) for one in parts or [] if "reading" in one}
                score = health.measure(readings, weights, bands).score
                scores[account].append((day, None if score is None else to_decimal(float(score))))
        return scores

    def _select_accounts(self):
        return SQL(
            "SELECT DISTINCT account_id FROM kor_health_snapshot WHERE company_id = %s AND date BETWEEN %s AND %s",
            self.company_id.id,
            self.date_from,
            self.date_to,
        )

    def _select_snapshots(self, column, ids=None):
        return SQL(
            """
            SELECT s.account_id, s.date, %s FROM kor_health_snapshot s
             WHERE s.company_id = %s AND s.date BETWEEN %s AND %s AND %s
             ORDER BY s.account_id, s.date
            """,
            column,
            self.company_id.id,
            self.date_from,
            self.date_to,
            SQL("TRUE") if ids is None else SQL("s.account_id = ANY(%s)", ids),
        )

    def _read_losses(self, ids):
        """Return {account id: the day on which it was lost}: the last day of its last contract, if that is over.

        A contract that goes on under another one is no loss, nor is one that was cancelled before its first day.
        """
        query = SQL(
            """
            SELECT a.id, max(c.date_end_effective)
              FROM kor_account a
              JOIN res_partner p ON p.commercial_partner_id = a.partner_id
              JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                                 AND c.date_activated IS NOT NULL
             WHERE a.id = ANY(%(ids)s) AND (c.date_end_effective IS NULL OR c.date_end_effective >= c.date_start)
             GROUP BY a.id
            HAVING bool_and(c.state IN ('ended', 'cancelled') AND c.date_end_effective IS NOT NULL)
               AND max(c.date_end_effective) BETWEEN %(start)s AND %(end)s
            """,
            ids=ids,
            start=self.date_from,
            end=self.date_to,
        )
        return dict(self.env.execute_query(query))

    @api.depends("date_run")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for test in self:
            test.explanation = "\n".join(test._explain()) if test.date_run else ""

    def _get_words(self):
        """Return the figures as sentences name them."""
        return {
            "warned": self.caught_count + self.false_count,
            "lost": self.caught_count + self.missed_count,
            "caught": self.caught_count,
            "false": self.false_count,
            "missed": self.missed_count,
            "undecided": self.undecided_count,
            "horizon": self.horizon_days,
            "threshold": f"{self.threshold:g}",
            "lead": f"{self.lead_days:g}",
            "precision": f"{self.precision:.0f}",
            "recall": f"{self.recall:.0f}",
        }

    def _explain(self):
        """Yield sentences that say what the figures are made of."""
        values = self._get_words()
        yield (
            self.env._(
                "Precision %(precision)s %%: of %(warned)s accounts whose score fell below %(threshold)s, %(caught)s "
                "left within %(horizon)s days; %(false)s stayed.",
                **values,
            )
            if values["warned"]
            else self.env._("No score fell below %(threshold)s early enough to judge: there is no precision.", **values)
        )
        yield (
            self.env._(
                "Recall %(recall)s %%: of %(lost)s accounts that left, %(caught)s had been warned of; %(missed)s "
                "had not.",
                **values,
            )
            if values["lost"]
            else self.env._("No account left in this time: there is no recall.")
        )
        if self.caught_count:
            yield self.env._("Lead: half of the warnings came %(lead)s days or more before the loss.", **values)
        if self.undecided_count:
            yield self.env._(
                "Undecided: %(undecided)s. The warning came less than %(horizon)s days before the end of what is "
                "known, so it counts neither way.",
                **values,
            )
