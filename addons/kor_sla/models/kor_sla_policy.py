from odoo import api, fields, models


class KorSlaPolicy(models.Model):
    """What a tier promises. A contract takes a copy of it, which changes by amendments only."""

    _name = "kor.sla.policy"
    _inherit = ["kor.sla.terms.mixin", "kor.input.mixin", "mail.thread"]
    _description = "SLA Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    tier_id = fields.Many2one(
        "kor.tier",
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="New contracts of the tier take a copy. Empty: it is chosen for single contracts only.",
    )
    company_id = fields.Many2one(
        "res.company",
        index=True,
        tracking=True,
        help="Empty: for all companies. A company's own policy goes before the one for all.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    target_ids = fields.One2many("kor.sla.target", "policy_id", string="Targets", copy=True)
    band_ids = fields.One2many("kor.sla.band", "policy_id", string="Credits by Uptime", copy=True)
    pause_reason_ids = fields.Many2many("kor.sla.pause.reason", string="Pauses for", tracking=True)
    agreement_ids = fields.One2many("kor.sla.agreement", "policy_id", string="Agreements")
    contract_count = fields.Integer(string="Contracts", compute="_compute_contract_count")

    @api.depends("agreement_ids.contract_id")
    def _compute_contract_count(self):
        counts = dict(
            self.env["kor.sla.agreement"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["contract_id:count_distinct"]
            )
        )
        for policy in self:
            policy.contract_count = counts.get(policy._origin, 0)

    def write(self, vals):
        noted = {"target_ids", "band_ids"} & set(vals)
        before = {policy: policy._describe_parts() for policy in self} if noted else {}
        result = super().write(vals)
        for policy, parts in before.items():
            policy._note_parts(parts)
        return result

    def copy_data(self, default=None):
        """Name copies as such; they hold for no tier until one is chosen, which would have two policies then."""
        values_list = super().copy_data(default)
        default = default or {}
        for policy, values in zip(self, values_list, strict=True):
            if "name" not in default:
                values["name"] = self.env._("%(name)s (copy)", name=policy.name)
            if "tier_id" not in default:
                values["tier_id"] = False
        return values_list

    def action_open_contracts(self):
        """Open the contracts that have a copy of the policy.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "domain": [("sla_agreement_ids.policy_id", "=", self.id)], "context": {}}

    def _describe_parts(self):
        return [*self.target_ids.mapped("display_name"), *self.band_ids.mapped("display_name")]

    def _note_parts(self, before):
        """Log which targets and bands were changed: those of a list are not tracked by themselves."""
        after = self._describe_parts()
        gone = [text for text in before if text not in after]
        new = [text for text in after if text not in before]
        if gone or new:
            self._message_log(
                body=self.env._(
                    "Targets and credits: %(before)s → %(after)s",
                    before="; ".join(gone) or "–",
                    after="; ".join(new) or "–",
                )
            )

    @api.model
    def _get_for(self, contracts):
        """Return by contract the policy of its tier: the own company's before the one for all."""
        domain = [
            ("tier_id", "in", contracts.tier_id.ids),
            ("company_id", "in", [False, *contracts.company_id.ids]),
        ]
        found = {}
        for policy in self.search(domain):
            found.setdefault((policy.tier_id, policy.company_id), policy)
        nobody = self.env["res.company"]
        return {
            contract: found.get((contract.tier_id, contract.company_id))
            or found.get((contract.tier_id, nobody))
            or self.browse()
            for contract in contracts
        }
