from odoo import fields, models
from odoo.tools import is_html_empty

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorLeadHandoverMixin(models.AbstractModel):
    """Say why an opportunity was won, and hand it over to those who onboard the customer."""

    _name = "kor.lead.handover.mixin"
    _description = "Handover to Onboarding"

    kor_won_reason_id = fields.Many2one(
        "kor.won.reason", string="Won Reason", index="btree_not_null", ondelete="restrict", tracking=True, copy=False
    )
    kor_handover = fields.Html(
        string="Handover Note", copy=False, help="What those who onboard the customer have to know."
    )
    kor_contract_id = fields.Many2one(
        "kor.contract", string="Contract", index="btree_not_null", readonly=True, copy=False, check_company=True
    )

    def action_kor_fill_handover(self):
        """Write the handover note anew from what is known of the deal.

        :return: True
        """
        self.check_access("write")
        self._kor_fill_handover(anew=True)
        return True

    def action_kor_open_contract(self):
        """Open the contract that was signed.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {**action, "res_id": self.kor_contract_id.id, "views": [(False, "form")]}

    def _kor_fill_handover(self, anew=False):
        for lead in self.filtered(lambda one: anew or is_html_empty(one.kor_handover)):
            lead.kor_handover = self.env["ir.qweb"]._render(
                "kor_sales_pipeline.lead_handover", lead._kor_prepare_handover_values()
            )

    def _kor_prepare_handover_values(self):
        """Return the facts that the note is written from. Extensible."""
        self.ensure_one()
        lead = self.sudo()  # names plan and order, also for a seller who may read the opportunity only
        order = lead.order_ids.filtered(lambda one: one.state == "sale").sorted("date_order")[-1:]
        lines = order.order_line.filtered(lambda line: not line.display_type) if order.kor_is_proposal else ()
        return {
            "lead": lead,
            "order": order,
            # What was signed, where a proposal was; else what sales expected.
            "sold": [lead._kor_describe_sold(line) for line in lines],
            "estimate": lead.kor_estimate or {},
            "format_quantity": lambda value: format_quantity(self.env, value),
        }

    def _kor_describe_sold(self, line):
        """Return what a line of a proposal has been agreed on, in words."""
        name, terms = line.name.partition("\n")[0], line.kor_terms_id
        if terms.charge_type == "per_unit":
            name = f"{format_quantity(self.env, terms.quantity)} × {name}"
        return f"{name}: {line.kor_price_summary}" if line.kor_price_summary else name

    def _kor_tell_onboarding(self):
        """Give those who onboard an activity, one for each opportunity that was won."""
        by_owner = self.grouped(lambda lead: lead._kor_get_onboarding_owner())
        for owner, leads in ((owner, leads) for owner, leads in by_owner.items() if owner):
            leads.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Onboard the customer: read the handover note"),
                user_id=owner.id,
            )

    def _kor_get_onboarding_owner(self):
        return self.team_id.kor_onboarding_user_id or self.team_id.user_id or self.user_id
