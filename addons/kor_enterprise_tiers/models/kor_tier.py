from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KorTier(models.Model):
    _name = "kor.tier"
    _description = "Tier"
    _inherit = ["kor.input.mixin", "kor.code.mixin", "kor.tier.comparison.mixin", "mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(required=True, copy=False, help="Technical name that other systems ask for.")
    sequence = fields.Integer(default=10, help="Lower tiers come first.")
    parent_id = fields.Many2one(
        "kor.tier",
        string="Includes",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="This tier has all that the other tier has: its features, and its limits unless set here.",
    )
    feature_ids = fields.Many2many(
        "kor.feature", "kor_tier_feature_rel", "tier_id", "feature_id", string="Own Features"
    )
    excluded_feature_ids = fields.Many2many(
        "kor.feature",
        "kor_tier_excluded_feature_rel",
        "tier_id",
        "feature_id",
        string="Without",
        help="Features of the included tier that this tier does not have.",
    )
    all_feature_ids = fields.Many2many(
        "kor.feature",
        string="Features",
        relation="kor_tier_all_feature_rel",
        column1="tier_id",
        column2="feature_id",
        compute="_compute_all_feature_ids",
        store=True,
        recursive=True,
        help="Own features and those of the included tiers, less what is left out.",
    )
    difference_summary = fields.Text(
        string="Difference",
        compute="_compute_difference_summary",
        help="What differs from the included tier.",
    )
    limit_ids = fields.One2many("kor.tier.limit", "tier_id", string="Limits", copy=True)
    support_level_id = fields.Many2one(
        "kor.support.level", string="Support", index="btree_not_null", ondelete="restrict", tracking=True
    )
    uptime_target = fields.Float(
        string="Uptime (%)",
        digits=(16, 4),
        tracking=True,
        help="Share of time the service is up, in percent. 0: as agreed in each contract.",
    )
    is_custom = fields.Boolean(
        string="Custom", help="Terms are agreed with each customer; the comparison shows what differs."
    )
    description = fields.Text(translate=True, help="Shown to customers on the comparison page.")
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: the tier is offered by every company."
    )
    plan_ids = fields.One2many("kor.plan", "tier_id", string="Plans")
    plan_count = fields.Integer(compute="_compute_plan_count")

    _code_unique = models.Constraint("UNIQUE (code)", "Another tier already has this code.")
    _uptime_percent = models.Constraint(
        "CHECK (uptime_target >= 0 AND uptime_target <= 100)", "An uptime is a percentage from 0 to 100."
    )

    @api.depends("feature_ids", "excluded_feature_ids", "parent_id.all_feature_ids")
    def _compute_all_feature_ids(self):
        for tier in self:
            inherited = tier.parent_id.all_feature_ids | tier.feature_ids
            tier.all_feature_ids = inherited - tier.excluded_feature_ids

    @api.depends("parent_id.name", "all_feature_ids.name", "parent_id.all_feature_ids")
    @api.depends_context("lang")
    def _compute_difference_summary(self):
        for tier in self:
            tier.difference_summary = tier._describe_difference()

    @api.depends("plan_ids")
    def _compute_plan_count(self):
        counts = dict(self.env["kor.plan"]._read_group([("tier_id", "in", self.ids)], ["tier_id"], ["__count"]))
        for tier in self:
            tier.plan_count = counts.get(tier._origin, 0)

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A tier cannot include itself, not even through another tier: choose a lower one.")
            )

    def action_open_plans(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_enterprise_tiers.kor_plan_action")
        return {
            **action,
            "domain": [("tier_id", "=", self.id)],
            "context": {"default_tier_id": self.id, "default_company_id": self.company_id.id},
        }

    def _get_limits(self):
        """Return the limits that hold for this tier, by metric: its own, else the included tier's."""
        self.ensure_one()
        limits = self.parent_id._get_limits() if self.parent_id else {}
        return {**limits, **{limit.metric_id: limit for limit in self.limit_ids}}

    def _get_feature_difference(self):
        """Return the features that this tier adds to, and leaves out of, the tier it includes."""
        inherited = self.parent_id.all_feature_ids
        return self.all_feature_ids - inherited, inherited - self.all_feature_ids

    def _describe_difference(self):
        """Return what differs from the included tier, empty where no tier is included."""
        if not self.parent_id:
            return ""
        added, removed = self._get_feature_difference()
        parts = [self.env._("Everything in %(tier)s", tier=self.parent_id.name)]
        if added:
            parts.append(self.env._("plus: %(features)s", features=", ".join(added.mapped("name"))))
        if removed:
            parts.append(self.env._("without: %(features)s", features=", ".join(removed.mapped("name"))))
        return "; ".join(parts)
