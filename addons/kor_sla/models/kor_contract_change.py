from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorContractChange(models.Model):
    """A change of what is promised: another policy, uptime target or support level."""

    _inherit = "kor.contract.change"

    kind = fields.Selection(selection_add=[("sla", "Service level")], ondelete={"sla": "cascade"})
    sla_policy_id = fields.Many2one(
        "kor.sla.policy",
        string="New SLA Policy",
        ondelete="restrict",
        help="Its targets, credits and rules replace those that hold. Empty: they stay.",
    )
    uptime_target = fields.Float(
        string="New Uptime (%)", digits=(16, 4), help="0: that of the new policy, or as before."
    )
    support_level_id = fields.Many2one(
        "kor.support.level", string="New Support", ondelete="restrict", help="Empty: as before."
    )

    @api.depends("sla_policy_id", "uptime_target", "support_level_id")
    def _compute_summary(self):
        return super()._compute_summary()

    @api.constrains("sla_policy_id", "uptime_target", "support_level_id")
    def _check_sla(self):
        self._check_whole()

    @api.model
    def _get_needs(self):
        return {**super()._get_needs(), "sla": ()}

    @api.model
    def _get_plain_names(self):
        return {**super()._get_plain_names(), "policy": "sla_policy_id", "support_level": "support_level_id"}

    @api.model
    def _parse(self, contract, change):
        values = super()._parse(contract, change)
        code = values.get("support_level_id")
        # An id is taken as well, and checked like all others.
        return {**values, "support_level_id": self._find_support_level(code)} if isinstance(code, str) else values

    @api.model
    def _find_support_level(self, code):
        levels = self.env["kor.support.level"].search([])  # pylint: disable=no-search-all  # a handful
        found = levels.filtered(lambda level: level.code == code)
        if not found:
            raise UserError(
                self.env._(
                    "There is no support level “%(code)s”: use one of %(known)s.",
                    code=code,
                    known=", ".join(levels.mapped("code")) or "–",
                )
            )
        return found.id

    def _find_sla_problem(self):
        if not (self.sla_policy_id or self.uptime_target or self.support_level_id):
            return self.env._("give a policy, an uptime target or a support level.")
        if not 0 <= self.uptime_target <= 100:
            return self.env._("an uptime target is a percentage from 0 to 100.")
        policy_sudo = self.sla_policy_id.sudo()  # the officer may not read what another company promises
        if policy_sudo.company_id not in (self.env["res.company"], self.contract_id.company_id):
            return self.env._("the policy is one of another company.")
        return ""

    def _describe(self):
        if self.kind != "sla":
            return super()._describe()
        parts = []
        if self.sla_policy_id:
            parts.append(self.env._("policy “%(policy)s”", policy=self.sla_policy_id.name))
        if self.uptime_target:
            parts.append(self.env._("uptime %(target)s %%", target=format_quantity(self.env, self.uptime_target)))
        if self.support_level_id:
            parts.append(self.env._("%(level)s support", level=self.support_level_id.name))
        return ", ".join(parts)

    def _apply_sla(self, day):
        self.contract_id._amend_sla(day, self.amendment_id, self._get_sla_terms())

    def _apply_plan(self, day):
        """Let the service level be that of the new tier, but for what the amendment says of it."""
        result = super()._apply_plan(day)
        self.contract_id._take_sla_of_tier(day, self.amendment_id)
        changes = self.amendment_id.change_ids
        for change in changes[: changes.ids.index(self.id)].filtered(lambda one: one.kind == "sla"):
            change._apply_sla(day)
        return result

    def _apply_transfer(self, day):
        """Hand over also the service levels that are agreed for later."""
        contract = self.contract_id
        known = contract.transferred_to_ids
        result = super()._apply_transfer(day)
        (contract.transferred_to_ids - known)._take_later_sla(contract, day)
        return result

    def _get_sla_terms(self):
        return {
            "policy": self.sla_policy_id.sudo(),  # an amendment is applied by whoever may, or by the customer
            "uptime_target": self.uptime_target,
            "support_level": self.support_level_id.sudo(),  # an amendment is applied by whoever may, or by the customer
        }

    def _leave_sla(self, terms, version):
        """Return what is left of changed terms for a later version, which these changes made.

        What they set themselves stays as it is there.
        """
        own = self.filtered(lambda one: one.kind == "sla")
        if "plan" in self.mapped("kind") or own.sla_policy_id:
            terms = {**terms, "policy": terms["policy"].browse(), "uptime_target": 0}
        if "plan" in self.mapped("kind") or own.support_level_id:
            terms = {**terms, "support_level": terms["support_level"].browse()}
        if any(own.mapped("uptime_target")):
            # With another policy, the target would be that policy's.
            terms = {**terms, "uptime_target": version.uptime_target if terms["policy"] else 0}
        return terms
