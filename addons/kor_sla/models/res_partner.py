from odoo import fields, models

from .kor_ticket_event_mixin import OPEN_STATES


class ResPartner(models.Model):
    _inherit = "res.partner"

    ticket_count = fields.Integer(
        string="Open Tickets", compute="_compute_ticket_count", groups="kor_contracts.group_kor_contract_user"
    )

    def _compute_ticket_count(self):
        customers = self.commercial_partner_id
        counts = dict(
            self.env["project.task"]._read_group(
                [
                    ("project_id.kor_support_partner_id", "in", customers.ids),
                    ("ticket_state", "in", OPEN_STATES),
                ],
                ["project_id.kor_support_partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.ticket_count = counts.get(partner.commercial_partner_id, 0)

    def action_open_kor_tickets(self):
        """Open the customer's tickets.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.ticket_action")
        customer = ("project_id.kor_support_partner_id", "=", self.commercial_partner_id.id)
        return {**action, "domain": [("ticket_number", "!=", False), customer], "context": {}}
