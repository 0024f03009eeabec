from odoo import fields, models


class KorContractAlertMixin(models.AbstractModel):
    """Show what was said about the limits of a contract, and know whom to tell."""

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

    def _get_alert_user(self):
        """Return who is in charge of the customer and may read the contract, else nobody."""
        self.ensure_one()
        for user in (self.account_manager_id, self.user_id):
            if user.active and self.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]

    def _get_alert_recipient(self):
        """Return whom of the customer's side to write to: the first with an address."""
        self.ensure_one()
        return next((one for one in (self.partner_id, self.partner_invoice_id) if one.email), self.partner_id.browse())
