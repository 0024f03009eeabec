from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..groups import SELLERS


class CrmLead(models.Model):
    """Make the proposal that an opportunity expects, and say what the opportunity is worth by it."""

    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    kor_order_id = fields.Many2one(
        "sale.order",
        string="By Proposal",
        compute="_compute_kor_order_id",
        compute_sudo=True,
        groups=SELLERS,
        help="The opportunity is worth what this proposal comes to: the signed one, else the newest that was sent or "
        "approved.",
    )

    @api.depends("order_ids.state", "order_ids.kor_approval_state")
    def _compute_kor_order_id(self):
        for lead in self:
            lead.kor_order_id = lead._kor_get_current_order()

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

    def _kor_get_current_order(self):
        """Return the proposal that counts: the signed one, else the newest that was sent, or approved to be sent."""
        orders = self._origin.sudo().order_ids  # its figures are the lead's, for everybody who sees the lead
        standing = (  # one by one: a filtered recordset forgets the other leads' orders, which are read together
            one
            for one in orders
            if one.kor_is_proposal
            and (one.state in ("sent", "sale") or (one.state == "draft" and one.kor_approval_state == "approved"))
        )
        return max(standing, key=lambda one: (one.state == "sale", one.id), default=orders.browse())

    def _update_revenues_from_so(self, order):
        """Leave the gross amount of a proposal's first period out: what is signed is worth at least its value."""
        if not order.kor_is_proposal:
            return super()._update_revenues_from_so(order)
        for lead in self.filtered(lambda one: one.expected_revenue < one.kor_value):
            lead.expected_revenue = lead.kor_value
        return None

    def _kor_get_estimate(self):
        order = self._kor_get_current_order()
        if not order:
            return super()._kor_get_estimate()
        return self._kor_estimate_prices(
            [(line.kor_terms_id, line._kor_get_discounts()) for line in order._kor_get_chosen_lines()],
            order.kor_plan_id,
            start=order._kor_get_start(),
            term=max(order.kor_term_months, 1),
            # As in the figures of the proposal, which shows limited ones where they are taken off.
            discounts=order.kor_discount_ids._filter_lasting()._get_engine_discounts(),
            currency=order.currency_id,
        )
