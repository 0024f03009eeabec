from odoo import api, fields, models
from odoo.exceptions import UserError

from ..groups import SELLERS
from .kor_negotiation_move_mixin import CLOSED


class CrmLead(models.Model):
    """Negotiate an opportunity: one negotiation at a time, which ends with it."""

    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    # Others who sell read opportunities without a right on negotiations.
    kor_negotiation_ids = fields.One2many("kor.negotiation", "lead_id", string="Negotiations", groups=SELLERS)
    kor_negotiation_id = fields.Many2one(
        "kor.negotiation",
        string="Negotiation",
        compute="_compute_kor_negotiation_id",
        compute_sudo=True,
        groups=SELLERS,
        help="The newest one.",
    )

    @api.depends("kor_negotiation_ids")
    def _compute_kor_negotiation_id(self):
        for lead in self:
            lead.kor_negotiation_id = lead.kor_negotiation_ids.sorted("id")[-1:]

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self.sudo()._kor_break_off_lost()  # whoever may lose an opportunity ends what hangs on it
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_negotiated(self):
        if self.sudo().kor_negotiation_ids.round_ids:  # also those of other companies
            raise UserError(
                self.env._("Something was proposed in a negotiation of this opportunity: mark it as lost instead.")
            )
        self.sudo().kor_negotiation_ids.unlink()  # empty ones go with the opportunity

    def start_negotiation(self):
        """Begin to negotiate this opportunity, with its newest proposal where one is sent.

        :return: the id of the negotiation, the running one where there is one
        """
        self.ensure_one()
        self.check_access("write")
        self.env["kor.negotiation"].check_access("write")
        return self.sudo()._kor_start_negotiation().id  # nobody makes negotiations by hand; the rights are checked

    def action_kor_negotiate(self):
        """Open the newest negotiation, and begin one where there is none.

        :return: a window action
        """
        self.ensure_one()
        negotiation = self.kor_negotiation_id or self.env["kor.negotiation"].browse(self.start_negotiation())
        return negotiation._get_records_action(name=self.env._("Negotiation"))

    def _kor_break_off_lost(self):
        for lead in self:
            if running := lead._kor_get_running_negotiation():
                running._break_off(self.env._("The opportunity was lost."))

    def _kor_get_running_negotiation(self):
        return self.kor_negotiation_ids.filtered(lambda one: one.state not in CLOSED)[:1]

    def _kor_start_negotiation(self, order=None):
        """Return the running negotiation, a new one where there is none.

        :param order: the version it begins with; else the newest that was sent
        """
        self.ensure_one()
        if running := self._kor_get_running_negotiation():
            return running
        order = order or self.order_ids.filtered(lambda one: one.state == "sent").sorted("id")[-1:]
        company = order.company_id or self.company_id or self.env.company
        negotiation = self.env["kor.negotiation"].create(
            {
                "lead_id": self.id,
                "partner_id": (order.partner_id or self.partner_id).id,
                "company_id": company.id,
                "currency_id": (order.currency_id or company.currency_id).id,
            }
        )
        if order:
            negotiation._note_sent(order)
        self._kor_move_to("negotiation")
        return negotiation

    def _merge_dependences(self, opportunities):
        """Keep the negotiations of merged opportunities; only one of them goes on."""
        result = super()._merge_dependences(opportunities)
        moved = opportunities.sudo().kor_negotiation_ids  # whoever may merge keeps what hangs on the opportunities
        running = moved.filtered(lambda one: one.state not in CLOSED)
        for extra in running if self.sudo()._kor_get_running_negotiation() else running[1:]:  # the same
            extra._break_off(self.env._("The opportunity was merged with “%(name)s”.", name=self.name))
        moved.write({"lead_id": self.id})
        return result
