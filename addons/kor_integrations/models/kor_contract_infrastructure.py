from odoo import fields, models
from odoo.exceptions import UserError

from .kor_infrastructure import FEATURE


class KorContract(models.Model):
    _inherit = "kor.contract"

    infrastructure_ids = fields.One2many("kor.infrastructure", "contract_id", string="Infrastructure")
    infrastructure_count = fields.Integer(compute="_compute_infrastructure_count")

    def _compute_infrastructure_count(self):
        counts = dict(
            self.env["kor.infrastructure"]._read_group(
                [("contract_id", "in", self.ids), ("state", "!=", "retired")], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.infrastructure_count = counts.get(contract, 0)

    def _check_may_run_on_premises(self, label):
        """Raise where the contract does not include what runs at the customer's.

        :param label: how the deployment is called
        """
        self.ensure_one()
        contract_sudo = self.sudo()  # what it includes is no secret to who may see the contract
        if FEATURE in contract_sudo.feature_ids.mapped("code"):
            return
        feature = self.env["kor.feature"].sudo().search([("code", "=", FEATURE)], limit=1)  # its name only
        raise UserError(
            self.env._(
                "%(deployment)s needs “%(feature)s”, which contract %(contract)s (%(tier)s) does not include. Choose "
                "another deployment or a higher tier, or add the feature to the contract.",
                deployment=label,
                feature=feature.name or FEATURE,
                contract=contract_sudo.name,
                tier=contract_sudo.tier_id.name or "–",
            )
        )

    def action_open_infrastructure(self):
        """Open the infrastructure of the contract.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_infrastructure_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {"default_contract_id": self.id}}
