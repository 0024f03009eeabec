from odoo import fields, models


class KorContractAlertMixin(models.AbstractModel):
    """Show what was said about the limits of a contract."""

    _name = "kor.contract.alert.mixin"
    _description = "Contract Usage Alerts"

    usage_alert_count = fields.Integer(compute="_compute_usage_alert_count", groups="base.group_user")

    def _compute_usage_alert_count(self):
        groups = self.env["kor.usage.alert"]._read_group(
            [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
        )
        counts = dict(groups)
        for contract in self:
            contract.usage_alert_count = counts.get(contract, 0)

    def action_open_usage_alerts(self):
        """Open what was said about the contract's limits.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_usage.kor_usage_alert_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {}}
