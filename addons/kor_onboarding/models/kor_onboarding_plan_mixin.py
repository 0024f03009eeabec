import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..engine import schedule, status

_logger = logging.getLogger(__name__)

TASK_DATES = ("kor_date_start", "kor_date_end", "kor_slack", "kor_is_critical", "date_deadline")


class KorOnboardingPlanMixin(models.AbstractModel):
    """Write into tasks, steps and onboarding what the engine plans and judges. Asked again, nothing changes."""

    _name = "kor.onboarding.plan.mixin"
    _description = "Plan of an Onboarding"

    def _replan(self):
        """Plan the running onboardings anew: dates, statuses, go-live and how they stand."""
        own_sudo = self.exists().sudo()  # the plan follows from facts, whoever notes one: a customer's sign-off, too
        for onboarding, is_open in own_sudo._get_running():
            onboarding._plan(is_open)

    def _replan_safely(self):
        """Plan anew; one that cannot be planned keeps no other waiting."""
        for onboarding, is_open in self._get_running():
            try:
                onboarding._plan(is_open)
            except UserError as error:
                _logger.warning("Onboarding %s is not planned anew: %s", onboarding.name, error)
                onboarding._note_problem(error)

    def _get_running(self):
        """Yield the running onboardings, each task of them in its step, with the working days of their company."""
        for company, onboardings in self.filtered("is_open").grouped("company_id").items():
            is_open = company._get_kor_open_days()
            onboardings._ensure_steps()
            for onboarding in onboardings:
                yield onboarding, is_open

    def _note_problem(self, error):
        """Tell the manager, once, why the plan does not follow any more."""
        if not self.activity_search(["mail.mail_activity_data_warning"]):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The plan cannot be made"),
                note=str(error),
                user_id=(self.manager_id or self.env.user).id,
            )

    @api.model
    def _get_engine_tasks(self, tasks, with_facts=False):
        """Return tasks as the engine takes them.

        :param with_facts: whether appointments and what is done count, else the plan as it is made at first
        """
        known = set(tasks.ids)
        return [
            schedule.Task(
                key=task.id,
                name=task.name,
                duration=task.kor_duration,
                offset=task.kor_offset,
                needs=tuple(need.id for need in task.depend_on_ids if need.id in known),
                lag=task.kor_lag,
                not_before=task.kor_date_fixed or None,
                done=task.kor_date_done or None if with_facts else None,
            )
            for task in tasks
        ]

    @api.model
    def _make_plan(self, tasks, origin, is_open, today=None, goal=None):
        try:
            return schedule.plan(tasks, origin, is_open, today, goal)
        except schedule.ScheduleError as error:
            raise UserError(str(error)) from error

    def _get_goal(self):
        """Return the task whose end is the go-live; none: the last one is."""
        return self.task_ids.filtered("kor_is_go_live")[:1]

    def _ensure_steps(self):
        """Give each kind of task its step, and each task the one that it belongs to."""
        missing = [
            onboarding._prepare_step_values(kind, number)
            for onboarding in self
            for number, kind in enumerate(self._get_kinds())
            if kind in onboarding.task_ids.mapped("kor_step") and kind not in onboarding.step_ids.mapped("kind")
        ]
        if missing:
            self.env["kor.onboarding.step"].create(missing)
        homes = {(step.onboarding_id, step.kind): step for step in self.step_ids}
        astray = self.task_ids.filtered(
            lambda task: (
                task.kor_step_id != homes.get((task.kor_onboarding_id, task.kor_step), task.kor_step_id.browse())
            )
        )
        for (onboarding, kind), tasks in astray.grouped(lambda task: (task.kor_onboarding_id, task.kor_step)).items():
            tasks._as_kor_planned().kor_step_id = homes.get((onboarding, kind))
        if astray:
            self.step_ids.invalidate_recordset(["task_ids"])

    def _prepare_step_values(self, kind, sequence):
        tasks = self.task_ids.filtered(lambda task: task.kor_step == kind)
        ours = tasks.filtered(lambda task: task.kor_owner != "customer")
        return {
            "onboarding_id": self.id,
            "kind": kind,
            "sequence": sequence,
            "needs_signoff": any(tasks.mapped("kor_signoff")),
            "owner_id": (ours.user_ids[:1] or self.manager_id).id,
        }

    @api.model
    def _get_kinds(self):
        return [kind for kind, _label in self.env["kor.onboarding.step"]._fields["kind"].selection]

    def _plan(self, is_open, first=None):
        """Write the plan.

        :param first: the plan as it was made at the signature, where it is made now
        """
        self.ensure_one()
        today, goal = self._get_today(), self._get_goal()
        tasks = self.task_ids
        plan = self._make_plan(self._get_engine_tasks(tasks, True), self.date_signed, is_open, today, goal.id or None)
        days = schedule.WorkingDays(self.date_signed, is_open)
        for task in tasks:
            self._write_task(task, plan.slots[task.id], (first or plan).slots[task.id])
        for step in self.step_ids:
            self._write_step(step, days, today)
        went_live = goal.kor_date_done or (not goal and plan.go_live if self._is_all_done() else False)
        self._note({"date_forecast": plan.go_live or False})
        if went_live and not self.date_go_live:
            self._go_live(went_live)
        elif not went_live and self.date_go_live:
            self._note({"date_go_live": False})
        self._judge(days, today)

    def _is_all_done(self):
        return bool(self.step_ids) and all(step.status == "done" for step in self.step_ids)

    def _write_task(self, task, slot, planned):
        """Write when a task takes place; of one that is new, also when it was planned."""
        deadline = self._to_utc_evening(slot.end)
        found = (slot.start, slot.end, slot.slack, slot.is_critical, deadline)
        values = {name: value for name, value in zip(TASK_DATES, found, strict=True) if task[name] != value}
        if not task.kor_planned_end:
            values |= {"kor_planned_start": planned.start, "kor_planned_end": planned.end}
        if values:
            task._as_kor_planned().write(values)

    def _write_step(self, step, days, today):
        tasks = step.task_ids
        status_now = step._judge(today)
        found = {
            "status": status_now,
            "date_planned_start": min(tasks.mapped("kor_planned_start"), default=False),
            "date_planned_end": max(tasks.mapped("kor_planned_end"), default=False),
            "date_start": min(tasks.mapped("kor_date_start"), default=False),
            "date_end": max(tasks.mapped("kor_date_end"), default=False),
            "date_done": status_now == "done" and step._get_done_day(),
            "days_late": self._count_behind(tasks, days) if status_now != "done" else 0,
        }
        values = {name: value for name, value in found.items() if step[name] != value}
        before = step.status
        if values:
            step._write_facts(values)
        if status_now != before:
            self._note_step(step, before)

    @api.model
    def _count_behind(self, tasks, days):
        if not tasks:
            return 0
        planned, expected = max(tasks.mapped("kor_planned_end")), max(tasks.mapped("kor_date_end"))
        return max(days.number_from(expected) - days.number_from(planned), 0)

    def _judge(self, days, today):
        """Write how the onboarding stands, what for, and what somebody has decided instead."""
        facts = self._get_facts(days, today)
        found = status.judge(facts)
        values = {
            "state_computed": found.state,
            "reason": "; ".join(self._describe_reason(key, given) for key, given in found.reasons),
            "progress": self._get_progress(),
        }
        is_decided = self.override_state and self.override_until and self.override_until >= today
        decided = is_decided and found.state != "done"
        values["state"] = self.override_state if decided else found.state
        values["color"] = status.COLORS[values["state"]]
        if found.state == "done":
            values["date_done"] = max(day for day in self.step_ids.mapped("date_done") if day)
        before = self.state
        self._note(values)
        if self.state != before:
            self._note_state(before)

    def _get_progress(self):
        return 100.0 * len(self.task_ids.filtered("kor_date_done")) / (len(self.task_ids) or 1)

    def _get_facts(self, days, today):
        labels = dict(self.step_ids._fields["kind"]._description_selection(self.env))
        steps = self.step_ids.filtered(lambda step: step.status != "done")
        agreed, forecast = self.date_agreed or None, self.date_forecast or None
        slip = days.number_from(forecast) - days.number_from(agreed) if agreed and forecast else 0
        done_days = self.task_ids.filtered("kor_date_done").mapped("kor_date_done")
        open_days = self.task_ids.filtered(lambda task: not task.kor_date_done).mapped("kor_date_start")
        since = max([*done_days, min(open_days, default=self.date_signed)], default=self.date_signed)
        return status.Facts(
            today=today,
            is_started=bool(done_days),
            is_done=self._is_all_done(),
            blocked=tuple((labels[one.kind], one.blocked_reason) for one in steps if one.status == "blocked"),
            late=tuple((labels[one.kind], one.days_late) for one in steps if one.days_late),
            agreed=agreed,
            forecast=forecast,
            went_live=self.date_go_live or None,
            slip=max(slip, 0),
            idle=max(days.number_from(today) - days.number_from(since), 0) if since < today else 0,
            patience=self.company_id.kor_onboarding_patience,
        )

    def _describe_reason(self, key, given):
        """Return a reason as people read it. Extensible, for other keys."""
        words = {
            name: format_date(self.env, value) if hasattr(value, "year") else value for name, value in given.items()
        }
        if "days" in words:
            words["days"] = self._describe_working_days(words["days"])
        sentences = {
            "done": self.env._("Done; live since %(day)s"),
            "blocked": self.env._("%(step)s is blocked: %(reason)s"),
            "overdue": self.env._("The go-live was agreed for %(agreed)s and is expected on %(forecast)s"),
            "forecast_late": self.env._(
                "The go-live is expected on %(forecast)s, %(days)s after the agreed %(agreed)s"
            ),
            "step_late": self.env._("%(step)s is %(days)s behind its plan"),
            "idle": self.env._("Nothing has gone on for %(days)s"),
            "not_started": self.env._("Nothing is done yet, and nothing is late"),
            "live": self.env._("Live since %(day)s"),
            "on_track": self.env._("The go-live is expected on %(forecast)s, as agreed or before"),
        }
        return sentences.get(key, key) % words

    @api.model
    def _describe_working_days(self, number):
        if number == 1:
            return self.env._("1 working day")
        return self.env._("%(number)s working days", number=number)
