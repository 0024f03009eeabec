from odoo import api, fields, models
from odoo.fields import Domain

from .kor_sla_target import PRIORITIES

KINDS = [("response", "First response"), ("next_response", "Next response"), ("resolution", "Resolution")]
OPEN = Domain("date_stop", "=", False)


class KorSlaClock(models.Model):
    """A promised time of a ticket, computed from its events: nobody writes it."""

    _name = "kor.sla.clock"
    _inherit = ["kor.clock.watch.mixin", "kor.sla.fact.mixin"]
    _description = "SLA Clock"
    _order = "deadline, id"
    _rec_name = "task_id"

    task_id = fields.Many2one("project.task", string="Ticket", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="restrict")
    agreement_id = fields.Many2one("kor.sla.agreement", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="agreement_id.tier_id", store=True)
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Hours",
        index="btree_not_null",
        ondelete="restrict",
        help="In which its time runs. Empty: around the clock.",
    )
    kind = fields.Selection(KINDS, required=True)
    number = fields.Integer(help="The first, second … of its kind on the ticket.", aggregator=None)
    priority = fields.Selection(PRIORITIES, required=True)
    target_minutes = fields.Integer(string="Target (minutes)", required=True, aggregator="avg")
    date_start = fields.Datetime(string="Started", required=True, index=True)
    deadline = fields.Datetime(index="btree_not_null", help="Empty while the clock is paused.")
    date_stop = fields.Datetime(string="Stopped")
    used_seconds = fields.Integer(
        string="Used (seconds)", aggregator="avg", help="Service time without pauses, up to the stop."
    )
    used_percent = fields.Float(
        string="Used (%)", compute="_compute_used", help="How much of the promised time is over by now; 100: all of it."
    )
    time_left = fields.Char(compute="_compute_used", help="Service time until the deadline.")
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("met", "Met"), ("breached", "Breached")],
        required=True,
        default="running",
        index=True,
        help="Breached: not stopped by the deadline, whether it is stopped by now or not.",
    )
    date_breached = fields.Datetime(string="Breached on", help="When the deadline passed.")

    _task_kind_unique = models.UniqueIndex(
        "(task_id, kind, number)", "A ticket has one first, second … clock of a kind."
    )

    @api.depends("used_seconds", "target_minutes", "date_stop", "state")
    def _compute_used(self):
        """Show how the clocks stand at this moment; what is stored is as of the last event."""
        now = fields.Datetime.now()
        tickets_sudo = self.sudo().filtered(lambda clock: not clock.date_stop).task_id  # agreements set the hours
        fresh = tickets_sudo._run_engine(now) if tickets_sudo else {}
        used = {
            (ticket.id, values["kind"], values["number"]): values["used_seconds"]
            for ticket, rows in fresh.items()
            for values, _worktime in rows
        }
        for clock in self:
            spent = used.get((clock.task_id.id, clock.kind, clock.number), clock.used_seconds)
            target = clock.target_minutes * 60
            clock.used_percent = min(100.0 * spent / target, 100.0) if target else 0.0
            clock.time_left = "" if clock.date_stop else self._describe_left(target - spent)

    def action_open_ticket(self):
        """Open the ticket of the clock.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.ticket_action")
        form = (self.env.ref("project.view_task_form2").id, "form")
        return {**action, "view_mode": "form", "views": [form], "res_id": self.task_id.id}

    @api.model
    def _describe_left(self, seconds):
        text = self._describe_minutes(abs(seconds) // 60)
        return self.env._("%(time)s late", time=text) if seconds < 0 else text

    @api.model
    def _describe_minutes(self, minutes):
        hours, minutes = divmod(minutes, 60)
        if not hours:
            return self.env._("%(minutes)s min", minutes=minutes)
        return (
            self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
            if minutes
            else self.env._("%(hours)s h", hours=hours)
        )

    @api.model
    def _store_clocks(self, computed, now, stopped_too=False):
        """Make the stored clocks of the tickets those that were computed, writing no more than what differs."""
        tickets = self.env["project.task"].union(*computed)
        stored = {(clock.task_id.id, clock.kind, clock.number): clock for clock in tickets.sla_clock_ids}
        missing, moments = [], set()
        for values, worktime in (one for rows in computed.values() for one in rows):
            clock = stored.pop((values["task_id"], values["kind"], values["number"]), self.browse())
            keeps = clock.date_stop and clock.date_stop == values["date_stop"] and not stopped_too
            values = {} if keeps else dict(values)
            values["date_watch"] = clock._get_next_watch(values, worktime, now)
            if values["date_watch"] and values["date_watch"] != clock.date_watch:
                moments.add(values["date_watch"])
            if clock:
                clock._write_changes(values)
            else:
                missing.append(values)
        self.create(missing)
        self.concat(*stored.values()).unlink()
        self._wake_watch(moments)

    def _write_changes(self, values):
        present = {name: self._fields[name].convert_to_write(self[name], self) for name in values}
        changes = {name: value for name, value in values.items() if present[name] != value}
        if changes:
            self.write(changes)

    @api.model
    def _get_open_calendars(self, companies):
        """Return the calendars of the companies in which a clock runs."""
        domain = OPEN & Domain("company_id", "in", companies.ids) & Domain("calendar_id", "!=", False)
        clocks_sudo = self.sudo()  # whoever enters a holiday, it holds for every ticket
        return clocks_sudo._read_group(domain, [], ["calendar_id:recordset"])[0][0]

    @api.model
    def _recompute_calendars(self, calendars):
        """Compute the open clocks anew whose hours have changed; those that have stopped stay as they were."""
        if not calendars:
            return
        clocks_sudo = self.sudo()  # whoever changes working time, it holds for every ticket
        tickets = clocks_sudo.search(OPEN & Domain("calendar_id", "in", calendars.ids)).task_id
        # Hours are cached with the calendar: what was changed just now is to be read.
        self.env.flush_all()
        tickets._sync_clocks()

    @api.model
    def _get_reported_fields(self):
        return {"state", "date_stop", "date_breached", "used_seconds", "target_minutes", "priority"}

    def _get_reported_span(self):
        moment = self.date_breached if self.state == "breached" else self.date_stop
        return (self.contract_id, moment, moment) if moment else None
