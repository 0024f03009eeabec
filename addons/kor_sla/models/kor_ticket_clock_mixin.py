from datetime import timedelta

from pytz import timezone, utc

from odoo import api, fields, models

from ..engine import clock as engine

# Working time is read ahead that far; where a deadline lies beyond it, further.
HORIZONS = (timedelta(days=45), timedelta(days=400), timedelta(days=4000))
# Shares of the promised time at which somebody is warned, and at which it is over.
WARNINGS = (75, 90)
FOREVER = "always"


class KorTicketClockMixin(models.AbstractModel):
    """Compute the clocks of tickets from their events, many tickets at a time."""

    _name = "kor.ticket.clock.mixin"
    _description = "Clocks of Tickets"

    def _get_ticket_agreement(self):
        """Return what the contract promised on the day on which the ticket was opened."""
        self.ensure_one()
        return self._get_ticket_agreements()[self]

    def _get_ticket_agreements(self):
        """Return the agreement of each ticket: the version of the day on which it was opened."""
        tickets_sudo = self.sudo()  # customers act on their tickets too, and cannot read agreements
        days = {}
        # A slice of the events would be read by itself, ticket by ticket.
        tickets_sudo.sla_event_ids.fetch(["date", "kind", "priority", "reason_id"])
        for ticket in tickets_sudo:
            opened = ticket.sla_event_ids[:1].date or fields.Datetime.now()
            contract = ticket.kor_contract_id
            days[ticket.id] = utc.localize(opened).astimezone(timezone(contract.tz or "UTC")).date()
        found = {}
        contracts = tickets_sudo.kor_contract_id
        if contracts:
            versions = contracts._get_sla_agreements(min(days.values()), max(days.values()))
            for ticket in tickets_sudo:
                found[ticket.id] = next(
                    (
                        agreement
                        for agreement, first, last in versions.get(ticket.kor_contract_id, ())
                        if first <= days[ticket.id] <= last
                    ),
                    tickets_sudo.env["kor.sla.agreement"],
                )
        nothing = tickets_sudo.env["kor.sla.agreement"]
        return {ticket: found.get(ticket.id, nothing) for ticket in self}

    def _sync_clocks(self, now=None, stopped_too=False):
        """Let the clocks of the tickets say what follows from their events; running it again changes nothing.

        A clock that has stopped keeps what it showed, unless what follows from the events has another end: holidays
        that are entered later do not rewrite what was measured. `stopped_too` recomputes these as well.
        """
        tickets = self.sudo().filtered("kor_contract_id")  # clocks are computed for whoever acts; nobody writes them
        if tickets:
            now = (now or fields.Datetime.now()).replace(microsecond=0)
            self.env["kor.sla.clock"].sudo()._store_clocks(tickets._run_engine(now), now, stopped_too)  # likewise
            tickets._follow_events()

    def _watch_ticket(self):
        """Say what the clocks of the ticket have reached, and find out when to look again."""
        self.ensure_one()
        now = fields.Datetime.now()
        ticket = self.sudo()  # as the clocks
        computed = ticket._run_engine(now)
        clocks = self.env["kor.sla.clock"].sudo()  # likewise
        clocks._store_clocks(computed, now)
        for clock in ticket.sla_clock_ids.filtered(lambda one: one.date_watch and one.date_watch <= now):
            clock._watch()
        clocks._store_clocks(computed, now)

    def _run_engine(self, now):
        """Return for each ticket its clocks as they stand: their values, and what counts their time."""
        agreements = self._get_ticket_agreements()
        promises = {agreement: agreement._get_promises() for agreement in set(agreements.values()) if agreement}
        first = min((ticket.sla_event_ids[:1].date for ticket in self if ticket.sla_event_ids), default=now)
        results, rest = dict.fromkeys(self, ()), self.filtered(lambda ticket: agreements[ticket])
        for horizon in HORIZONS:
            worktimes = self._get_worktimes({agreements[ticket] for ticket in rest}, first, now + horizon)
            for ticket in rest:
                agreement = agreements[ticket]
                results[ticket] = ticket._run_ticket(agreement, promises[agreement], worktimes[agreement], now)
            rest = rest.filtered(
                lambda ticket: any(one["state"] == "running" and not one["deadline"] for one, _ in results[ticket])
            )
            if not rest:
                break
        return results

    def _run_ticket(self, agreement, promises, worktimes, now):
        """Return values and working time of each clock of the ticket."""
        events = [
            engine.Event(event.date, event.kind, event.priority or None, event.reason_id.pauses_response)
            for event in self.sla_event_ids
        ]
        clocks = []
        for clock in engine.run(events, promises, worktimes, now, agreement.reopening):
            hours = promises[clock.priority].hours
            values = {
                "task_id": self.id,
                "contract_id": self.kor_contract_id.id,
                "agreement_id": agreement.id,
                "calendar_id": agreement._get_worktime_calendar(hours).id,
                "kind": clock.kind,
                "number": clock.number,
                "priority": clock.priority,
                "target_minutes": clock.target_seconds // 60,
                "date_start": clock.start,
                "deadline": clock.due or False,
                "date_stop": clock.stop or False,
                "used_seconds": clock.used_seconds,
                "state": clock.state,
                "date_breached": clock.breached_at or False,
            }
            clocks.append((values, worktimes[hours]))
        return clocks

    @api.model
    def _get_worktimes(self, agreements, start, end):
        """Return the service time of each agreement by kind of hours, each calendar read once.

        Hours and holidays are read as the agreement's company has them: another company's holiday is none here.
        """
        read, worktimes = {}, {}
        for agreement in agreements:
            worktimes[agreement] = {}
            for hours in ("support", FOREVER):
                calendar = agreement._get_worktime_calendar(hours)
                if not calendar:
                    worktimes[agreement][hours] = engine.WorkTime.always()
                    continue
                zone = agreement._get_tz()
                key = (calendar, zone, agreement.company_id)
                if key not in read:
                    read[key] = calendar._get_kor_worktime(zone, agreement.company_id, start, end)
                worktimes[agreement][hours] = read[key]
        return worktimes

    @api.depends("kor_contract_id", "sla_event_ids.kind", "sla_event_ids.priority", "sla_event_ids.date")
    def _compute_ticket_state(self):
        for ticket in self:
            is_ticket = ticket.kor_contract_id and ticket.sla_event_ids
            ticket.ticket_state, ticket.ticket_priority = (
                ticket._get_state_from_events() if is_ticket else (False, False)
            )

    @api.depends(
        "sla_clock_ids.state",
        "sla_clock_ids.deadline",
        "sla_clock_ids.date_stop",
        "sla_clock_ids.used_seconds",
        "sla_clock_ids.target_minutes",
    )
    def _compute_sla_state(self):
        for ticket in self:
            running = ticket.sla_clock_ids.filtered(lambda clock: not clock.date_stop)
            ticket.sla_deadline = min((clock.deadline for clock in running if clock.deadline), default=False)
            ticket.sla_state = ticket._get_sla_state(running)

    def _get_sla_state(self, running):
        """Return how the ticket stands: as its worst clock that still runs does, or as they all ended."""
        if not running:
            states = set(self.sla_clock_ids.mapped("state"))
            return "missed" if "breached" in states else "met" if states else False
        if "breached" in running.mapped("state"):
            return "breached"
        used = max(clock.used_seconds * 100 / (clock.target_minutes * 60 or 1) for clock in running)
        if "running" not in running.mapped("state"):
            return "paused"
        return "critical" if used >= WARNINGS[1] else "warning" if used >= WARNINGS[0] else "on_track"

    @api.depends("sla_deadline", "sla_clock_ids.deadline")
    def _compute_sla_time_left(self):
        clocks = self.sla_clock_ids.filtered(lambda clock: not clock.date_stop and clock.deadline)
        first = {}
        for clock in clocks.sorted("deadline", reverse=True):
            first[clock.task_id] = clock
        for ticket in self:
            ticket.sla_time_left = first[ticket].time_left if ticket in first else ""

    def _get_ticket_values(self):
        """Return the ticket as plain values."""
        self.ensure_one()
        plain = fields.Datetime.to_string
        return {
            "id": self.id,
            "ticket": self.ticket_number or "",
            "contract": self.kor_contract_id.name,
            "state": self.ticket_state,
            "priority": int(self.ticket_priority),
            "deadline": plain(self.sla_deadline) or "",
            "clocks": [
                {
                    "kind": clock.kind,
                    "number": clock.number,
                    "priority": int(clock.priority),
                    "target_minutes": clock.target_minutes,
                    "date_start": plain(clock.date_start),
                    "deadline": plain(clock.deadline) or "",
                    "date_stop": plain(clock.date_stop) or "",
                    "used_seconds": clock.used_seconds,
                    "state": clock.state,
                }
                for clock in self.sla_clock_ids.sorted(lambda one: (one.date_start, one.kind, one.number))
            ],
        }
