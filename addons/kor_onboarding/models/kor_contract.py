from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import schedule
from .kor_onboarding import STAFF

STARTERS = ("kor_onboarding.group_kor_onboarding_user", "kor_contracts.group_kor_contract_officer")


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = ["kor.contract.go.live.mixin", "kor.contract"]

    onboarding_ids = fields.One2many("kor.onboarding", "contract_id", string="Onboardings", groups=STAFF)
    onboarding_id = fields.Many2one(
        "kor.onboarding",
        string="Onboarding",
        compute="_compute_onboarding_id",
        search="_search_onboarding_id",
        groups=STAFF,
        help="The running one, else the last that is done.",
    )
    onboarding_state = fields.Selection(related="onboarding_id.state", string="Onboarding State")

    @api.depends("onboarding_ids.state")
    def _compute_onboarding_id(self):
        for contract in self:
            kept = contract.onboarding_ids.filtered(lambda one: one.state != "cancelled")
            contract.onboarding_id = kept.sorted(lambda one: (one.state != "done", one.id))[-1:]

    def _search_onboarding_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        if False in value:
            return ~Domain("onboarding_ids", "any", [("state", "!=", "cancelled")])
        return Domain("onboarding_ids", "in", list(value))

    def action_activate(self):
        """Begin the onboarding of what is agreed, where the company wants that.

        :return: True
        """
        drafts = self.filtered(lambda contract: contract.state == "draft")
        result = super().action_activate()
        for contract in drafts.filtered(lambda one: one.company_id.sudo().kor_onboarding_auto):  # settings hold for all
            contract.start_onboarding()
        return result

    def start_onboarding(self, date_go_live="", manager=0):
        """Begin the onboarding: project, tasks and plan from the template for the contract's tier.

        Called again, it returns the one that there is.

        :param date_go_live: the agreed go-live as YYYY-MM-DD; empty: as it is planned
        :param manager: the id of the user who leads it; 0: the account manager, else who calls
        :return: the id of the onboarding
        """
        self.ensure_one()
        self._check_can_onboard()
        if self.onboarding_id:
            return self.onboarding_id.id
        if self.state not in ("active", "paused"):
            raise UserError(self.env._("Contract %(contract)s is not running: activate it first.", contract=self.name))
        agreed = self._parse_date(date_go_live, "date_go_live") if date_go_live else False
        onboardings_sudo = self.env["kor.onboarding"].sudo()  # whoever starts it need not be allowed to make projects
        template_sudo = self.env["kor.onboarding.template"]._get_for(self)
        leader = self._find_onboarding_manager(manager)
        return onboardings_sudo._start(self.sudo(), template_sudo, leader, agreed).id  # as above

    def preview_onboarding(self):
        """Tell what the onboarding would be, and write nothing.

        :return: a dict with the template, the planned go-live and the tasks with their days
        """
        self.ensure_one()
        self._check_can_onboard()
        template_sudo = self.env["kor.onboarding.template"]._get_for(self)
        tasks = template_sudo._get_tasks()
        fitting = tasks.filtered(lambda task: task._fits_kor_contract(self))
        plan = self._plan_onboarding(tasks, fitting)
        labels = dict(tasks._fields["kor_step"]._description_selection(self.env))
        kinds = list(labels)
        order = sorted(fitting, key=lambda task: (kinds.index(task.kor_step), plan.slots[task.id].start, task.sequence))
        return {
            "template": template_sudo.name,
            "date_signed": fields.Date.to_string(self._get_signature_day()),
            "date_go_live": fields.Date.to_string(plan.go_live) or "",
            "date_end": fields.Date.to_string(plan.end) or "",
            "tasks": [self._preview_task(task, plan.slots[task.id], labels) for task in order],
            "left_out": (tasks - fitting).mapped("name"),
        }

    @api.model
    def _preview_task(self, task, slot, labels):
        return {
            "name": task.name,
            "step": task.kor_step,
            "step_name": labels[task.kor_step],
            "owner": task.kor_owner,
            "start": slot.start.isoformat(),
            "end": slot.end.isoformat(),
            "critical": slot.is_critical,
        }

    def _plan_onboarding(self, tasks, fitting):
        onboarding_model = self.env["kor.onboarding"]
        goal = fitting.filtered("kor_is_go_live")[:1].id or None
        try:
            kept = schedule.leave_out(onboarding_model._get_engine_tasks(tasks), (tasks - fitting).ids)
        except schedule.ScheduleError as error:
            raise UserError(str(error)) from error
        is_open = self.company_id._get_kor_open_days()
        return onboarding_model._make_plan(kept, self._get_signature_day(), is_open, goal=goal)

    def _check_can_onboard(self):
        self.check_access("read")
        if not self.env.su and not any(self.env.user.has_group(group) for group in STARTERS):
            raise AccessError(
                self.env._("Only officers of contracts and members of KOR Enterprise › Onboarding start an onboarding.")
            )

    def _find_onboarding_manager(self, manager):
        if not manager:
            return self.account_manager_id or self.user_id or self.env.user
        found = self.env["res.users"].browse(manager).exists() if isinstance(manager, int) else self.env["res.users"]
        if not found or found.share:
            raise UserError(self.env._("The manager is a colleague: there is none with the id %(id)s.", id=manager))
        return found

    def _get_signature_day(self):
        """Return the day on which the contract was agreed, where its days begin; of a draft, today."""
        if not self.date_activated:
            return self._get_today()
        return fields.Date.context_today(self.with_context(tz=self.tz or "UTC"), self.date_activated)

    def action_open_onboarding(self):
        """Open the onboarding, or what it would be.

        :return: a window action
        """
        self.ensure_one()
        if not self.onboarding_id:
            action = self.env["ir.actions.act_window"]._for_xml_id("kor_onboarding.kor_onboarding_start_action")
            return {**action, "context": {"default_contract_id": self.id}}
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_onboarding.kor_onboarding_action")
        return {**action, "views": [(False, "form")], "res_id": self.onboarding_id.id}
