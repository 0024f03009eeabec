from odoo import api, fields, models
from odoo.exceptions import UserError

STEPS = [
    ("account_setup", "Account setup"),
    ("configuration", "Initial configuration"),
    ("training", "Training"),
    ("integration", "Integration setup"),
    ("go_live", "Go-live support"),
]
# What happens to a step writes these, and nobody by hand.
FACTS = {
    "status", "date_planned_start", "date_planned_end", "date_start", "date_end", "date_done", "days_late",
    "signed_by", "signed_on", "signed_how", "signature",
}  # fmt: skip


class KorOnboardingStep(models.Model):
    """One of the five steps of an onboarding: its tasks, its days, and who signed it off."""

    _name = "kor.onboarding.step"
    _inherit = ["kor.input.mixin"]
    _description = "Onboarding Step"
    _order = "onboarding_id, sequence, id"
    _rec_name = "kind"

    onboarding_id = fields.Many2one("kor.onboarding", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="onboarding_id.company_id", store=True)
    partner_id = fields.Many2one(related="onboarding_id.partner_id", store=True)
    kind = fields.Selection(STEPS, string="Step", required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    status = fields.Selection(
        [
            ("planned", "Planned"),
            ("active", "In progress"),
            ("customer", "Waits for the customer"),
            ("sign", "To be signed off"),
            ("blocked", "Blocked"),
            ("done", "Done"),
        ],
        required=True,
        default="planned",
        readonly=True,
        index=True,
    )
    owner_id = fields.Many2one("res.users", string="Owner", ondelete="restrict", index="btree_not_null")
    date_planned_start = fields.Date(string="Planned Start", readonly=True)
    date_planned_end = fields.Date(string="Planned End", readonly=True, help="As it was planned at first.")
    date_start = fields.Date(string="Expected Start", readonly=True)
    date_end = fields.Date(string="Expected End", readonly=True, help="As it looks now.")
    date_done = fields.Date(string="Done on", readonly=True)
    days_late = fields.Integer(
        string="Behind (days)", readonly=True, help="Working days from the planned to the expected end."
    )
    blocked_reason = fields.Char(string="Blocked by", help="Why it cannot go on. Empty: it can.")
    note = fields.Text(string="Internal Note")
    needs_signoff = fields.Boolean(string="Sign-off", help="The customer signs that the step is done.")
    signed_by = fields.Char(string="Signed off by", readonly=True)
    signed_on = fields.Datetime(readonly=True)
    signed_how = fields.Selection([("portal", "In the portal"), ("note", "As noted by staff")], readonly=True)
    signature = fields.Image(readonly=True, max_width=1024, max_height=1024)
    task_ids = fields.One2many("project.task", "kor_step_id", string="Tasks")
    progress = fields.Float(compute="_compute_progress", compute_sudo=True, help="Share of the tasks that are done.")

    _kind_unique = models.UniqueIndex("(onboarding_id, kind)", "The onboarding has this step already.")

    @api.depends("task_ids.state", "status")
    def _compute_progress(self):
        for step in self:
            done = len(step.task_ids.filtered("is_closed"))
            step.progress = 100.0 if step.status == "done" else 100.0 * done / (len(step.task_ids) or 1)

    def write(self, vals):
        fixed = FACTS & set(vals)
        if fixed:
            raise UserError(
                self.env._("Dates, status and sign-off of a step follow from what happens: use sign_off(step, name).")
            )
        result = super().write(vals)
        if {"blocked_reason", "needs_signoff"} & set(vals):
            self.onboarding_id._replan()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if self.filtered(lambda step: step.task_ids):
            raise UserError(self.env._("A step that has tasks stays. Move or delete its tasks first."))

    def _write_facts(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _judge(self, today):
        """Return the status that the tasks, a blockade and the sign-off make."""
        self.ensure_one()
        open_tasks = self.task_ids.filtered(lambda task: not task.kor_date_done)
        if not open_tasks and self.needs_signoff and not self.signed_by:
            return "sign"
        if not open_tasks:
            return "done"
        if self.blocked_reason:
            return "blocked"
        ready = open_tasks.filtered(lambda task: task._is_kor_ready(today))
        if ready and all(task.kor_owner == "customer" for task in ready):
            return "customer"
        return "active" if ready or len(open_tasks) < len(self.task_ids) else "planned"

    def _get_done_day(self):
        """Return the day on which the last thing was done: a task, or the sign-off."""
        days = [day for day in self.task_ids.mapped("kor_date_done") if day]
        if self.signed_on:
            days.append(self.onboarding_id._to_local_day(self.signed_on))
        return max(days, default=False)

    def _sign(self, name, how, signature=False, note=""):
        """Note the sign-off of a step whose tasks are done, once."""
        self.ensure_one()
        if self.status != "sign":
            labels = dict(self._fields["status"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The step is “%(status)s”: a step is signed off when its tasks are done, and only once.",
                    status=labels[self.status],
                )
            )
        self._write_facts(
            {"signed_by": name, "signed_on": fields.Datetime.now(), "signed_how": how, "signature": signature}
        )
        onboarding, label = self.onboarding_id, dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        body = self.env._("%(step)s is signed off by %(name)s. %(note)s", step=label, name=name, note=note)
        onboarding.message_post(body=body.strip(), subtype_xmlid="mail.mt_note")
        onboarding._replan()
        onboarding._mail("signed", step=self)

    def action_complete(self):
        """Close the open tasks of the step.

        :return: True
        """
        for step in self:
            step.onboarding_id.complete_step(step.kind)
        return True

    def action_open_tasks(self):
        """Open the tasks of the step.

        :return: a window action
        """
        self.ensure_one()
        return {**self.onboarding_id.action_open_tasks(), "domain": [("kor_step_id", "=", self.id)]}
