import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from .kor_ticket_clock_mixin import WARNINGS

_logger = logging.getLogger(__name__)
BREACH = 100
# How long a ticket rests whose escalation could not be carried out.
RETRY = timedelta(minutes=15)


class KorClockWatchMixin(models.AbstractModel):
    """Warn before a promised time is over, say when it is, and call in others; each once, whenever it is noticed."""

    _name = "kor.clock.watch.mixin"
    _description = "Watch of Clocks"

    date_watch = fields.Datetime(
        string="Next Check", index="btree_not_null", help="When the clock reaches its next warning, breach or step."
    )
    watched_percent = fields.Integer(string="Checked up to (%)", aggregator=None)

    def _get_next_watch(self, values, worktime, now):
        """Return the moment at which the clock is to be looked at again; False where there is none."""

        def value(name):
            return values[name] if name in values else self[name]

        if value("date_stop"):
            # A breach that nobody noticed while it ran is still said, once.
            missed = value("state") == "breached" and self.watched_percent < BREACH
            return (self.date_watch or now) if missed else False
        if value("state") == "paused":
            return False
        target, used, moments = value("target_minutes") * 60, value("used_seconds"), []
        agreement = self.env["kor.sla.agreement"].browse(value("agreement_id"))
        for percent in self._get_levels(agreement, value("kind")):
            if percent <= self.watched_percent:
                continue
            if percent == BREACH:
                # Due at closing time is kept at closing time: broken is what is later.
                deadline = value("deadline")
                moments.append(deadline and deadline + timedelta(seconds=1))
            else:
                moments.append(worktime.due(now, -(-target * percent // 100) - used))
        moment = min((one for one in moments if one), default=False)
        overdue = moment and moment <= now and self.date_watch and self.date_watch <= now
        return self.date_watch if overdue else moment

    @api.model
    def _get_steps(self, agreement, kind):
        return agreement.support_level_id.escalation_step_ids.filtered(lambda step: step.clock in ("any", kind))

    @api.model
    def _get_levels(self, agreement, kind):
        """Return the percentages at which something happens to a clock of the agreement."""
        return sorted({*WARNINGS, BREACH, *self._get_steps(agreement, kind).mapped("percent")})

    @api.model
    def _wake_watch(self, moments):
        """Let the job run at these moments."""
        job = self.env.ref("kor_sla.ir_cron_watch_clocks", raise_if_not_found=False)
        if job and moments:
            job.sudo()._trigger(at=sorted(moments))  # whoever acts on a ticket, the job watches its clocks

    @api.model
    def _cron_watch_clocks(self, batch_size=50):
        """Look at the clocks that have reached a moment, a few tickets at a time; what was missed is caught up."""
        domain = [("date_watch", "<=", fields.Datetime.now())]
        clocks = self.search(domain, order="date_watch, id", limit=batch_size * 4)
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        self._watch_all(clocks.task_id[:batch_size].ids)

    @api.model
    def _watch_all(self, task_ids):
        """Look at tickets one by one; what was said of one is kept, whatever becomes of the next."""
        for task_id in task_ids:
            ticket = self.env["project.task"].browse(task_id).try_lock_for_update()
            due = len(ticket.sla_clock_ids.filtered("date_watch"))
            if ticket:
                self._watch_or_rest(ticket)
            if not self.env["ir.cron"]._commit_progress(due):
                break

    @api.model
    def _watch_or_rest(self, ticket):
        try:
            with self.env.cr.savepoint():
                ticket._watch_ticket()
        except Exception:
            # One ticket that cannot be told of keeps no other from it.
            _logger.exception("The escalation of ticket %s failed; it is tried again later.", ticket.ticket_number)
            ticket.invalidate_recordset()
            late = ticket.sla_clock_ids.filtered(lambda clock: clock.date_watch)
            late.date_watch = fields.Datetime.now() + RETRY

    def _watch(self):
        """Say and do what the clock's share of used time asks for, and has not been done."""
        self.ensure_one()
        levels = self._get_levels(self.agreement_id, self.kind)
        reached = [percent for percent in levels if percent > self.watched_percent and self._has_reached(percent)]
        if self.date_stop:
            reached = [percent for percent in reached if percent == BREACH]
        if reached:
            if BREACH in reached:
                self._say_breached()
            elif said := [percent for percent in reached if percent in WARNINGS]:
                self._warn(said)
            self._escalate(reached)
            self.watched_percent = max(reached)

    def _has_reached(self, percent):
        if percent == BREACH:
            return self.state == "breached"
        return self.used_seconds * 100 >= self.target_minutes * 60 * percent

    def _log_escalation(self, percent, **values):
        return self.env["kor.escalation.event"].create({"clock_id": self.id, "percent": percent, **values})

    def _describe_kind(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _describe_moment(self, moment):
        return format_datetime(self.env, moment, tz=self.contract_id.tz or "UTC") if moment else ""

    def _warn(self, percents):
        """Note in the ticket that time runs out, and give its assignee something to do."""
        for percent in percents:
            self._log_escalation(percent)
        text = self.env._(
            "%(kind)s: %(percent)s %% of the promised time is over. Due %(deadline)s.",
            kind=self._describe_kind(),
            percent=max(percents),
            deadline=self._describe_moment(self.deadline),
        )
        self.task_id._note_to_staff(text)
        self.task_id._ask_assignee(text, self.deadline)

    def _say_breached(self):
        """Note in the ticket that the promised time is over."""
        for percent in (*WARNINGS, BREACH):
            if percent > self.watched_percent:
                self._log_escalation(percent)
        text = self.env._(
            "%(kind)s: the promised time was over %(deadline)s.",
            kind=self._describe_kind(),
            deadline=self._describe_moment(self.date_breached),
        )
        self.task_id._note_to_staff(text)
        if not self.date_stop:
            self.task_id._ask_assignee(text, self.date_breached)

    def _escalate(self, reached):
        """Call in whom the support level names at these shares, unless somebody has taken care of the ticket."""
        if self.date_stop or self._is_acknowledged():
            return
        for step in self._get_steps(self.agreement_id, self.kind):
            if step.percent in reached:
                receivers = step._get_receivers(self.task_id.user_ids, self.contract_id)
                self._log_escalation(step.percent, step_id=step.id, receiver=", ".join(receivers.mapped("name")))
                self._tell(step, receivers)

    def _tell(self, step, receivers):
        """Tell people about the clock by the channel of the step."""
        text = self.env._(
            "%(kind)s: %(percent)s %% of the promised time is over, and nobody has acknowledged the ticket.",
            kind=self._describe_kind(),
            percent=step.percent,
        )
        text = f"{text} {step.note}" if step.note else text
        if step.channel == "activity":
            for user in receivers:
                self.task_id._ask_user(user, text, self.deadline)
        elif step.channel == "mail" and receivers:
            self.task_id.message_notify(
                partner_ids=receivers.partner_id.ids,
                subject=self.env._("%(ticket)s: a promised time runs out", ticket=self.task_id.ticket_number),
                body=text,
                author_id=self.env.ref("base.partner_root").id,
            )
        else:
            self.task_id._note_to_staff(text, receivers.partner_id)

    def _is_acknowledged(self):
        return any(
            event.kind == "acknowledged" and event.date >= self.date_start for event in self.task_id.sla_event_ids
        )
