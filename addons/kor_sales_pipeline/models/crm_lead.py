from odoo import api, fields, models
from odoo.exceptions import UserError

# Others who sell read opportunities without a right on negotiations.
SELLERS = "kor_sales_pipeline.group_kor_pipeline_user"


class CrmLead(models.Model):
    _inherit = "crm.lead"

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
        order_id = self.generate_proposal()
        return {"type": "ir.actions.act_window", "res_model": "sale.order", "res_id": order_id, "view_mode": "form"}

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
        expected = {}
        for usage in self["kor_usage_ids"] if "kor_usage_ids" in self._fields else ():
            expected[usage.metric_id.code] = usage.quantity
        for code, name in (("users", "kor_users"), ("components", "kor_components")):
            if name in self._fields and self[name]:
                expected[code] = self[name]
        return expected

    def _kor_break_off_lost(self):
        for lead in self:
            if running := lead._kor_get_running_negotiation():
                running._break_off(self.env._("The opportunity was lost."))

    def _kor_get_running_negotiation(self):
        return self.kor_negotiation_ids.filtered(lambda one: one.state not in ("agreed", "broken_off"))[:1]

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
        running = moved.filtered(lambda one: one.state not in ("agreed", "broken_off"))
        for extra in running if self.sudo()._kor_get_running_negotiation() else running[1:]:  # the same
            extra._break_off(self.env._("The opportunity was merged with “%(name)s”.", name=self.name))
        moved.write({"lead_id": self.id})
        return result
