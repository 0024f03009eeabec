from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    kor_contract_ids = fields.One2many(
        "kor.contract", "partner_id", string="Contracts", groups="kor_contracts.group_kor_contract_user"
    )
    kor_contract_count = fields.Integer(
        string="Contract Count",
        compute="_compute_kor_contract_count",
        groups="kor_contracts.group_kor_contract_user",
    )

    def _compute_kor_contract_count(self):
        counts = dict(
            self.env["kor.contract"]._read_group([("partner_id", "child_of", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            family = partner | partner.child_ids
            partner.kor_contract_count = sum(counts.get(member, 0) for member in family)

    def action_open_kor_contracts(self):
        """Open the contracts of the customer and of its addresses.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {
            **action,
            "domain": [("partner_id", "child_of", self.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
