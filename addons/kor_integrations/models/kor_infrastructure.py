from odoo import api, fields, models
from odoo.exceptions import ValidationError

DEPLOYMENTS = [
    ("dedicated", "Dedicated servers"),
    ("private_cloud", "Private cloud"),
    ("hybrid", "Hybrid"),
    ("on_premises", "On-premises"),
]
ENVIRONMENTS = [
    ("production", "Production"),
    ("staging", "Staging"),
    ("recovery", "Disaster recovery"),
    ("development", "Development"),
]
# What runs at the customer's, wholly or in part, is a feature of their tier.
ON_PREMISES = ("hybrid", "on_premises")
FEATURE = "on_premises"


class KorInfrastructure(models.Model):
    """What runs for one customer only: servers, a private cloud, or machines in their own data centre."""

    _name = "kor.infrastructure"
    _inherit = [
        "kor.infrastructure.state.mixin",
        "kor.infrastructure.watch.mixin",
        "kor.infrastructure.intake.mixin",
        "kor.infrastructure.cost.mixin",
        "kor.infrastructure.guard.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Infrastructure"
    _order = "contract_id, environment, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    contract_id = fields.Many2one(
        "kor.contract", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    deployment = fields.Selection(DEPLOYMENTS, required=True, default="dedicated", index=True, tracking=True)
    region = fields.Char(tracking=True, help="Where it stands, e.g. eu-central-1 or Frankfurt.")
    environment = fields.Selection(ENVIRONMENTS, required=True, default="production", tracking=True)
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        default=lambda self: self.env.user if self.env.user._is_internal() else False,
        tracking=True,
        help="Told when something is down or gets scarce.",
    )
    contact_id = fields.Many2one(
        "res.partner", string="Customer's Contact", tracking=True, help="Empty: the contact of the contract."
    )
    is_customer_warned = fields.Boolean(
        string="Warn the Customer", tracking=True, help="Their contact gets a mail when a resource gets scarce."
    )
    note = fields.Html(string="Notes", groups="base.group_user", help="For staff only.")

    resource_ids = fields.One2many("kor.infrastructure.resource", "infrastructure_id", string="Resources")
    warning_ids = fields.One2many("kor.infrastructure.warning", "infrastructure_id", string="Capacity Warnings")
    warning_count = fields.Integer(string="Open Warnings", compute="_compute_warning_count")
    utilisation = fields.Float(
        string="Utilisation (%)",
        compute="_compute_utilisation",
        store=True,
        aggregator="avg",
        digits=(16, 1),
        help="Of the resource that is used the most.",
    )
    vcpu_percent = fields.Float(string="vCPU", compute="_compute_percents", digits=(16, 1))
    memory_percent = fields.Float(string="Memory", compute="_compute_percents", digits=(16, 1))
    storage_percent = fields.Float(string="Storage", compute="_compute_percents", digits=(16, 1))
    equipment_ids = fields.Many2many("maintenance.equipment", string="Equipment", compute="_compute_equipment")
    equipment_count = fields.Integer(compute="_compute_equipment")
    request_count = fields.Integer(string="Open Maintenance", compute="_compute_equipment")

    @api.depends("resource_ids.utilisation", "resource_ids.active")
    def _compute_utilisation(self):
        for infrastructure in self:
            infrastructure.utilisation = max(infrastructure.resource_ids.mapped("utilisation"), default=0)

    @api.depends("resource_ids.used", "resource_ids.allocated", "resource_ids.kind", "resource_ids.active")
    def _compute_percents(self):
        for infrastructure in self:
            for kind in ("vcpu", "memory", "storage"):
                resources = infrastructure.resource_ids.filtered(lambda one, kind=kind: one.kind == kind)
                allocated = sum(resources.mapped("allocated"))
                used = sum(resources.mapped("used"))
                infrastructure[f"{kind}_percent"] = used * 100 / allocated if allocated else 0

    def _compute_warning_count(self):
        counts = dict(
            self.env["kor.infrastructure.warning"]._read_group(
                [("infrastructure_id", "in", self.ids), ("date_end", "=", False)], ["infrastructure_id"], ["__count"]
            )
        )
        for infrastructure in self:
            infrastructure.warning_count = counts.get(infrastructure, 0)

    @api.depends("resource_ids.equipment_ids")
    def _compute_equipment(self):
        for infrastructure in self:
            equipment = infrastructure.resource_ids.equipment_ids
            infrastructure.equipment_ids = equipment
            infrastructure.equipment_count = len(equipment)
            infrastructure.request_count = sum(equipment.mapped("maintenance_open_count"))

    @api.constrains("contract_id", "deployment")
    def _check_deployment(self):
        for infrastructure in self.filtered(lambda one: one.deployment in ON_PREMISES):
            infrastructure.contract_id._check_may_run_on_premises(infrastructure._get_label("deployment"))

    @api.constrains("contact_id", "contract_id")
    def _check_contact(self):
        for infrastructure in self.filtered("contact_id"):
            customer = infrastructure.partner_id.commercial_partner_id
            if infrastructure.contact_id.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(customer)s. Choose one of theirs.",
                        contact=infrastructure.contact_id.display_name,
                        customer=customer.display_name,
                    )
                )

    def write(self, vals):
        if "contract_id" in vals:
            moved = self.filtered(lambda one: one.state != "planned" and one.contract_id.id != vals["contract_id"])
            for infrastructure in moved:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is in use: it stays with contract %(contract)s. Retire it and plan a new one.",
                        name=infrastructure.name,
                        contract=infrastructure.contract_id.name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for infrastructure in self.filtered(lambda one: one.state != "planned"):
            raise ValidationError(
                self.env._(
                    "“%(name)s” has been in use: retire it, so that what it cost and used stays known.",
                    name=infrastructure.name,
                )
            )

    def _get_label(self, name):
        """Return the label of the value of a selection."""
        self.ensure_one()
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _get_contact(self):
        """Return whom of the customer's side to write to, empty where nobody has an address."""
        self.ensure_one()
        if self.contact_id.email:
            return self.contact_id
        return self.contract_id._get_alert_recipient()

    def _open(self, action, domain=None):
        self.ensure_one()
        values = self.env["ir.actions.act_window"]._for_xml_id(action)
        domain = domain or [("infrastructure_id", "=", self.id)]
        return {**values, "domain": domain, "context": {"default_infrastructure_id": self.id}}

    def action_open_readings(self):
        """Open the readings of the infrastructure.

        :return: a window action
        """
        return self._open("kor_integrations.kor_infrastructure_reading_action")

    def action_open_costs(self):
        """Open what the infrastructure costs, by month.

        :return: a window action
        """
        return self._open("kor_integrations.kor_infrastructure_cost_report_action")

    def action_open_warnings(self):
        """Open the capacity warnings of the infrastructure.

        :return: a window action
        """
        return self._open("kor_integrations.kor_infrastructure_warning_action")

    def action_open_equipment(self):
        """Open the equipment of the infrastructure.

        :return: a window action
        """
        action = self._open("maintenance.hr_equipment_action", [("id", "in", self.equipment_ids.ids)])
        return {**action, "context": {}}

    def action_open_maintenance(self):
        """Open the maintenance requests of the equipment.

        :return: a window action
        """
        action = self._open("maintenance.hr_equipment_request_action", [("equipment_id", "in", self.equipment_ids.ids)])
        return {**action, "context": {"default_equipment_id": self.equipment_ids[:1].id}}
