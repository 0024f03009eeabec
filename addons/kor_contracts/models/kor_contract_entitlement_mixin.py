from odoo import api, fields, models


class KorContractEntitlementMixin(models.AbstractModel):
    """What a contract entitles its customer to: features, limits, support."""

    _name = "kor.contract.entitlement.mixin"
    _description = "Contract Entitlements"

    feature_ids = fields.Many2many(
        "kor.feature",
        "kor_contract_feature_rel",
        "contract_id",
        "feature_id",
        string="Features",
        copy=True,
        help="Taken over from the tier when the contract is made; change them for this customer.",
    )
    limit_ids = fields.One2many("kor.contract.limit", "contract_id", string="Limits", copy=True)
    support_level_id = fields.Many2one(
        "kor.support.level",
        string="Support",
        compute="_compute_service",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Taken over from the tier when the contract is made.",
    )
    uptime_target = fields.Float(
        string="Uptime (%)",
        compute="_compute_service",
        store=True,
        readonly=False,
        precompute=True,
        digits=(16, 4),
        tracking=True,
        help="Taken over from the tier when the contract is made. 0: no share of time is promised here.",
    )

    _uptime_percent = models.Constraint(
        "CHECK (uptime_target >= 0 AND uptime_target <= 100)", "An uptime is a percentage from 0 to 100."
    )

    # Only the choice of a tier counts: what the tier promises later is no part of this agreement.
    @api.depends("tier_id")
    def _compute_service(self):
        for contract in self:
            contract.support_level_id = contract.tier_id.support_level_id
            contract.uptime_target = contract.tier_id.uptime_target

    def entitlements(self):
        """Tell what the contract allows: its features, its limits with the use so far, its support.

        :return: a dict; `runs` is false before the start, after the end and while in draft
        """
        self.ensure_one()
        self.check_access("read")
        return self.sudo()._prepare_entitlements()  # who may read the contract need not read the catalogue

    def _prepare_entitlements(self):
        used = self._get_use(self.limit_ids.metric_id)
        support = self.support_level_id
        return {
            "contract": self.name,
            "tier": self.tier_id.code or "",
            "runs": self._runs_on(self._get_today()),
            "date_start": fields.Date.to_string(self.date_start),
            "date_end": fields.Date.to_string(self.date_end_effective) or "",
            "features": [
                {"code": feature.code, "name": feature.name, "category": feature.category or ""}
                for feature in self.feature_ids
            ],
            "limits": [limit._as_entitlement(used.get(limit.metric_id, 0)) for limit in self.limit_ids],
            "support": {"code": support.code or "", "name": support.name or ""},
            "uptime_target": self.uptime_target,
        }

    def _get_use(self, metrics):
        """Return the use so far by metric."""
        self.ensure_one()
        return self._get_uses(metrics)[self]

    def _get_uses(self, metrics):
        """Return by contract the use so far by metric: what the lines hold today.

        Extensible, for metrics that are measured; many contracts take no more queries than one.
        """
        used = {contract: dict.fromkeys(metrics, 0) for contract in self}
        for line in self.line_ids.filtered(lambda line: line.charge_type == "per_unit"):
            own, today = used[line.contract_id], line.contract_id._get_today()
            if line.metric_id in own and line._runs_at(today):
                own[line.metric_id] += line.quantity
        return used

    def _runs_on(self, day):
        self.ensure_one()
        within = self.date_start <= day and (not self.date_end_effective or day <= self.date_end_effective)
        # A draft that was cancelled has been agreed by nobody.
        return within and bool(self.date_activated) and self.state != "paused"
