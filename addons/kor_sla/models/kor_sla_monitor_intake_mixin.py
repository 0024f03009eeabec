import json
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.sql_db import Cursor
from odoo.tools import SQL

from ..engine import payloads, signals

READERS = {"firing": signals.from_alerts, "resolved": signals.from_alerts, "beat": signals.from_beats}
TEST = "kor-test"
# How far ahead maintenance can be planned.
PLANNED = timedelta(days=3650)


class Placed(NamedTuple):
    """A report with what the monitor's rules make of it, ready to be stored."""

    report: payloads.Report
    state: str
    weight: float
    service: models.BaseModel
    start: object
    end: object
    payload: dict


class KorSlaMonitorIntakeMixin(models.AbstractModel):
    """Store what a monitor says, each fact once, and compute its outages from all that it ever said."""

    _name = "kor.sla.monitor.intake.mixin"
    _description = "Intake of Signals"

    def _take_apart(self, payload):
        """Take a message in a transaction in which others at the same time wait for each other.

        The transaction of a request reads from one snapshot: of two messages on one alert, the second would not see
        what the first has stored, or would have to be rolled back and tried again.
        """
        cr = self.env.cr
        if isinstance(cr, Cursor):  # not the one of a test, whose transaction goes on
            # To begin anew: nothing has been written yet.
            cr.commit()  # pylint: disable=invalid-commit
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            self.env.invalidate_all()
        return self.with_user(SUPERUSER_ID)._take(payload)

    def _take(self, payload):
        """Take a message of the monitor.

        :return: `{"accepted": n, "duplicate": n, "rejected": [{"index", "reason"}], "outages": [ids]}`
        """
        self.ensure_one()
        received = fields.Datetime.now()
        placed, rejected = [], []
        try:
            parts = self._read(payload)
        except signals.SignalError as error:
            self._note_contact(received, str(error))
            raise
        for index, (report, part) in enumerate(parts):
            try:
                if isinstance(report, signals.SignalError):
                    raise report
                if report is not None:
                    placed.append(self._place(report, part, received))
            except signals.SignalError as error:
                rejected.append({"index": index, "reason": str(error)})
        stored = self._store(placed, received)
        self._note_contact(received, rejected[0]["reason"] if rejected else False)
        outages = self._sync({one.report.fingerprint for one in placed} if stored else set())
        return {
            "accepted": stored,
            "duplicate": len(placed) - stored,
            "rejected": rejected,
            "outages": outages.ids,
        }

    def _read(self, payload):
        """Return (report, its part of the message) pairs; a report can be a SignalError, or None for no fact."""
        if self.kind == "alertmanager":
            return list(payloads.read_alertmanager(payload))
        if self.kind == "uptime_kuma":
            return [(payloads.read_uptime_kuma(payload), payload)]
        parts = payload.get("outages", [payload]) if isinstance(payload, dict) else payload
        if not isinstance(parts, list) or not parts:
            raise signals.SignalError('This is no outage: send an object, a list of objects or {"outages": [...]}.')
        if len(parts) > payloads.ALERTS:
            raise signals.SignalError(f"These are {len(parts):,} outages: send at most {payloads.ALERTS:,} at once.")
        return [(self._read_outage(part), part) for part in parts]

    def _read_outage(self, part):
        try:
            return payloads.read_outage(part)
        except signals.SignalError as error:
            return error

    def _place(self, report, part, received):
        """Return a report with its meaning and times that can be, or raise SignalError."""
        state, weight, service = self._interpret(report)
        latest, tolerance = received, timedelta(seconds=self.tolerance_seconds)
        if state == "maintenance" and report.status == "stated":
            # Planned, it is still to come.
            latest, tolerance = received + PLANNED, timedelta(0)
        start = signals.settle_time(report.start, latest, tolerance, "start")
        end = signals.settle_time(report.end, latest, tolerance, "end") if report.end else None
        if report.status == "resolved" and end is None:
            # Alertmanager's zero time: the end is when it said so.
            end = received
        if end is not None and end < start:
            # Both cut to the receipt, or clocks that differ: it took no time.
            end = start
        return Placed(report, state, weight, service, start, end, part if isinstance(part, dict) else {})

    def _interpret(self, report):
        """Return the state, the weight and the service that a report means."""
        rule = next((one for one in self.rule_ids if one._fits(report.labels)), None)
        service = (rule and rule.service_id) or self.service_id
        if report.service:
            service = self._find_service(report.service)
        weight = report.weight if report.weight is not None else 1.0
        if report.status == "stated" or report.state in (signals.UP, signals.SILENT, "maintenance"):
            return report.state, weight, service
        state = rule.state if rule else self.state
        return state, rule.weight if rule else weight, service

    def _find_service(self, code):
        company = self.company_id
        service = self.env["kor.sla.service"].search(
            [("code", "=", code), ("company_id", "in", [False, *company.ids] if company else [False])]
        )
        if not service:
            raise signals.SignalError(f"The service “{code}” is unknown: give the code of one, or leave it out.")
        return service

    def _store(self, placed, received):
        """Store the facts that are new, and return how many they are."""
        # In one order, so that two posts wait for each other instead of for ever.
        ordered = sorted(placed, key=lambda one: (one.report.fingerprint, one.report.digest))
        rows = [self._prepare_row(one, received) for one in ordered]
        if not rows:
            return 0
        found = self.env.cr.execute_values(
            """INSERT INTO kor_sla_signal (monitor_id, service_id, fingerprint, digest, status, state, weight,
                   date_start, date_end, claimed_start, claimed_end, received, revision, title, payload)
               VALUES %s ON CONFLICT (monitor_id, fingerprint, digest) DO NOTHING RETURNING id""",
            rows,
            page_size=len(rows),
            fetch=True,
        )
        self.env["kor.sla.signal"].invalidate_model()
        return len(found)

    def _prepare_row(self, one, received):
        return (
            self.id,
            one.service.id,
            one.report.fingerprint,
            one.report.digest,
            one.report.status,
            one.state,
            one.weight,
            one.start,
            one.end,
            one.report.start.isoformat(),
            one.report.end.isoformat() if one.report.end else None,
            received,
            one.report.revision,
            one.report.title,
            json.dumps(one.payload),
        )

    def _note_contact(self, received, error):
        """Write when the monitor was heard last; by SQL, as messages at the same time must not fail on it."""
        self.env.cr.execute(
            SQL(
                """UPDATE kor_sla_monitor SET date_last_signal = %(now)s, last_error = %(error)s
                    WHERE id = %(id)s AND (date_last_signal IS DISTINCT FROM %(now)s
                                           OR last_error IS DISTINCT FROM %(error)s)""",
                now=received,
                error=error or None,
                id=self.id,
            )
        )
        self.invalidate_recordset(["date_last_signal", "last_error"])

    def _sync(self, fingerprints):
        """Compute the outages of alerts from all of their signals; running it again changes nothing.

        :return: the outages that there are now
        """
        outages = self.env["kor.sla.outage"]
        for fingerprint in sorted(fingerprints):
            self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", fingerprint, self.id))
        if not fingerprints:
            return outages
        self.env.invalidate_all()
        domain = [("monitor_id", "=", self.id), ("fingerprint", "in", list(fingerprints))]
        facts = self.env["kor.sla.signal"].search(domain, order="id").grouped("fingerprint")
        known = outages.search(domain).grouped("fingerprint")
        result = outages
        for fingerprint in sorted(facts):
            episodes = self._compute_episodes(facts[fingerprint])
            result |= self._write_episodes(fingerprint, episodes, known.get(fingerprint, outages), facts[fingerprint])
        return result

    @api.model
    def _compute_episodes(self, facts):
        """Return the episodes of one alert."""
        read = READERS.get(facts[0].status, signals.from_statements)
        return read(
            [
                signals.Signal(
                    fact.state,
                    fact.date_start,
                    fact.date_end or None,
                    Fraction(str(fact.weight)),
                    fact.title or "",
                    (fact.revision, fact.received, fact.id),
                )
                for fact in facts
            ]
        )

    def _write_episodes(self, fingerprint, episodes, known, facts):
        """Let the outages of one alert be its episodes, and return them."""
        service = facts.sorted(lambda one: (one.revision, one.received, one.id))[-1].service_id
        pairs, left = self._match(episodes, known)
        result = self.env["kor.sla.outage"]
        for episode, outage in pairs:
            values = self._prepare_episode(fingerprint, episode, service)
            if not outage:
                outage = outage.create({**values, "name": self._name_episode(episode, service)})
                outage._note_opened()
            elif not outage.is_manual:
                outage._take_episode(values)
            result |= outage
        # What people have worked on stays: where it overlaps, its time counts once anyway.
        untouched = left.filtered(lambda one: not (one.is_manual or one.is_excluded or one.note or one.cause))
        untouched._as_signalled().unlink()
        return result

    @api.model
    def _match(self, episodes, known):
        """Return (episode, its outage or an empty one) pairs, and the outages that belong to none.

        An outage keeps its record when an earlier signal comes late and moves its start.
        """
        by_key, left = {one.key: one for one in known}, known
        pairs = []
        for episode in episodes:
            outage = by_key.get(episode.key, known.browse())
            left -= outage
            pairs.append((episode, outage))
        for position, (episode, outage) in enumerate(pairs):
            if not outage:
                near = left.filtered(lambda one, episode=episode: _overlaps(one, episode))[:1]
                left -= near
                pairs[position] = (episode, near)
        return pairs, left

    def _prepare_episode(self, fingerprint, episode, service):
        return {
            "monitor_id": self.id,
            "service_id": service.id,
            "fingerprint": fingerprint,
            "key": episode.key,
            "state": episode.state,
            "weight": float(episode.weight),
            "date_start": episode.start,
            "date_end": episode.end or False,
            "monitor_text": episode.title,
        }

    @api.model
    def _name_episode(self, episode, service):
        # What a monitor says names hosts and addresses: customers read a sentence of our own.
        return service._describe_outage(episode.state)

    def _take_test(self, now):
        """Take a signal that means no outage, as the monitor would send it."""
        report = payloads.Report(TEST, "beat", "none", now, None, "Test", {})
        placed = self._place(report, {"test": True}, now)
        stored = self._store([placed], now)
        self._note_contact(now, False)
        self._sync({TEST})
        return stored


def _overlaps(outage, episode):
    begins_before_end = episode.end is None or outage.date_start < episode.end
    return begins_before_end and (not outage.date_end or outage.date_end > episode.start)
