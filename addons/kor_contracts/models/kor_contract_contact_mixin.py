from odoo import models


class KorContractContactMixin(models.AbstractModel):
    """Know who is in charge of a contract and whom of the customer's side to write to, and write."""

    _name = "kor.contract.contact.mixin"
    _inherit = ["kor.template.post.mixin"]
    _description = "Contacts of a Contract"

    def _get_manager(self):
        """Return who is in charge of the customer, whether that user may read the contract or not."""
        return self.account_manager_id or self.user_id

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
