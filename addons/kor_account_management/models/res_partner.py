from odoo import fields, models
from odoo.exceptions import UserError

GROUP = "kor_account_management.group_kor_account_user"


class ResPartner(models.Model):
    _inherit = "res.partner"

    kor_account_count = fields.Integer(string="Accounts", compute="_compute_kor_account_count", groups=GROUP)

    def _compute_kor_account_count(self):
        groups = self.env["kor.account"]._read_group(
            [("partner_id", "in", self.commercial_partner_id.ids)], ["partner_id"], ["__count"]
        )
        counts = dict(groups)
        for partner in self:
            partner.kor_account_count = counts.get(partner.commercial_partner_id, 0)

    def action_open_kor_account(self):
        """Open the account of the customer.

        :return: a window action
        """
        self.ensure_one()
        accounts = self.env["kor.account"].search([("partner_id", "=", self.commercial_partner_id.id)])
        if not accounts:
            raise UserError(self.env._("%(customer)s has no account that you may see.", customer=self.name))
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_account_management.kor_account_action")
        action |= {"domain": [("id", "in", accounts.ids)], "context": {}}
        if len(accounts) == 1:
            action |= {"views": [[False, "form"]], "res_id": accounts.id}
        return action
