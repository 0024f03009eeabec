from odoo import fields, models


class KorTier(models.Model):
    _inherit = "kor.tier"

    contract_ids = fields.One2many(
        "kor.contract", "tier_id", string="Contracts", groups="kor_contracts.group_kor_contract_user"
    )
    contract_count = fields.Integer(compute="_compute_contract_count", groups="kor_contracts.group_kor_contract_user")

    def _compute_contract_count(self):
        counts = dict(self.env["kor.contract"]._read_group([("tier_id", "in", self.ids)], ["tier_id"], ["__count"]))
        for tier in self:
            tier.contract_count = counts.get(tier, 0)

    def action_open_contracts(self):
        """Open the tier's contracts.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "domain": [("tier_id", "=", self.id)], "context": {"default_tier_id": self.id}}
