from odoo import fields, models


class KorPlan(models.Model):
    _inherit = "kor.plan"

    contract_ids = fields.One2many(
        "kor.contract", "plan_id", string="Contracts", groups="kor_contracts.group_kor_contract_user"
    )
    contract_count = fields.Integer(compute="_compute_contract_count", groups="kor_contracts.group_kor_contract_user")

    def _compute_contract_count(self):
        counts = dict(self.env["kor.contract"]._read_group([("plan_id", "in", self.ids)], ["plan_id"], ["__count"]))
        for plan in self:
            plan.contract_count = counts.get(plan, 0)

    def _get_included_charges(self):
        """Return the charges that every contract on this plan starts with. Extensible."""
        return self.charge_ids.filtered(lambda charge: not charge.optional)

    def action_open_contracts(self):
        """Open the plan's contracts.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {"default_plan_id": self.id}}
