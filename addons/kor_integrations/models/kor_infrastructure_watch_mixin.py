from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import put_in_sentence

from .kor_infrastructure_state_mixin import WATCHED


class KorInfrastructureWatchMixin(models.AbstractModel):
    """What checks find becomes signals of a monitor; outages are computed from them as from those of any other."""

    _name = "kor.infrastructure.watch.mixin"
    _description = "Watch over Infrastructure"

    check_ids = fields.One2many("kor.infrastructure.check", "infrastructure_id", string="Checks")
    down_count = fields.Integer(string="Checks Down", compute="_compute_down_count")
    service_id = fields.Many2one(
        "kor.sla.service",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
        help="The service whose outages the checks find. Empty: one of its own is made when it runs.",
    )
    monitor_id = fields.Many2one("kor.sla.monitor", copy=False, ondelete="restrict", index="btree_not_null")
    sla_excluded = fields.Boolean(
        string="Outages Count for Nothing",
        compute="_compute_sla_excluded",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="For the service level. They are recorded all the same, with the reason. So it is on the customer's own "
        "premises and outside of production, unless agreed otherwise.",
    )
    outage_count = fields.Integer(string="Outages", compute="_compute_outage_count")

    @api.model
    def _get_engine_fields(self):
        return super()._get_engine_fields() | {"monitor_id"}

    @api.depends("check_ids.is_down", "check_ids.active")
    def _compute_down_count(self):
        for infrastructure in self:
            infrastructure.down_count = len(infrastructure.check_ids.filtered("is_down"))

    @api.depends("deployment", "environment")
    def _compute_sla_excluded(self):
        for infrastructure in self:
            is_theirs = infrastructure.deployment == "on_premises"
            infrastructure.sla_excluded = is_theirs or infrastructure.environment != "production"

    def _compute_outage_count(self):
        counts = dict(
            self.env["kor.sla.outage"]._read_group(
                [("monitor_id", "in", self.monitor_id.ids)], ["monitor_id"], ["__count"]
            )
        )
        for infrastructure in self:
            infrastructure.outage_count = counts.get(infrastructure.monitor_id, 0)

    @api.constrains("service_id", "contract_id")
    def _check_service(self):
        for infrastructure in self.filtered("service_id"):
            service_sudo = infrastructure.service_id.sudo()  # whether the contract rests on it only
            if not service_sudo._carries(infrastructure.contract_id.sudo()):  # likewise
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s does not rest on the service “%(service)s”: choose one of its own, or "
                        "leave it empty.",
                        contract=infrastructure.contract_id.name,
                        service=infrastructure.service_id.name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if "service_id" in vals:
            # Who sets infrastructure up says what it is a part of.
            watched_sudo = self.sudo().filtered(lambda one: one.monitor_id and one.service_id)  # as said
            for infrastructure in watched_sudo:
                infrastructure.monitor_id.service_id = infrastructure.service_id
        return result

    def _ensure_watched(self):
        """Give infrastructure with checks a service and a monitor, where there is none yet."""
        watched_sudo = self.sudo().filtered("check_ids")  # who sets infrastructure up need not have rights on support
        lacking = watched_sudo.filtered(lambda one: not one.service_id)
        services_sudo = self.env["kor.sla.service"].sudo()  # likewise
        services = services_sudo.create([infrastructure._prepare_service() for infrastructure in lacking])
        for infrastructure, service in zip(lacking, services, strict=True):
            infrastructure.service_id = service
        lacking = watched_sudo.filtered(lambda one: not one.monitor_id)
        monitors_sudo = self.env["kor.sla.monitor"].sudo()  # likewise
        monitors = monitors_sudo.create(
            [
                {"name": infrastructure.name, "kind": "infrastructure", "service_id": infrastructure.service_id.id}
                for infrastructure in lacking
            ]
        )
        for infrastructure, monitor in zip(lacking, monitors, strict=True):
            infrastructure._as_engine().write({"monitor_id": monitor.id})

    def _prepare_service(self):
        return {
            "name": self.name,
            "code": f"infrastructure-{self.id}",
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "contract_ids": [Command.set(self.contract_id.ids)],
        }

    def _take_turns(self, turns):
        """Tell the monitor which checks went down or up, and let outages and the state follow.

        :param turns: {check: Turn}
        """
        self.ensure_one()
        self._ensure_watched()
        own_sudo = self.sudo()  # outages are written by signals, whoever let the check run
        parts = [check._prepare_signal(turn) for check, turn in turns.items() if check.impact != "none"]
        if parts:
            earliest = min(turn.time for turn in turns.values())
            outages_sudo = self.env["kor.sla.outage"].sudo()  # likewise
            known = outages_sudo.search([("monitor_id", "=", own_sudo.monitor_id.id), ("date_start", ">=", earliest)])
            answer = own_sudo.monitor_id.with_user(SUPERUSER_ID)._take({"turns": parts})
            found = outages_sudo.browse(answer["outages"]).filtered(lambda one: one.date_start >= earliest)
            own_sudo._settle_outages(found - known)
        own_sudo._tell_minor({check: turn for check, turn in turns.items() if check.impact == "none"})
        own_sudo._follow_checks()

    def _settle_outages(self, outages):
        """Let new outages touch this contract only, and count for nothing where that is agreed."""
        service = self.service_id
        if service.for_all or service.tier_ids or service.contract_ids != self.contract_id:
            outages.write({"contract_ids": [Command.set(self.contract_id.ids)]})
        if self.sla_excluded and outages:
            outages.action_exclude(self._describe_exclusion())

    def _describe_exclusion(self):
        if self.deployment == "on_premises":
            return self.env._("“%(name)s” runs on your own premises, for which no uptime is promised.", name=self.name)
        return self.env._(
            "No uptime is promised for “%(name)s” (%(environment)s).",
            name=self.name,
            environment=put_in_sentence(self.env, self._get_label("environment")),
        )

    def _tell_minor(self, turns):
        """Tell the owner of checks that mean no outage, and take it back when they are well."""
        for check, turn in turns.items():
            summary = self.env._("Check “%(name)s” fails", name=check.name)
            told = self.activity_ids.filtered(lambda one, summary=summary: one.summary == summary)
            if not turn.is_down:
                told.action_feedback(feedback=self.env._("It succeeds again.")) if told else None
            elif self.user_id and not told:
                self.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=summary,
                    note=check.last_message or "",
                    user_id=self.user_id.id,
                )

    def _follow_checks(self):
        """Let the state be what the checks find, as long as nobody has said otherwise."""
        for infrastructure in self.filtered(lambda one: one.state in WATCHED):
            down = infrastructure.check_ids.filtered(lambda one: one.is_down and one.impact != "none")
            state = "running"
            if down:
                state = "down" if "down" in down.mapped("impact") else "degraded"
            said_by_people = infrastructure.state != "running" and not infrastructure.is_state_checked
            if state == infrastructure.state or said_by_people:
                continue
            reason = "; ".join(f"{check.name}: {check.last_message or ''}" for check in down)[:500]
            infrastructure._enter(state, reason, is_checked=state != "running")

    def _end_watch(self):
        """End what still runs of infrastructure that is retired."""
        retired_sudo = self.sudo()  # who retires infrastructure need not have rights on support
        retired_sudo.check_ids._end_outages()
        retired_sudo.monitor_id.active = False
        own = retired_sudo.filtered(lambda one: one.service_id.code == f"infrastructure-{one.id}")
        own.service_id.active = False

    def action_open_outages(self):
        """Open the outages that the checks found.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_outage_action")
        return {**action, "domain": [("monitor_id", "=", self.monitor_id.id or 0)], "context": {}}

    def action_run_checks(self):
        """Make all checks of the infrastructure now.

        :return: a notification that says what came of them
        """
        self.ensure_one()
        return self.check_ids.action_run()
