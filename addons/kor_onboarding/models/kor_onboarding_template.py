from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import schedule


class KorOnboardingTemplate(models.Model):
    """Which native project template a contract is onboarded with, by tier and company."""

    _name = "kor.onboarding.template"
    _inherit = ["kor.input.mixin"]
    _description = "Onboarding Template"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Empty: all tiers that have no template of their own.")
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: all companies.")
    project_id = fields.Many2one(
        "project.project",
        string="Project Template",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain=[("is_template", "=", True)],
        context={"active_test": False},
        help="Its tasks are copied: those whose condition the contract meets.",
    )
    role_ids = fields.One2many("kor.onboarding.role", "template_id", string="Roles", copy=True)
    task_ids = fields.One2many(related="project_id.tasks", string="Tasks")
    task_count = fields.Integer(compute="_compute_task_count", compute_sudo=True)
    days = fields.Integer(
        compute="_compute_task_count",
        compute_sudo=True,
        string="Working Days to Go-live",
        help="Where every condition is met, and nothing is closed.",
    )

    @api.depends("project_id.tasks.kor_step", "project_id.tasks.kor_duration", "project_id.tasks.kor_offset")
    def _compute_task_count(self):
        for template in self:
            tasks = template._get_tasks()
            template.task_count = len(tasks)
            template.days = template._count_days(tasks)

    @api.constrains("project_id")
    def _check_project(self):
        for template in self:
            if not template.project_id.sudo().is_template:  # whether it is one is known to everybody
                raise ValidationError(
                    self.env._(
                        "“%(project)s” is no project template. Convert it into one first, or choose another.",
                        project=template.project_id.display_name,
                    )
                )

    def _count_days(self, tasks):
        if not tasks:
            return 0
        origin = fields.Date.to_date("2026-01-01")
        try:
            engine_tasks = self.env["kor.onboarding"]._get_engine_tasks(tasks)
            goal = tasks.filtered("kor_is_go_live")[:1].id
            end = schedule.plan(engine_tasks, origin, lambda _day: True, goal=goal).go_live
        except schedule.ScheduleError:
            # The form says so where the tasks are used.
            return 0
        return (end - origin).days + 1

    @api.model
    def _get_for(self, contract):
        """Return the template for a contract: one of its tier before one of all, its company's before a shared one."""
        templates_sudo = self.sudo().search([("company_id", "in", [False, contract.company_id.id])])  # whoever starts
        fitting = templates_sudo.filtered(lambda one: not one.tier_ids or contract.tier_id in one.tier_ids)
        found = fitting.sorted(lambda one: (not one.tier_ids, not one.company_id, one.sequence, one.id))[:1]
        if not found:
            raise UserError(
                self.env._(
                    "There is no onboarding template for the tier %(tier)s. Make one under Configuration › Onboarding "
                    "Templates.",
                    tier=contract.tier_id.name,
                )
            )
        return found

    def _get_tasks(self):
        """Return the tasks that are part of the plan."""
        return self.project_id.tasks.filtered("kor_step")

    def _find_people(self, roles, manager):
        """Return who takes roles: as the template says, else the manager."""
        people = self.role_ids.filtered(lambda one: one.role_id in roles).user_ids.filtered("active")
        return people or manager

    def action_open_tasks(self):
        """Open the tasks of the project template.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "project.task",
            "views": [
                (self.env.ref("kor_onboarding.project_task_view_list_template").id, "list"),
                (False, "form"),
            ],
            "domain": [("project_id", "=", self.project_id.id)],
            "context": {"default_project_id": self.project_id.id, "default_kor_step": "configuration"},
        }
