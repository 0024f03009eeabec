from itertools import count

from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("server", "Servers"),
    ("vcpu", "vCPU"),
    ("memory", "Memory"),
    ("storage", "Storage"),
    ("bandwidth", "Bandwidth"),
    ("other", "Other"),
]
UNITS = {"server": "servers", "vcpu": "vCPU", "memory": "GB", "storage": "GB", "bandwidth": "Mbit/s", "other": "units"}
# A level of two resources in one hour would not add up.
SHARED_AGGREGATION = "sum"


class KorInfrastructureResource(models.Model):
    """Something that infrastructure has so much of: agreed with the customer, set aside for them, used by them."""

    _name = "kor.infrastructure.resource"
    _inherit = [
        "kor.infrastructure.capacity.mixin",
        "kor.infrastructure.resource.cost.mixin",
        "kor.infrastructure.usage.mixin",
        "kor.infrastructure.guard.mixin",
        "kor.input.mixin",
    ]
    _description = "Infrastructure Resource"
    _order = "infrastructure_id, sequence, id"

    name = fields.Char(required=True, compute="_compute_name", store=True, readonly=False, precompute=True)
    code = fields.Char(
        copy=False, help="By which systems that send readings name it. Empty: it follows from what it is."
    )
    infrastructure_id = fields.Many2one("kor.infrastructure", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one(related="infrastructure_id.contract_id", store=True, index=True)
    partner_id = fields.Many2one(related="infrastructure_id.partner_id", store=True, string="Customer")
    company_id = fields.Many2one(related="infrastructure_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, default="server", index=True)
    unit = fields.Char(required=True, compute="_compute_unit", store=True, readonly=False, precompute=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    used = fields.Float(digits=(20, 6), copy=False, aggregator=False, help="As the last reading says.")
    date_used = fields.Datetime(string="Read at", copy=False)
    utilisation = fields.Float(
        string="Utilisation (%)",
        compute="_compute_utilisation",
        store=True,
        aggregator="avg",
        digits=(16, 1),
        help="What is used, of what is allocated.",
    )
    metric_id = fields.Many2one(
        "kor.metric",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("aggregation", "!=", "unique_count")],
        help="Readings become usage of the contract in this metric, from then on: its limits and prices hold.",
    )
    equipment_ids = fields.Many2many(
        "maintenance.equipment",
        "kor_infrastructure_resource_equipment_rel",
        "resource_id",
        "equipment_id",
        string="Equipment",
        copy=False,
        help="The machines that it is made of.",
    )

    _code_unique = models.UniqueIndex(
        "(infrastructure_id, code)", "The infrastructure has a resource with this code already."
    )

    @api.model
    def _get_engine_fields(self):
        return super()._get_engine_fields() | {"used", "date_used"}

    @api.depends("kind")
    def _compute_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for resource in self:
            # What people wrote stays.
            if not resource.name or resource.name in labels.values():
                resource.name = labels.get(resource.kind)

    @api.depends("kind")
    def _compute_unit(self):
        for resource in self:
            if not resource.unit or resource.unit in UNITS.values():
                resource.unit = UNITS.get(resource.kind)

    @api.depends("used", "allocated")
    def _compute_utilisation(self):
        for resource in self:
            resource.utilisation = resource.used * 100 / resource.allocated if resource.allocated > 0 else 0

    @api.depends("name", "infrastructure_id.name")
    def _compute_display_name(self):
        for resource in self:
            resource.display_name = f"{resource.infrastructure_id.name} › {resource.name}"

    @api.constrains("code")
    def _check_code(self):
        for resource in self:
            if not resource.code or len(resource.code) > 64 or resource.code != resource.code.strip():
                raise ValidationError(
                    self.env._("The code of a resource is a text of up to 64 characters, such as “storage”.")
                )

    @api.constrains("metric_id", "infrastructure_id", "active")
    def _check_metric(self):
        metered = self.filtered(lambda one: one.metric_id and one.active)
        for resource in metered.filtered(lambda one: one.metric_id.aggregation == "unique_count"):
            raise ValidationError(
                self.env._(
                    "“%(metric)s” counts different values, which readings do not tell: choose another metric.",
                    metric=resource.metric_id.name,
                )
            )
        domain = [
            ("contract_id", "in", metered.contract_id.ids),
            ("metric_id", "in", metered.metric_id.ids),
            ("metric_id.aggregation", "!=", SHARED_AGGREGATION),
        ]
        for contract, metric, number in self._read_group(domain, ["contract_id", "metric_id"], ["__count"]):
            if number > 1:
                raise ValidationError(
                    self.env._(
                        "Two resources of contract %(contract)s would tell “%(metric)s”, and levels of two do not add "
                        "up: let one resource tell it.",
                        contract=contract.name,
                        metric=metric.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(self._give_codes(vals_list))

    @api.model
    def _give_codes(self, vals_list):
        """Return values in which each resource has a code of its own."""
        ids = [vals.get("infrastructure_id") for vals in vals_list]
        known = self.with_context(active_test=False).search_fetch(
            [("infrastructure_id", "in", [one for one in ids if isinstance(one, int)])], ["code", "infrastructure_id"]
        )
        taken = {(one.infrastructure_id.id, one.code) for one in known}
        taken |= {(vals.get("infrastructure_id"), vals.get("code")) for vals in vals_list}
        result = []
        for vals in vals_list:
            if not vals.get("code"):
                infrastructure_id, kind = vals.get("infrastructure_id"), vals.get("kind") or "server"
                names = (kind if number == 1 else f"{kind}_{number}" for number in count(1))
                code = next(name for name in names if (infrastructure_id, name) not in taken)
                taken.add((infrastructure_id, code))
                vals = {**vals, "code": code}
            result.append(vals)
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self._end_capacity()
        if {"warn_percent", "full_percent", "active"} & set(vals):
            self._follow_warnings()
        return result

    def action_open_readings(self):
        """Open the readings of the resource.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_infrastructure_reading_action")
        return {**action, "domain": [("resource_id", "=", self.id)], "context": {}}
