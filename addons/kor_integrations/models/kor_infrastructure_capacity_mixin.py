from odoo import api, fields, models
from odoo.exceptions import ValidationError

# The gravest first: what is shown of a resource that is warned of in several ways.
SEVERITY = ("full", "warning", "over_contracted")


class KorInfrastructureCapacityMixin(models.AbstractModel):
    """How much of a resource there is and what it costs, today, and when it gets scarce.

    What holds today is read from facts; to write it notes a new one, from today on.
    """

    _name = "kor.infrastructure.capacity.mixin"
    _description = "Capacity of Resources"

    capacity_ids = fields.One2many("kor.infrastructure.capacity", "resource_id", string="Quantities", copy=False)
    contracted = fields.Float(
        digits=(20, 6),
        compute="_compute_capacity",
        inverse="_inverse_capacity",
        store=True,
        readonly=False,
        aggregator=False,
        help="What the customer is entitled to, today. A change holds from today on.",
    )
    allocated = fields.Float(
        digits=(20, 6),
        compute="_compute_capacity",
        inverse="_inverse_capacity",
        store=True,
        readonly=False,
        aggregator=False,
        help="What is set aside for the customer today; this is what costs. A change holds from today on.",
    )
    cost_ids = fields.One2many(
        "kor.infrastructure.cost",
        "resource_id",
        string="Costs of a Unit",
        copy=False,
        groups="kor_integrations.group_kor_integration_user",
    )
    unit_cost = fields.Float(
        string="Cost per Unit and Month",
        digits=(20, 6),
        compute="_compute_unit_cost",
        inverse="_inverse_unit_cost",
        groups="kor_integrations.group_kor_integration_user",
        help="What a unit costs us in a month, today. A change holds from today on.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency",
        inverse="_inverse_unit_cost",
        groups="kor_integrations.group_kor_integration_user",
    )
    monthly_cost = fields.Monetary(
        compute="_compute_monthly_cost",
        groups="kor_integrations.group_kor_integration_user",
        help="What is allocated today, at today's cost of a unit, for a whole month.",
    )
    warn_percent = fields.Float(
        string="Warn at (%)", default=80, digits=(16, 1), aggregator=False, help="Of what is allocated. 0: never."
    )
    full_percent = fields.Float(
        string="Full at (%)", default=100, digits=(16, 1), aggregator=False, help="Of what is allocated. 0: never."
    )
    warning_ids = fields.One2many("kor.infrastructure.warning", "resource_id", string="Warnings")
    open_warning = fields.Selection(
        [("none", "None"), ("warning", "Scarce"), ("full", "Full"), ("over_contracted", "More than contracted")],
        string="Warning",
        compute="_compute_open_warning",
    )

    @api.depends("capacity_ids.date_from", "capacity_ids.contracted", "capacity_ids.allocated")
    def _compute_capacity(self):
        current = self._get_current("kor.infrastructure.capacity")
        for resource in self:
            fact = current.get(resource._origin.id)
            resource.contracted = fact.contracted if fact else 0
            resource.allocated = fact.allocated if fact else 0

    def _inverse_capacity(self):
        current = self._get_current("kor.infrastructure.capacity")
        today = fields.Date.context_today(self)
        values = []
        for resource in self:
            fact = current.get(resource.id)
            wanted = (resource.contracted, resource.allocated)
            if wanted != ((fact.contracted, fact.allocated) if fact else (0, 0)):
                values.append(
                    {"resource_id": resource.id, "date_from": today, "contracted": wanted[0], "allocated": wanted[1]}
                )
        self.env["kor.infrastructure.capacity"].create(values)

    @api.depends("cost_ids.date_from", "cost_ids.unit_cost")
    def _compute_unit_cost(self):
        current = self._get_current("kor.infrastructure.cost")
        for resource in self:
            fact = current.get(resource._origin.id)
            resource.unit_cost = fact.unit_cost if fact else 0

    # By itself: what is computed together with the cost would be lost when the cost alone is written.
    @api.depends("cost_ids.date_from", "cost_ids.currency_id", "company_id")
    def _compute_currency(self):
        current = self._get_current("kor.infrastructure.cost")
        for resource in self:
            fact = current.get(resource._origin.id)
            resource.currency_id = fact.currency_id if fact else (resource.company_id or self.env.company).currency_id

    def _inverse_unit_cost(self):
        current = self._get_current("kor.infrastructure.cost")
        today = fields.Date.context_today(self)
        values = []
        for resource in self:
            fact = current.get(resource.id)
            wanted = (resource.unit_cost, resource.currency_id.id)
            if wanted != ((fact.unit_cost, fact.currency_id.id) if fact else (0, wanted[1])):
                values.append(
                    {"resource_id": resource.id, "date_from": today, "unit_cost": wanted[0], "currency_id": wanted[1]}
                )
        self.env["kor.infrastructure.cost"].create(values)

    @api.depends("allocated", "unit_cost", "currency_id")
    def _compute_monthly_cost(self):
        for resource in self:
            resource.monthly_cost = resource.allocated * resource.unit_cost

    def _compute_open_warning(self):
        kinds = {}
        for resource, kind in self.env["kor.infrastructure.warning"]._read_group(
            [("resource_id", "in", self.ids), ("date_end", "=", False)], ["resource_id", "kind"]
        ):
            kinds.setdefault(resource.id, set()).add(kind)
        for resource in self:
            found = kinds.get(resource.id, ())
            resource.open_warning = next((kind for kind in SEVERITY if kind in found), "none")

    @api.constrains("warn_percent", "full_percent")
    def _check_thresholds(self):
        for resource in self:
            for percent in (resource.warn_percent, resource.full_percent):
                if not 0 <= percent <= 1000:
                    raise ValidationError(
                        self.env._("A threshold is a percentage from 0 to 1,000, not %(percent)s.", percent=percent)
                    )

    def _get_current(self, model):
        """Return by resource id the fact of a model that holds today."""
        facts = self.env[model].search(
            [("resource_id", "in", self._origin.ids), ("date_from", "<=", fields.Date.context_today(self))],
            order="date_from, id",
        )
        return {fact.resource_id.id: fact for fact in facts}

    def _end_capacity(self):
        """Note that nothing is held from today on."""
        held = self.filtered(lambda one: one.allocated or one.contracted)
        held.write({"contracted": 0, "allocated": 0})

    def _get_warning_kinds(self):
        """Return what is to be warned of now."""
        self.ensure_one()
        if not self.active or self.infrastructure_id.state in ("planned", "retired"):
            return set()
        kinds = set()
        # Something is used where nothing is set aside: that is full too.
        is_beyond = self.used > 0 and self.allocated <= 0
        if self.full_percent and self.date_used and (is_beyond or self.utilisation >= self.full_percent):
            kinds.add("full")
        if self.warn_percent and self.date_used and (is_beyond or self.utilisation >= self.warn_percent):
            kinds.add("warning")
        if self.contracted and self.allocated > self.contracted:
            kinds.add("over_contracted")
        return kinds

    def _follow_warnings(self):
        """Begin and end warnings as far as they differ from what is to be warned of; each is told once."""
        warnings_sudo = self.env["kor.infrastructure.warning"].sudo()  # nobody writes warnings by hand
        running = warnings_sudo.search([("resource_id", "in", self.ids), ("date_end", "=", False)])
        known = {(one.resource_id.id, one.kind): one for one in running}
        wanted = {(resource.id, kind): resource for resource in self for kind in resource._get_warning_kinds()}
        over = warnings_sudo.union(*(one for key, one in known.items() if key not in wanted))
        over._end()
        begun = [
            {
                "resource_id": resource.id,
                "kind": kind,
                "used": resource.used,
                "allocated": resource.allocated,
                "contracted": resource.contracted,
            }
            for (_id, kind), resource in wanted.items()
            if (resource.id, kind) not in known
        ]
        warnings_sudo.create(begun)._tell()

    @api.model
    def _cron_follow_capacity(self):
        """Let quantities that begin today hold, and warnings follow."""
        today = fields.Date.context_today(self)
        # A day back as well: the days of a zone are not those of UTC.
        begun = self.env["kor.infrastructure.capacity"].search([("date_from", ">=", fields.Date.add(today, days=-2))])
        resources = begun.resource_id
        self.env.add_to_compute(self._fields["contracted"], resources)
        self.env.add_to_compute(self._fields["allocated"], resources)
        resources._follow_warnings()
