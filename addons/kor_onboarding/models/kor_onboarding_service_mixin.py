from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import schedule

USER = "kor_onboarding.group_kor_onboarding_user"


class KorOnboardingServiceMixin(models.AbstractModel):
    """What staff and other systems call: how it stands, what is done, what is in the way."""

    _name = "kor.onboarding.service.mixin"
    _description = "Calls of an Onboarding"

    def status(self):
        """Tell how the onboarding stands.

        :return: a dict with state, colour, reason, dates (empty where unknown) and the steps
        """
        self.ensure_one()
        self._check_staff("read")
        return {
            "id": self.id,
            "contract": self.contract_id.name,
            "customer": self.partner_id.display_name,
            "manager": self.manager_id.name or "",
            "state": self.state,
            "color": self.color or "grey",
            "reason": self.override_reason if self.state != self.state_computed else self.reason or "",
            "is_decided": self.state != self.state_computed,
            "progress": round(self.progress, 1),
            "date_signed": fields.Date.to_string(self.date_signed),
            "date_planned": fields.Date.to_string(self.date_planned) or "",
            "date_agreed": fields.Date.to_string(self.date_agreed) or "",
            "date_forecast": fields.Date.to_string(self.date_forecast) or "",
            "date_go_live": fields.Date.to_string(self.date_go_live) or "",
            "date_done": fields.Date.to_string(self.date_done) or "",
            "date_first_use": fields.Date.to_string(self.date_first_use) or "",
            "time_to_value": self.days_to_value if self.has_value else "",
            "steps": [self._describe_step(step) for step in self.step_ids],
        }

    def _describe_step(self, step):
        return {
            "step": step.kind,
            "status": step.status,
            "owner": step.owner_id.name or "",
            "planned_end": fields.Date.to_string(step.date_planned_end) or "",
            "expected_end": fields.Date.to_string(step.date_end) or "",
            "done": fields.Date.to_string(step.date_done) or "",
            "behind": step.days_late,
            "signed_by": step.signed_by or "",
            "blocked": step.blocked_reason or "",
            "tasks": [self._describe_task(task) for task in step.task_ids],
        }

    def _describe_task(self, task):
        return {
            "id": task.id,
            "name": task.name,
            "owner": task.kor_owner,
            "start": fields.Date.to_string(task.kor_date_start) or "",
            "end": fields.Date.to_string(task.kor_date_end) or "",
            "done": fields.Date.to_string(task.kor_date_done) or "",
            "critical": task.kor_is_critical,
            "slack": task.kor_slack,
            "evidence": task.kor_evidence or "",
        }

    def complete_step(self, step, note=""):
        """Close all open tasks of a step as of today. Where the customer signs it off, it waits for that.

        :param step: `account_setup`, `configuration`, `training`, `integration` or `go_live`
        :param note: what people read of it later
        :return: the step as in status()
        """
        self.ensure_one()
        self._check_staff("write")
        own = self._get_step(step)
        self._check_running()
        tasks_sudo = own.sudo().task_ids.filtered(lambda task: not task.kor_date_done)  # the step's tasks are its own
        tasks_sudo._close_kor(evidence=self._parse_text(note, "note"))
        if own.blocked_reason:
            own.blocked_reason = False
        self._replan()
        return self._describe_step(own)

    def sign_off(self, step, name, note=""):
        """Note that the customer has signed a step off outside the portal, in a mail or a meeting.

        :param step: as of complete_step()
        :param name: who of the customer
        :param note: how
        :return: the step as in status()
        """
        self.ensure_one()
        self._check_staff("write")
        own = self._get_step(step)
        who = self._parse_text(name, "name").strip()
        if not who:
            raise UserError(self.env._("Say who of the customer has signed the step off."))
        own._sign(who, "note", note=self._parse_text(note, "note"))
        return self._describe_step(own)

    def block_step(self, step, reason):
        """Note that a step cannot go on, and why.

        :param step: as of complete_step()
        :param reason: in a sentence; empty: it can go on again
        :return: the step as in status()
        """
        self.ensure_one()
        self._check_staff("write")
        own = self._get_step(step)
        self._check_running()
        own.blocked_reason = self._parse_text(reason, "reason").strip() or False
        return self._describe_step(own)

    def preview_delay(self, task, days):
        """Tell what moves if a task takes longer, and write nothing.

        :param task: the id of an open task of the onboarding
        :param days: by how many working days
        :return: {"go_live": [before, after], "tasks": {id: [end before, end after]}}
        """
        self.ensure_one()
        self._check_staff("read")
        if not isinstance(days, int) or isinstance(days, bool):
            raise UserError(self.env._("Give the delay as a whole number of working days, for example 3."))
        tasks, goal = self._get_engine_tasks(self.task_ids, True), self._get_goal().id or None
        terms = (self.date_signed, self.company_id._get_kor_open_days(), self._get_today(), goal)
        try:
            before = schedule.plan(tasks, *terms)
            moved = schedule.delay(tasks, task, days, *terms)
        except schedule.ScheduleError as error:
            raise UserError(str(error)) from error
        ends = {key: slot.end for key, slot in before.slots.items()} | {key: end for key, (_old, end) in moved.items()}
        after = ends[goal] if goal else max(ends.values())
        return {
            "go_live": [before.go_live.isoformat(), after.isoformat()],
            "tasks": {str(key): [old.isoformat(), new.isoformat()] for key, (old, new) in moved.items()},
        }

    def stop(self, reason=""):
        """Stop onboardings that will not be finished; the contract can be onboarded anew.

        :param reason: why
        :return: True
        """
        self._check_staff("write")
        self._check_running()
        self._stop(self._parse_text(reason, "reason"))
        return True

    def action_stop(self):
        """Stop from the form; whoever does writes the reason into the chatter.

        :return: True
        """
        return self.stop()

    def action_follow(self):
        """Observe and plan anew at once, as the job does.

        :return: True
        """
        self._check_staff("write")
        own_sudo = self.sudo()  # what is observed is beyond the rights of who asks, and only the day of it is noted
        own_sudo._observe()
        own_sudo._replan()
        for onboarding, day in own_sudo._get_first_uses(own_sudo.filtered(lambda one: not one.date_first_use)).items():
            onboarding._note({"date_first_use": day})
        return True

    def _stop(self, reason):
        for onboarding in self:
            onboarding._note(
                {"state": "cancelled", "state_computed": "cancelled", "color": "grey", "reason": reason or False}
            )
            onboarding.message_post(body=self.env._("Stopped. %(reason)s", reason=reason or ""))

    def _check_staff(self, operation):
        self.check_access(operation)
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Only staff calls this; customers see their plan in the portal."))

    def _check_running(self):
        for onboarding in self:
            if not onboarding.is_open:
                raise UserError(
                    self.env._(
                        "The onboarding of %(contract)s is over: nothing of it changes.", contract=onboarding.name
                    )
                )

    def _get_step(self, step):
        """Return the step of a kind, or raise with the kinds that there are."""
        found = self.step_ids.filtered(lambda one: one.kind == step)
        if not found:
            known = ", ".join(self.step_ids.mapped("kind"))
            raise UserError(self.env._("There is no step “%(step)s”: use one of %(known)s.", step=step, known=known))
        return found

    def _parse_text(self, value, label):
        if value in (False, None):
            return ""
        if not isinstance(value, str):
            raise UserError(self.env._("%(label)s is a text, not “%(value)s”.", label=label, value=value))
        return value
