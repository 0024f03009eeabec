from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import open_form

STATES = [
    ("not_started", "Not started"),
    ("on_track", "On track"),
    ("at_risk", "At risk"),
    ("late", "Late"),
    ("blocked", "Blocked"),
    ("done", "Done"),
    ("cancelled", "Stopped"),
]
OVERRIDES = [one for one in STATES if one[0] in ("on_track", "at_risk", "late", "blocked")]
# What follows from facts, and nobody writes by hand.
FACTS = {
    "state", "state_computed", "color", "reason", "progress", "date_forecast", "date_go_live", "date_done",
    "date_first_use", "contract_id", "date_signed", "project_id", "date_planned",
}  # fmt: skip
STAFF = "base.group_user"


class KorOnboarding(models.Model):
    """The way of one contract from its signature to its go-live."""

    _name = "kor.onboarding"
    _inherit = [
        "kor.onboarding.plan.mixin",
        "kor.onboarding.observe.mixin",
        "kor.onboarding.service.mixin",
        "kor.onboarding.portal.mixin",
        "kor.onboarding.mail.mixin",
        "kor.input.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Onboarding"
    # By a field that customers may read, too.
    _order = "id desc"
    _check_company_auto = True
    # A customer who may read an onboarding may write messages on it.
    _mail_post_access = "read"

    name = fields.Char(required=True, readonly=True, index="trigram")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True, groups=STAFF)
    template_id = fields.Many2one(
        "kor.onboarding.template", readonly=True, ondelete="restrict", index="btree_not_null", groups=STAFF
    )
    project_id = fields.Many2one(
        "project.project", readonly=True, ondelete="restrict", index="btree_not_null", check_company=True, groups=STAFF
    )
    manager_id = fields.Many2one(
        "res.users", string="Manager", index="btree_not_null", tracking=True, groups=STAFF,
        domain=[("share", "=", False)], help="Leads the onboarding, and is told when it is late.",
    )  # fmt: skip
    step_ids = fields.One2many("kor.onboarding.step", "onboarding_id", string="Steps", groups=STAFF)
    task_ids = fields.One2many(
        "project.task", "kor_onboarding_id", string="Tasks", domain=[("kor_step", "!=", False)], groups=STAFF
    )
    state = fields.Selection(
        STATES, required=True, default="not_started", readonly=True, index=True, tracking=True, groups=STAFF,
        group_expand="_expand_states", help="Follows from the facts, unless somebody has decided otherwise.",
    )  # fmt: skip
    state_computed = fields.Selection(STATES, string="State by the Facts", readonly=True, groups=STAFF)
    is_open = fields.Boolean(compute="_compute_is_open", store=True, groups=STAFF)
    color = fields.Selection(
        [("grey", "Grey"), ("green", "Green"), ("amber", "Amber"), ("red", "Red")],
        string="Red, Amber, Green",
        readonly=True,
        groups=STAFF,
    )
    reason = fields.Char(readonly=True, groups=STAFF, help="Why it stands so, by the facts.")
    override_state = fields.Selection(
        OVERRIDES, string="Decided State", tracking=True, groups=STAFF, help="Instead of what follows from the facts."
    )
    override_reason = fields.Char(string="Decided Because", tracking=True, groups=STAFF)
    override_until = fields.Date(
        string="Decided until", tracking=True, groups=STAFF, help="Then the facts count again."
    )
    progress = fields.Float(readonly=True, aggregator="avg", groups=STAFF, help="Share of the tasks that are done.")
    date_signed = fields.Date(string="Signed on", required=True, readonly=True, groups=STAFF)
    date_planned = fields.Date(
        string="Planned Go-live", readonly=True, groups=STAFF, help="As it was planned at first."
    )
    date_agreed = fields.Date(
        string="Agreed Go-live", tracking=True, groups=STAFF, help="What the customer was promised."
    )
    date_forecast = fields.Date(
        string="Expected Go-live", readonly=True, groups=STAFF, help="From what is done, what is left, and holidays."
    )
    date_go_live = fields.Date(string="Live since", readonly=True, tracking=True, groups=STAFF)
    date_done = fields.Date(string="Completed on", readonly=True, groups=STAFF)
    date_first_use = fields.Date(string="First Use", readonly=True, groups=STAFF)
    days_to_value = fields.Integer(
        string="Time to Value (days)", compute="_compute_days_to_value", store=True, aggregator="avg", groups=STAFF,
        help="Days from the signature to the first real use; empty until there is some.",
    )  # fmt: skip
    has_value = fields.Boolean(compute="_compute_days_to_value", store=True, groups=STAFF)
    is_on_time = fields.Boolean(
        string="On Time",
        compute="_compute_is_on_time",
        store=True,
        groups=STAFF,
        help="Live on the agreed day or before.",
    )
    on_time_rate = fields.Float(
        string="On-time Rate (%)", compute="_compute_is_on_time", store=True, aggregator="avg", groups=STAFF
    )
    open_customer_tasks = fields.Integer(compute="_compute_open_customer_tasks", groups=STAFF)
    note = fields.Html(string="Internal Notes", groups=STAFF)

    _one_open = models.UniqueIndex(
        "(contract_id) WHERE state NOT IN ('done', 'cancelled')", "The contract is being onboarded already."
    )

    @api.depends("state")
    def _compute_is_open(self):
        for onboarding in self:
            onboarding.is_open = onboarding.state not in ("done", "cancelled")

    @api.depends("date_first_use", "date_signed")
    def _compute_days_to_value(self):
        for onboarding in self:
            used = onboarding.date_first_use
            onboarding.has_value = bool(used)
            onboarding.days_to_value = (used - onboarding.date_signed).days if used else 0

    @api.depends("date_go_live", "date_agreed")
    def _compute_is_on_time(self):
        for onboarding in self:
            live, agreed = onboarding.date_go_live, onboarding.date_agreed
            onboarding.is_on_time = bool(live and agreed and live <= agreed)
            onboarding.on_time_rate = 100.0 * onboarding.is_on_time

    @api.depends("task_ids.kor_owner", "task_ids.kor_date_done")
    def _compute_open_customer_tasks(self):
        for onboarding in self:
            own = onboarding.task_ids.filtered(lambda task: task.kor_owner == "customer" and not task.kor_date_done)
            onboarding.open_customer_tasks = len(own)

    def _compute_display_name(self):
        for onboarding in self:
            onboarding.display_name = f"{onboarding.partner_id.display_name} · {onboarding.name}"

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for onboarding in self:
            onboarding.access_url = f"/my/onboarding/{onboarding.id}"
        return result

    @api.model
    def _expand_states(self, states, _domain):
        return [state for state, _label in STATES if state != "cancelled" or state in states]

    @api.constrains("override_state", "override_reason", "override_until")
    def _check_override(self):
        for onboarding in self:
            if onboarding.override_state and not (onboarding.override_reason and onboarding.override_until):
                raise ValidationError(self.env._("Say why the state is decided, and until which day that holds."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("An onboarding is started on its contract: call start_onboarding()."))
        return super().create(vals_list)

    def write(self, vals):
        fixed = FACTS & set(vals)
        if fixed:
            labels = ", ".join(self._fields[name]._description_string(self.env) for name in sorted(fixed))
            raise UserError(self.env._("%(fields)s: this follows from what happens to the tasks.", fields=labels))
        result = super().write(vals)
        if {"date_agreed", "override_state", "override_until"} & set(vals):
            self._replan()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if self.filtered(lambda one: one.state not in ("not_started", "cancelled")):
            raise UserError(self.env._("An onboarding that has begun is kept. Stop it with stop(reason)."))

    def _note(self, vals):
        """Write facts, where they have changed: below the guard of write()."""
        is_reference = {name: self._fields[name].type == "many2one" for name in vals}
        values = {name: value for name, value in vals.items() if is_reference[name] or self[name] != value}
        # Past the guard of this class only: all other overrides hold.
        return super().write(values) if values else True  # pylint: disable=super-method-mismatch

    def _get_today(self):
        return self.contract_id._get_today()

    def _to_local_day(self, moment):
        """Return the day of a moment in UTC where the contract's days begin."""
        tz = pytz.timezone(self.contract_id.tz or "UTC")
        return pytz.utc.localize(moment).astimezone(tz).date()

    def _to_utc_evening(self, day):
        """Return the end of the working day as tasks keep their deadline: in UTC."""
        tz = pytz.timezone(self.contract_id.tz or "UTC")
        evening = tz.localize(datetime.combine(day, time(18)))
        return evening.astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _start(self, contract, template, manager, date_agreed):
        """Make the onboarding of a contract, its project and its plan, and return it."""
        # One that was stopped just now makes room for the next.
        self.flush_model(["state"])
        onboarding = self.create(
            {
                "name": contract.name,
                "contract_id": contract.id,
                "template_id": template.id,
                "manager_id": manager.id,
                "date_signed": contract._get_signature_day(),
            }
        )
        onboarding._note({"project_id": onboarding._make_project().id})
        onboarding.invalidate_recordset(["task_ids"])
        onboarding._observe()
        onboarding._plan_first(date_agreed)
        onboarding.message_subscribe(partner_ids=manager.partner_id.ids)
        onboarding._mail("welcome")
        return onboarding

    def _plan_first(self, date_agreed):
        """Keep what the engine plans on the day of the signature: what comes later is measured by it."""
        # As it was planned, the plan has no day that is over: what is past moves only what is expected.
        is_open, goal = self.company_id._get_kor_open_days(), self._get_goal().id or None
        plan = self._make_plan(self._get_engine_tasks(self.task_ids), self.date_signed, is_open, goal=goal)
        self._note({"date_planned": plan.go_live, "date_agreed": date_agreed or plan.go_live})
        self._ensure_steps()
        self._plan(is_open, plan)

    def _make_project(self):
        """Return the project from the native template, with the tasks that fit the contract, and their people."""
        template, contract = self.template_id, self.contract_id
        values = {
            "name": self.env._("Onboarding %(customer)s", customer=self.display_name),
            "partner_id": contract.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.manager_id.id,
            # The customer sees the plan on a page of its own, and nothing of the project.
            "privacy_visibility": "employees",
            "allow_task_dependencies": True,
            "kor_onboarding_id": self.id,
        }
        tasks = self.env["project.task"]._as_kor_planned()
        roles = template.role_ids.filtered("user_ids")
        quiet = template.project_id.with_env(tasks.env).with_context(mail_create_nosubscribe=True)
        project = quiet.action_create_from_template(values, role_to_users_mapping=roles)
        self._fit_tasks(project.tasks.with_env(tasks.env))
        return project

    def _fit_tasks(self, tasks):
        """Leave out what the contract has not bought, and give the rest to people."""
        unfit = tasks.filtered(lambda task: task.kor_step and not task._fits_kor_contract(self.contract_id))
        for task in (tasks - unfit).filtered(lambda task: task.depend_on_ids & unfit):
            task.depend_on_ids = [Command.set(task._bridge_kor_needs(unfit).ids)]
        unfit.unlink()
        for task in tasks.exists().filtered("kor_step"):
            roles = task.kor_template_task_id.role_ids
            people = self.template_id._find_people(roles, self.manager_id)
            values = {} if task.user_ids or task.kor_owner == "customer" else {"user_ids": [Command.set(people.ids)]}
            task.write({**values, "partner_id": self.partner_id.id})

    def action_open_tasks(self):
        """Open the tasks of the onboarding.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tasks of %(onboarding)s", onboarding=self.display_name),
            "res_model": "project.task",
            "views": [(self.env.ref("kor_onboarding.project_task_view_list_onboarding").id, "list"), (False, "form")],
            "domain": [("kor_onboarding_id", "=", self.id), ("kor_step", "!=", False)],
            "context": {"default_project_id": self.project_id.id},
        }

    def action_open_contract(self):
        """Open the contract.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.contract_id)

    def action_preview(self):
        """Open the page that the customer sees.

        :return: a URL action
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "self", "url": self.access_url}
