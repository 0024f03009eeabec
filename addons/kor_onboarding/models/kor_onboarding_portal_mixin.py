from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import is_picture

# What customers may upload for one task at once, and how large each file may be.
FILES_LIMIT = 10
FILE_BYTES = 25 * 1024 * 1024


class KorOnboardingPortalMixin(models.AbstractModel):
    """The plan as the customer sees it, and what the customer does with it. Called in sudo by the portal."""

    _name = "kor.onboarding.portal.mixin"
    _description = "Onboarding in the Portal"

    def _get_portal_values(self):
        """Return what the customer's page shows, and nothing else of the onboarding."""
        self.ensure_one()
        return {
            "onboarding": self,
            "state_text": self._describe_for_customer(),
            "steps": [self._get_portal_step(step) for step in self.step_ids],
            "go_live": self.date_go_live or self.date_forecast,
            "is_live": bool(self.date_go_live),
            "agreed": self.date_agreed,
            "percent": round(self.progress),
            "own_count": self.open_customer_tasks,
            "billing_text": self.contract_id._describe_billing_start(),
        }

    def _describe_for_customer(self):
        """Return in one sentence how far it is."""
        if self.state == "cancelled":
            return self.env._("This onboarding was stopped.")
        if self.state == "done":
            return self.env._("Everything is done. Welcome!")
        if self.date_go_live:
            return self.env._("You are live. We stay with you until everything is settled.")
        if self.step_ids.filtered(lambda step: step.status in ("customer", "sign")) or self._get_ready_tasks():
            return self.env._("Something waits for you, see below.")
        return self.env._("We are working on it.")

    def _get_ready_tasks(self):
        """Return the customer's tasks that could be done now."""
        today = self._get_today()
        return self.task_ids.filtered(
            lambda task: task.kor_owner == "customer" and not task.kor_date_done and task._is_kor_ready(today)
        )

    def _get_portal_step(self, step):
        words = {
            "planned": self.env._("Planned"),
            "active": self.env._("In progress"),
            "customer": self.env._("Waits for you"),
            "sign": self.env._("Please sign off"),
            # Why it is blocked is between colleagues.
            "blocked": self.env._("In progress"),
            "done": self.env._("Done"),
        }
        labels = dict(step._fields["kind"]._description_selection(self.env))
        own = step.task_ids.filtered(lambda task: task.kor_owner == "customer" and task.state != "1_canceled")
        ready = self._get_ready_tasks()
        return {
            "id": step.id,
            "name": labels[step.kind],
            "status": "active" if step.status == "blocked" else step.status,
            "status_text": words[step.status],
            "start": step.date_start,
            "end": step.date_done or step.date_end,
            "is_done": step.status == "done",
            "can_sign": step.status == "sign" and self.is_open,
            "signed_by": step.signed_by,
            "signed_on": step.signed_on,
            "signature": step.signature,
            "tasks": [
                self._get_portal_task(task, task in ready)
                for task in own.sorted(lambda task: (task.kor_date_start, task.id))
            ],
        }

    @api.model
    def _get_portal_task(self, task, is_ready):
        return {
            "id": task.id,
            "name": task.name,
            "note": task.kor_customer_note or "",
            "end": task.kor_date_end,
            "done": task.kor_date_done,
            "is_ready": is_ready,
            "files": task.kor_file_ids,
            "observation": task.kor_observation,
        }

    def _get_customer_task(self, task_id):
        """Return the customer's open task with an id, or raise: none of ours, and none of another onboarding."""
        found = self.task_ids.filtered(lambda task: task.id == task_id and task.kor_owner == "customer")
        if not found or not self.is_open:
            raise UserError(self.env._("This task is not among yours."))
        return found

    def _complete_customer_task(self, task_id, partner, note=""):
        """Close a task that the customer says to be done."""
        task = self._get_customer_task(task_id)
        if task.kor_date_done:
            return
        task._close_kor(evidence=self.env._("Said by %(name)s in the portal", name=partner.name))
        body = self.env._("“%(task)s” is done. %(note)s", task=task.name, note=note)
        self.message_post(body=body.strip(), author_id=partner.id, subtype_xmlid="mail.mt_comment")
        self._replan()

    def _add_customer_files(self, task_id, partner, files):
        """Take the files that belong to a task of the customer.

        :param files: (name, content) each
        """
        task = self._get_customer_task(task_id)
        wanted = [(name, content) for name, content in files if name and content]
        if not wanted:
            raise UserError(self.env._("Choose a file that is not empty."))
        if len(wanted) > FILES_LIMIT or any(len(content) > FILE_BYTES for _name, content in wanted):
            raise UserError(
                self.env._(
                    "Send at most %(count)s files at once, of %(size)s MB or less each.",
                    count=FILES_LIMIT,
                    size=FILE_BYTES // 1024**2,
                )
            )
        message = self.message_post(
            body=self.env._("Files for “%(task)s”", task=task.name),
            author_id=partner.id,
            attachments=wanted,
            subtype_xmlid="mail.mt_comment",
            message_type="comment",
        )
        message.attachment_ids.generate_access_token()
        task._as_kor_planned().kor_file_ids |= message.attachment_ids

    def _sign_step(self, step_id, name, signature):
        """Note the sign-off that a customer gave in the portal."""
        step = self.step_ids.filtered(lambda one: one.id == step_id)
        if not step or not self.is_open:
            raise UserError(self.env._("This step is not part of your plan."))
        if not is_picture(signature):
            raise UserError(self.env._("The signature cannot be read. Sign again."))
        step._sign(name, "portal", signature)
