import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

from odoo.addons.kor_enterprise_tiers.tools import insist

from ..engine import health
from .kor_account_refresh_mixin import CHUNK

_logger = logging.getLogger(__name__)

MAX_TRIES = 3
TREND_DAYS = 30
# Where there is no snapshot of that day, the last one of the week before it is compared.
TREND_SLACK = 7


class KorAccountHealthMixin(models.AbstractModel):
    """Measure the health of accounts and keep it by the day: a chunk takes as many queries as one account."""

    _name = "kor.account.health.mixin"
    _inherit = ["kor.account.refresh.mixin", "kor.health.reading.service.mixin"]
    _description = "Health of Accounts"

    @api.model
    def _cron_snapshot(self, chunk=CHUNK):
        """Bring accounts up to date and note their health of today: those of which that has not been done yet.

        In chunks that commit: what was cut off is simply continued.
        """
        cron = self.env["ir.cron"]
        lacking = self._find_customers_without_account()
        # How many there are to measure is known when all are there.
        cron._commit_progress(remaining=len(lacking) + 1)
        for batch in split_every(chunk, lacking, list):
            self._open_for(batch)
            if not cron._commit_progress(len(batch)):
                return
            self.env.invalidate_all()
        self._sync_active()._refresh_aggregates()
        pending = self._find_pending()
        cron._commit_progress(1, remaining=sum(len(ids) for ids in pending.values()))
        for day, ids in pending.items():
            for batch in split_every(chunk, ids):
                self.browse(batch)._work_insistently(day)
                if not cron._commit_progress(len(batch)):
                    return
                # What was read of one chunk is of no use to the next.
                self.env.invalidate_all()

    def _work_insistently(self, day):
        """Do a chunk, from the start again where somebody else has written one of its accounts meanwhile."""

        def work():
            # Many short look-ups: to compile them takes longer than to run them.
            self.env.cr.execute("SET LOCAL jit TO off")
            self._work_halves(day)

        insist(self.env, work, MAX_TRIES)

    def _work_halves(self, day):
        """Do a chunk; where it fails, halve it until the account that fails stands alone, and is left out."""
        try:
            with self.env.cr.savepoint():
                self._refresh_aggregates()
                self._take_snapshots(day)
            return
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            if len(self) == 1:
                # The others must not wait for it; it is tried again with the next job.
                _logger.exception("%s is left out: its health of %s was not measured", self.display_name, day)
                return
        middle = len(self) // 2
        for half in (self[:middle], self[middle:]):
            half._work_halves(day)

    @api.model
    def _find_pending(self):
        """Return by day the accounts without a snapshot of it, which is today where their company is."""
        self.env.flush_all()
        days = self._get_company_days()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.day, array_agg(a.id ORDER BY a.id)
                  FROM kor_account a
                  JOIN unnest(%s::int[], %s::date[]) AS d(company_id, day) ON d.company_id = a.company_id
                 WHERE a.active
                   AND NOT EXISTS (SELECT FROM kor_health_snapshot s WHERE s.account_id = a.id AND s.date = d.day)
                 GROUP BY d.day
                """,
                list(days),
                list(days.values()),
            )
        )
        return dict(rows)

    def action_measure_health(self):
        """Measure the health of the accounts now, in place of today's snapshot.

        :return: True
        """
        self.check_access("write")
        accounts_sudo = self.sudo()  # health is made of invoices, tickets and messages that not every manager may read
        accounts_sudo._refresh_aggregates()
        days = self._get_company_days()
        for day, accounts in accounts_sudo.grouped(lambda account: days[account.company_id.id]).items():
            accounts._take_snapshots(day)
        return True

    def _take_snapshots(self, day):
        """Note the health of the accounts on a day, in place of what was noted of it before."""
        before = {account: account.health_band for account in self}
        measured = self._measure(day)
        self.env.cr.execute(self._upsert_snapshots(day, measured))
        self.env.cr.execute(self._update_from_snapshots(day))
        self.invalidate_recordset()
        self.env["kor.health.snapshot"].invalidate_model()
        self._note_changed_bands(before)
        self._follow_health(day)

    def _follow_health(self, day):
        """Do what follows from new health of many accounts. Extensible; it must not query for each of them."""

    def _measure(self, day):
        """Return {account: (model, engine Health, {component: facts})}; an account without a model is left out."""
        self.env.flush_all()
        models_by_account = self.env["kor.health.model"]._find_models(self)
        terms = {
            model: (model._get_engine_weights(), model._get_engine_bands()) for model in models_by_account.values()
        }
        readings = self._read_components(day, {one.component for weights, _bands in terms.values() for one in weights})
        measured = {}
        for account, model in models_by_account.items():
            weights, bands = terms[model]
            found = {name: rows[account.id] for name, rows in readings.items() if account.id in rows}
            values = {name: reading for name, (reading, _facts) in found.items()}
            facts = {name: facts for name, (_reading, facts) in found.items()}
            measured[account] = (model, health.measure(values, weights, bands), facts)
        return measured

    def _read_components(self, day, components):
        """Return {component: {account id: (reading, facts)}}, by the reader of each component."""
        return {name: getattr(self, f"_read_{name}")(day) for name in sorted(components)}

    @api.model
    def _dump_parts(self, result, facts):
        """Return the parts of a health as plain JSON, those that take away most first; unknown ones have no reading."""
        return [
            {
                "component": part.component,
                "weight": float(part.weight),
                **(
                    {}
                    if part.score is None
                    else {
                        "reading": float(part.reading),
                        "score": float(round(part.score, 2)),
                        "points": float(round(part.points, 2)),
                        "lost": float(round(part.lost, 2)),
                        "facts": facts.get(part.component, {}),
                    }
                ),
            }
            for part in result.parts
        ]

    @api.model
    def _upsert_snapshots(self, day, measured):
        """Return the statement that writes the snapshots of a day, in place of those that there are."""
        rows = [
            (
                account.id,
                model.id,
                None if result.score is None else float(round(result.score, 4)),
                float(round(result.coverage, 4)),
                result.band,
                json.dumps(self._dump_parts(result, facts)),
            )
            for account, (model, result, facts) in measured.items()
        ]
        return SQL(
            """
            INSERT INTO kor_health_snapshot (account_id, company_id, date, model_id, score, coverage, band, components)
            SELECT a.id, a.company_id, %s, n.model_id, n.score, n.coverage, n.band, n.components::jsonb
              FROM unnest(%s::int[], %s::int[], %s::float[], %s::float[], %s::text[], %s::text[])
                   AS n(account_id, model_id, score, coverage, band, components)
              JOIN kor_account a ON a.id = n.account_id
                ON CONFLICT (account_id, date) DO UPDATE
               SET (model_id, score, coverage, band, components) =
                   (excluded.model_id, excluded.score, excluded.coverage, excluded.band, excluded.components)
            """,
            day,
            *(list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 6,
        )

    def _update_from_snapshots(self, day):
        """Return the statement that shows the snapshots of a day on the accounts, unless there is a later one."""
        return SQL(
            """
            UPDATE kor_account a
               SET (health_score, health_coverage, health_band, health_trend) =
                   (s.score, s.coverage, s.band, s.score - (
                       SELECT b.score FROM kor_health_snapshot b
                        WHERE b.account_id = a.id AND b.date <= %(before)s AND b.date > %(earliest)s
                          AND b.score IS NOT NULL
                        ORDER BY b.date DESC LIMIT 1))
              FROM kor_health_snapshot s
             WHERE s.account_id = a.id AND s.date = %(day)s AND a.id = ANY(%(ids)s)
               AND NOT EXISTS (SELECT FROM kor_health_snapshot l WHERE l.account_id = a.id AND l.date > %(day)s)
            """,
            ids=self.ids,
            day=day,
            before=day - timedelta(days=TREND_DAYS),
            earliest=day - timedelta(days=TREND_DAYS + TREND_SLACK),
        )

    def _note_changed_bands(self, before):
        """Write into the history of accounts that they have come into another band, and why."""
        changed = self.filtered(lambda one: before[one] != one.health_band and before[one] != "unknown")
        labels = dict(self._fields["health_band"]._description_selection(self.env))
        bodies = {
            account.id: self.env._(
                "Health: %(before)s → %(after)s. %(reason)s",
                before=labels[before[account]],
                after=labels[account.health_band],
                reason=account.health_reason or "",
            ).strip()
            for account in changed
        }
        if changed:
            changed._message_log_batch(bodies)

    def _explain_health(self):
        """Return the health of one account now, measured but not kept, as plain JSON with the reasons in words."""
        self.ensure_one()
        day = self._get_company_days()[self.company_id.id]
        measured = self._measure(day).get(self)
        if not measured:
            raise UserError(
                self.env._(
                    "There is no health model for %(account)s. Make one for all tiers under Configuration.",
                    account=self.display_name,
                )
            )
        _model, result, facts = measured
        known = {} if result.score is None else {"score": float(round(result.score, 2))}
        parts = self._dump_parts(result, facts)
        return {
            "account": self.partner_id.name,
            "date": fields.Date.to_string(day),
            "band": result.band,
            "coverage": float(round(result.coverage, 2)),
            **known,
            "parts": [{**part, "reason": self._describe_part(part)} for part in parts],
        }
