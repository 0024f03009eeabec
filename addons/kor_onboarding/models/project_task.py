from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .kor_onboarding_step import STEPS

CLOSED = ("1_done", "1_canceled")
# What moves the plan when it is written.
PLANNED = {
    "active",
    "depend_on_ids",
    "kor_date_done",
    "kor_date_fixed",
    "kor_duration",
    "kor_is_go_live",
    "kor_lag",
    "kor_offset",
    "kor_owner",
    "kor_signoff",
    "kor_step",
    "project_id",
    "state",
}
CONDITIONS = {
    "feature": "kor_feature_id",
    "metric": "kor_metric_id",
    "product": "kor_product_id",
    "tier": "kor_tier_id",
}
# In the context of what a plan writes, which is no change of it. An object: no caller from outside can send one.
PLANNING = object()


class ProjectTask(models.Model):
    """A task of an onboarding, or of the template that it is made from: when, whose, on what condition."""

    _inherit = "project.task"

    kor_onboarding_id = fields.Many2one(
        related="project_id.kor_onboarding_id", store=True, index="btree_not_null", string="Onboarding"
    )
    kor_step = fields.Selection(STEPS, string="Onboarding Step", help="Empty: it is no part of the plan.")
    kor_step_id = fields.Many2one(
        "kor.onboarding.step", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    kor_offset = fields.Integer(
        string="Begins After (days)", help="So many working days after the signature at the earliest."
    )
    kor_duration = fields.Integer(
        string="Takes (days)", default=1, help="Working days, the first and the last included."
    )
    kor_lag = fields.Integer(
        string="Waits Further (days)", help="Working days between the end of what it waits for and its beginning."
    )
    kor_owner = fields.Selection(
        [("us", "Ours"), ("customer", "The customer's")],
        string="Whose",
        default="us",
        help="The customer sees the own tasks on the onboarding's page, and none of ours.",
    )
    kor_condition = fields.Selection(
        [
            ("always", "Always"),
            ("feature", "A feature is part of the contract"),
            ("metric", "A line is priced by a metric"),
            ("product", "A line of a product"),
            ("tier", "The tier is"),
        ],
        string="Only if",
        default="always",
        help="Whether an onboarding that is made from the template has the task.",
    )
    kor_feature_id = fields.Many2one("kor.feature", string="Feature", ondelete="restrict")
    kor_metric_id = fields.Many2one("kor.metric", string="Metric", ondelete="restrict")
    kor_product_id = fields.Many2one("product.product", string="Product", ondelete="restrict")
    kor_tier_id = fields.Many2one("kor.tier", string="Tier", ondelete="restrict")
    kor_observation = fields.Selection(
        selection="_get_kor_observations",
        string="Closes Itself at",
        help="What is observed of the customer, and is noted as evidence.",
    )
    kor_signoff = fields.Boolean(string="Sign-off", help="The customer signs the step off that this task belongs to.")
    kor_is_go_live = fields.Boolean(string="Is the Go-live", help="The day on which it is done is the go-live.")
    kor_customer_note = fields.Text(string="The Customer Reads", help="What has to be done, in the customer's words.")
    kor_date_fixed = fields.Date(
        string="Appointment", copy=False, help="A day that is agreed: the task does not begin before it."
    )
    kor_planned_start = fields.Date(string="Planned Start", readonly=True, copy=False)
    kor_planned_end = fields.Date(string="Planned End", readonly=True, copy=False)
    kor_date_start = fields.Date(string="Expected Start", readonly=True, copy=False)
    kor_date_end = fields.Date(string="Expected End", readonly=True, copy=False)
    kor_date_done = fields.Date(string="Done on", copy=False)
    kor_slack = fields.Integer(
        string="Slack (days)",
        readonly=True,
        copy=False,
        aggregator="min",
        help="Working days that it may slip before the go-live does.",
    )
    kor_is_critical = fields.Boolean(
        string="Critical", readonly=True, copy=False, help="A day that it slips moves the go-live by one."
    )
    kor_evidence = fields.Char(string="Evidence", readonly=True, copy=False, help="What closed the task by itself.")
    kor_file_ids = fields.Many2many(
        "ir.attachment", "kor_task_file_rel", string="The Customer's Files", readonly=True, copy=False
    )
    kor_template_task_id = fields.Many2one(
        "project.task",
        string="From the Template",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _kor_days_possible = models.Constraint(
        "CHECK (kor_duration >= 1 AND kor_offset >= 0 AND kor_lag >= 0)",
        "A task takes 1 working day or more, and begins 0 or more after what is before it.",
    )

    @api.model
    def _get_kor_observations(self):
        """Return what can be observed of a customer. Extensible."""
        return [
            ("login", "First login of the customer"),
            ("api_key", "First API key"),
            ("usage", "First use"),
            ("integration", "Integration healthy"),
        ]

    @api.constrains("kor_condition", "kor_feature_id", "kor_metric_id", "kor_product_id", "kor_tier_id")
    def _check_kor_condition(self):
        for task in self:
            name = CONDITIONS.get(task.kor_condition)
            if name and not task[name]:
                label = task._fields[name]._description_string(self.env)
                raise ValidationError(
                    self.env._("Task “%(task)s”: choose the %(what)s of its condition.", task=task.name, what=label)
                )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        if self.env.context.get("copy_from_project_template"):
            for task, vals in zip(self, vals_list, strict=True):
                vals["kor_template_task_id"] = task.id
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        if not self._is_kor_planning():
            planned_sudo = tasks.sudo().filtered("kor_step")  # the plan follows, whoever adds a task
            planned_sudo.kor_onboarding_id._replan()
        return tasks

    def write(self, vals):
        if not (PLANNED & set(vals)) or self._is_kor_planning():
            return super().write(vals)
        before_sudo = self.sudo().filtered("kor_step").kor_onboarding_id  # the plan follows, whoever moves a task
        result = super().write(vals)
        if "state" in vals:
            self._note_kor_done(vals["state"])
        own_sudo = self.sudo().filtered("kor_step")  # the same
        (before_sudo | own_sudo.kor_onboarding_id)._replan()
        return result

    def unlink(self):
        onboardings_sudo = self.sudo().filtered("kor_step").kor_onboarding_id  # the plan follows, whoever removes one
        result = super().unlink()
        if not self._is_kor_planning():
            onboardings_sudo._replan()
        return result

    def _is_kor_planning(self):
        return self.env.context.get("kor_planning") is PLANNING

    def _as_kor_planned(self):
        # Nobody is told of each day that a plan moves: what matters is told by the onboarding.
        return self.with_context(kor_planning=PLANNING, tracking_disable=True)

    def _note_kor_done(self, state):
        """Note the day on which tasks were closed, or that they are open again."""
        for task_sudo in self.sudo().filtered("kor_onboarding_id"):  # the day is noted, whoever closes a task
            is_closed = state in CLOSED
            if is_closed != bool(task_sudo.kor_date_done):
                day = task_sudo.kor_onboarding_id._get_today() if is_closed else False
                task_sudo._as_kor_planned().write(
                    {"kor_date_done": day, **({} if is_closed else {"kor_evidence": False})}
                )

    def _fits_kor_contract(self, contract):
        """Tell whether a contract has what the task of a template is for. Extensible."""
        self.ensure_one()
        if self.kor_condition == "feature":
            return self.kor_feature_id in contract.feature_ids
        if self.kor_condition == "tier":
            return self.kor_tier_id == contract.tier_id
        lines = contract.line_ids.filtered(lambda line: not line._is_void())
        if self.kor_condition == "metric":
            return self.kor_metric_id in lines.metric_id
        if self.kor_condition == "product":
            return self.kor_product_id in lines.product_id
        return True

    def _close_kor(self, day=None, evidence=""):
        """Close tasks of the plan as of a day, without planning anew: the caller does that once for all."""
        for task in self._as_kor_planned():
            values = {"state": "1_done", "kor_date_done": day or task.kor_onboarding_id._get_today()}
            task.write({**values, "kor_evidence": evidence} if evidence else values)

    def action_kor_reopen(self):
        """Open closed tasks of an onboarding again.

        :return: True
        """
        self.check_access("write")
        if self.filtered(lambda task: not task.kor_onboarding_id):
            raise UserError(self.env._("Only tasks of an onboarding can be opened again here."))
        self.filtered(lambda task: task.state in CLOSED).write({"state": "01_in_progress"})
        return True

    def _is_kor_ready(self, today):
        """Tell whether an open task could be worked on: its day has come, and nothing is before it."""
        self.ensure_one()
        waits = self.depend_on_ids.filtered(
            lambda need: need.kor_onboarding_id == self.kor_onboarding_id and need.kor_step and not need.kor_date_done
        )
        return not waits and bool(self.kor_date_start) and self.kor_date_start <= today

    def _bridge_kor_needs(self, left_out):
        """Return what a task waits for, through those that are left out: their order is kept."""
        self.ensure_one()
        found, queue, seen = self.browse(), list(self.depend_on_ids), set()
        for need in queue:
            if need not in left_out:
                found |= need
            elif need not in seen:
                seen.add(need)
                queue += list(need.depend_on_ids)
        return found
