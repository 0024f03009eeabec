from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import open_form


class CrmLead(models.Model):
    """Make the proposal that an opportunity expects."""

    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def generate_proposal(self):
        """Make a proposal from the plan, the expected quantities and the term: a quotation in six parts.

        :return: the id of the sale.order
        """
        self.ensure_one()
        self.check_access("write")
        self.env["sale.order"].check_access("create")
        self._kor_check_can_propose()
        order = self.env["sale.order"].create(self._kor_prepare_proposal_values())
        order._kor_fill()
        self._kor_move_to("proposal")
        return order.id

    def action_kor_generate_proposal(self):
        """Make a proposal and open it.

        :return: a window action
        """
        return open_form(self.env["sale.order"].browse(self.generate_proposal()))

    def _kor_check_can_propose(self):
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "“%(lead)s” has no customer yet. Choose one: a proposal is written to somebody.", lead=self.name
                )
            )
        plan = self.kor_plan_id
        if not plan:
            raise UserError(
                self.env._("“%(lead)s” has no plan. Choose the one that the proposal offers.", lead=self.name)
            )
        company = self.company_id or self.env.company
        if plan.company_id and plan.company_id != company:
            raise UserError(
                self.env._(
                    "Plan “%(plan)s” is not offered by %(company)s. Choose another plan.",
                    plan=plan.name,
                    company=company.name,
                )
            )

    def _kor_prepare_proposal_values(self):
        context = self._prepare_opportunity_quotation_context()
        values = {
            name.removeprefix("default_"): value for name, value in context.items() if name.startswith("default_")
        }
        plan = self.kor_plan_id
        return {
            **values,
            "kor_is_proposal": True,
            "kor_plan_id": plan.id,
            "kor_term_months": self.kor_term_months or self.env["sale.order"]._kor_get_list_months(plan),
            "kor_date_start": self.kor_date_start or fields.Date.context_today(self),
            "pricelist_id": False,
            "sale_order_template_id": False,
            "require_signature": True,
            "require_payment": False,
        }

    def _kor_get_expected_quantities(self):
        """Return the quantities expected of the customer, by the code of the metric. Extensible."""
        self.ensure_one()
        expected = {usage.metric_id.code: usage.quantity for usage in self.kor_usage_ids}
        held = {"users": self.kor_users, "components": self.kor_components}
        return expected | {code: quantity for code, quantity in held.items() if quantity}
