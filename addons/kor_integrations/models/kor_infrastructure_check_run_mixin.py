import json
from collections import defaultdict
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine.infrastructure_checks import Outcome, Turn, follow
from ..tools import infrastructure_probe
from ..tools.guarded_http import get_allowed
from .kor_infrastructure_state_mixin import WATCHED

BATCH = 200
CONTRACTS = ("active", "paused")


class KorInfrastructureCheckRunMixin(models.AbstractModel):
    """Make checks: claim them, look without a transaction, write what was found in a batch."""

    _name = "kor.infrastructure.check.run.mixin"
    _description = "Making of Checks"

    @api.model
    def _get_watched_domain(self):
        return Domain("infrastructure_id.state", "in", WATCHED) & Domain(
            "infrastructure_id.contract_id.state", "in", CONTRACTS
        )

    def _is_watched(self):
        self.ensure_one()
        infrastructure_sudo = self.infrastructure_id.sudo()  # the state of the contract only
        return infrastructure_sudo.state in WATCHED and infrastructure_sudo.contract_id.state in CONTRACTS

    @api.model
    def _cron_run_checks(self):
        """Make the checks that are due."""
        cron = self.env["ir.cron"]
        domain = self._get_watched_domain() & Domain("date_next", "<=", fields.Datetime.now())
        remaining = self.search_count(domain)
        while remaining:
            due = self.search(domain, order="date_next, id", limit=BATCH).try_lock_for_update()
            due = due._claim()
            if not due:
                break
            # What is claimed is not due any more, whatever becomes of this job; nothing is locked while it looks.
            cron._commit_progress(remaining=max(remaining - len(due), 0))
            due._run()
            remaining = self.search_count(domain)
            if not cron._commit_progress(len(due), remaining=remaining):
                break

    def _claim(self):
        """Note when the checks are due next, and return them."""
        now = fields.Datetime.now()
        for check in self:
            check._as_engine().write({"date_next": now + timedelta(minutes=check.interval)})
        return self

    def _run(self):
        """Look, and write what was found."""
        checks = self.filtered(lambda one: one._is_watched())
        outcomes = checks._look()
        # Others may have changed them meanwhile, or are just writing what they have found.
        self.env.invalidate_all()
        checks.try_lock_for_update()._take_outcomes(outcomes)

    def _look(self):
        """Return the outcomes of the checks by their ids."""
        silent = self.filtered(lambda one: one.kind == "heartbeat")
        now = fields.Datetime.now()
        outcomes = {check.id: check._look_for_readings(now) for check in silent}
        others = self - silent
        probes = [check._prepare_probe() for check in others]
        found = infrastructure_probe.run(probes, get_allowed(self.env))
        return outcomes | dict(zip(others.ids, found, strict=True))

    def _prepare_probe(self):
        return infrastructure_probe.Probe(
            self.kind,
            self.url or "",
            (self.host or "").strip(),
            self.port,
            self.expected_status,
            self.expected_text or "",
            self.timeout,
        )

    def _look_for_readings(self, now):
        if not self._is_over_silence(now):
            return Outcome(now, True)
        return Outcome(now, False, self.env._("No reading came for %(count)s minutes.", count=self.silence))

    def _take_outcomes(self, outcomes):
        """Write what was found of checks, count it, and let outages and states follow.

        :param outcomes: {check id: Outcome}
        """
        turns = {}
        for check in self:
            turn = check._take_outcome(outcomes[check.id])
            if turn:
                turns[check] = turn
        self.env["kor.infrastructure.check.day"]._add({check.id: outcomes[check.id] for check in self})
        self._take_turns(turns)
        self.filtered("has_readings")._take_readings(outcomes)

    def _take_outcome(self, outcome):
        """Write an outcome and return the turn that it made, if any."""
        values = {
            "date_last": outcome.time,
            "last_message": outcome.message or False,
            "last_milliseconds": outcome.milliseconds,
            "is_unusable": outcome.is_good is None,
        }
        turn = None
        if outcome.is_good is not None:
            streak, turn = follow(self._get_streak(), outcome, self.failures, self.successes)
            values |= {"is_down": streak.is_down, "streak": streak.count, "date_streak": streak.since or False}
        if turn:
            values["date_down"] = turn.time if turn.is_down else False
        self._as_engine().write(values)
        return turn

    def _take_turns(self, turns):
        """Tell the service level machinery which checks went down or up, by infrastructure."""
        by_infrastructure = defaultdict(dict)
        for check, turn in turns.items():
            by_infrastructure[check.infrastructure_id][check] = turn
        # One by one: each has a monitor of its own, and turns are rare.
        for infrastructure, own in by_infrastructure.items():
            infrastructure._take_turns(own)

    def _prepare_signal(self, turn):
        """Return what the monitor is told of a turn."""
        self.ensure_one()
        state = self.impact if turn.is_down else "up"
        return {
            "check": self.id,
            "state": state,
            "time": turn.time.replace(tzinfo=UTC).isoformat(),
            "weight": self.weight if state == "degraded" else 1.0,
            "title": f"{self.name}: {self.last_message or ''}".rstrip(": ")[:250] if turn.is_down else self.name,
        }

    def _take_readings(self, outcomes):
        """Take the readings that came as the answer of checks."""
        for check in self.filtered(lambda one: outcomes[one.id].is_good):
            outcome = outcomes[check.id]
            reasons = []
            try:
                answer = check.infrastructure_id._push(check._read_answer(outcome))
                reasons = [one["reason"] for one in answer["rejected"]]
            except (ValueError, RecursionError):
                reasons = [self.env._("The answer holds no readings: it is no JSON with a list “readings”.")]
            except UserError as error:
                reasons = [str(error)]
            if reasons:
                check._as_engine().write({"last_message": reasons[0]})

    def _read_answer(self, outcome):
        """Return the plain readings of an answer; those without a time are of the moment of the check."""
        answer = json.loads(outcome.body)
        readings = answer.get("readings") if isinstance(answer, dict) else answer
        if not isinstance(readings, list):
            raise ValueError
        moment = f"{outcome.time.isoformat()}Z"
        return [{"time": moment, **one} if isinstance(one, dict) else one for one in readings]

    def _end_outages(self):
        """End the outages of checks that are not made any more: nobody would say when they are over."""
        now = fields.Datetime.now()
        down = self.filtered("is_down")
        # First: the state of the infrastructure follows what is down then.
        down._as_engine().write({"is_down": False, "date_down": False, "streak": 0, "date_streak": False})
        self._take_turns({check: Turn(False, now) for check in down})
