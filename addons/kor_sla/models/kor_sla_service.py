from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# The worst first: what is said of a service where several outages run at once.
SEVERITY = ("down", "degraded", "maintenance", "unknown")
STATES = [
    ("up", "Operational"),
    ("unknown", "Unknown"),
    ("maintenance", "Maintenance"),
    ("degraded", "Degraded"),
    ("down", "Down"),
]


class KorSlaService(models.Model):
    """Something whose availability is watched. Several contracts can rest on it."""

    _name = "kor.sla.service"
    _inherit = ["kor.code.mixin", "kor.input.mixin"]
    _description = "Monitored Service"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="By which other systems name the service.")
    description = fields.Text(translate=True, help="For customers, on their status page.")
    company_id = fields.Many2one(
        "res.company", index=True, default=lambda self: self.env.company, help="Empty: for all companies."
    )
    user_id = fields.Many2one(
        "res.users", string="Responsible", help="Gets an activity when a monitor says that the service is not well."
    )
    for_all = fields.Boolean(string="For All Contracts", help="Every contract of the company rests on it.")
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="All contracts of these tiers rest on it.")
    contract_ids = fields.Many2many("kor.contract", string="Contracts", check_company=True)
    outage_ids = fields.One2many("kor.sla.outage", "service_id", string="Outages")
    monitor_ids = fields.One2many("kor.sla.monitor", "service_id", string="Monitors")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    state = fields.Selection(STATES, compute="_compute_state", search="_search_state")
    date_state = fields.Datetime(string="Since", compute="_compute_state")
    outage_count = fields.Integer(string="Outages in 90 Days", compute="_compute_outage_count")
    contract_count = fields.Integer(compute="_compute_contract_count")
    color = fields.Integer(compute="_compute_state")

    _code_unique = models.Constraint("UNIQUE (code)", "Another service already has this code.")

    @api.depends("outage_ids.state", "outage_ids.date_start", "outage_ids.date_end", "outage_ids.is_excluded")
    def _compute_state(self):
        running = self.env["kor.sla.outage"].search(
            [("service_id", "in", self.ids), *self._get_running_domain()], order="date_start, id"
        )
        by_service = running.grouped("service_id")
        for service in self:
            outages = by_service.get(service, running.browse())
            state = next((one for one in SEVERITY if one in outages.mapped("state")), "up")
            service.state = state
            service.date_state = outages.filtered(lambda one, state=state: one.state == state)[:1].date_start
            service.color = {"up": 10, "unknown": 0, "maintenance": 4, "degraded": 2, "down": 1}[state]

    @api.model
    def _get_running_domain(self):
        """Return which outages run now, of those that touch all contracts of their service."""
        now = fields.Datetime.now()
        return Domain.AND(
            [
                Domain("date_start", "<=", now),
                Domain("date_end", "=", False) | Domain("date_end", ">", now),
                Domain("is_excluded", "=", False),
                Domain("contract_ids", "=", False),
            ]
        )

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        services = self.with_context(active_test=False).search([])  # pylint: disable=no-search-all  # the parts of a platform
        return [("id", "in", services.filtered(lambda one: one.state in value).ids)]

    def _compute_outage_count(self):
        domain = [
            ("service_id", "in", self.ids),
            ("state", "!=", "maintenance"),
            ("date_start", ">=", "now -90d"),
            ("is_excluded", "=", False),
        ]
        counts = dict(self.env["kor.sla.outage"]._read_group(domain, ["service_id"], ["__count"]))
        for service in self:
            service.outage_count = counts.get(service, 0)

    def _compute_contract_count(self):
        contracts = self.env["kor.contract"].search([("state", "in", ("active", "paused"))])
        for service in self:
            service.contract_count = len(contracts.filtered(service._carries))

    @api.constrains("for_all", "tier_ids", "contract_ids")
    def _check_scope(self):
        for service in self:
            if service.for_all and (service.tier_ids or service.contract_ids):
                raise ValidationError(
                    self.env._(
                        "Service “%(service)s” is for all contracts: leave tiers and contracts empty, or do not let "
                        "it be for all.",
                        service=service.name,
                    )
                )

    def _carries(self, contract, tier=None):
        """Tell whether a contract rests on the service: with the tier that it has, or had at the time."""
        if self.company_id and self.company_id != contract.company_id:
            return False
        return self.for_all or (tier or contract.tier_id) in self.tier_ids or contract in self.contract_ids

    def _describe_outage(self, state):
        """Return what customers read of an outage about which nobody has written yet."""
        self.ensure_one()
        sentences = {
            "down": self.env._("%(service)s is not available", service=self.name),
            "degraded": self.env._("%(service)s works only in part", service=self.name),
            "maintenance": self.env._("Maintenance of %(service)s", service=self.name),
            "unknown": self.env._("The state of %(service)s is not known", service=self.name),
        }
        return sentences[state]

    def get_status(self):
        """Tell how the services are now.

        :return: a list of `{service, name, state, since, outages}`, since when in UTC, empty where nothing runs
        """
        self.check_access("read")
        running = self.env["kor.sla.outage"].search([("service_id", "in", self.ids), *self._get_running_domain()])
        by_service = running.grouped("service_id")
        return [
            {
                "service": service.code,
                "name": service.name,
                "state": service.state,
                "since": fields.Datetime.to_string(service.date_state) or "",
                "outages": by_service.get(service, running.browse()).ids,
            }
            for service in self
        ]

    def action_open_outages(self):
        """Open the outages of the service.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_outage_action")
        return {
            **action,
            "domain": [("service_id", "=", self.id)],
            "context": {"default_service_id": self.id},
        }

    def action_open_contracts(self):
        """Open the contracts that rest on the service.

        :return: a window action
        """
        self.ensure_one()
        contracts = self.env["kor.contract"].search([("state", "in", ("active", "paused"))])
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "domain": [("id", "in", contracts.filtered(self._carries).ids)], "context": {}}
