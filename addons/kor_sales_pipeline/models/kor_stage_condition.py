from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# Requirements that one of these fields of the lead fulfils.
FIELD_REQUIREMENTS = {
    "customer": ("partner_id",),
    "email": ("email_from",),
    "plan": ("kor_plan_id", "kor_tier_id"),
    "users": ("kor_users",),
    "usage": ("kor_usage_ids",),
    "date_start": ("kor_date_start",),
    "revenue": ("expected_revenue",),
    "closing": ("date_deadline",),
    "handover": ("kor_handover",),
    "won_reason": ("kor_won_reason_id",),
}


class KorStageCondition(models.Model):
    """Say what an opportunity needs before it may enter a stage."""

    _name = "kor.stage.condition"
    _description = "Entry Condition"
    _inherit = ["kor.input.mixin"]
    _order = "stage_sequence, sequence, id"

    stage_id = fields.Many2one("crm.stage", required=True, index=True, ondelete="cascade")
    stage_sequence = fields.Integer(string="Stage Order", related="stage_id.sequence", store=True)
    name = fields.Char(
        string="Sentence", required=True, translate=True, help="What is to be done, such as “Choose the customer.”"
    )
    requirement = fields.Selection(
        [
            ("customer", "A customer"),
            ("email", "An e-mail address"),
            ("plan", "A plan or tier"),
            ("users", "Number of users"),
            ("usage", "Expected usage"),
            ("date_start", "Start of the contract"),
            ("revenue", "Expected revenue"),
            ("closing", "Expected closing day"),
            ("sent_proposal", "A sent proposal"),
            ("agreement", "An agreed negotiation"),
            ("signed_order", "A signed order"),
            ("won_reason", "The reason why it was won"),
            ("handover", "A handover note"),
            ("domain", "Own rule"),
        ],
        required=True,
        default="domain",
    )
    domain = fields.Char(string="Rule", default="[]", help="Opportunities that fulfil the condition.")
    is_blocking = fields.Boolean(
        string="Blocks",
        default=True,
        help="Blocks: nobody enters the stage without it. Else it is a warning, noted on who goes on without it.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.constrains("requirement", "domain")
    def _check_domain(self):
        for condition in self.filtered(lambda one: one.requirement == "domain"):
            try:
                self.env["crm.lead"].search_count(condition._get_domain(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The rule of “%(condition)s” cannot be used: %(reason)s. Write it as [('priority', '>', '1')].",
                        condition=condition.name,
                        reason=error,
                    )
                ) from error

    def _get_domain(self):
        return Domain(literal_eval(self.domain or "[]"))

    def _filter_met(self, leads):
        """Return the leads that fulfil the condition. Extensible by methods named `_meet_` and the requirement."""
        self.ensure_one()
        names = FIELD_REQUIREMENTS.get(self.requirement)
        if names:
            return leads.filtered(lambda lead: any(lead[name] for name in names))
        return getattr(self, f"_meet_{self.requirement}")(leads)

    def _meet_sent_proposal(self, leads):
        return self._filter_with_order(leads, ("sent", "sale"))

    def _meet_signed_order(self, leads):
        return self._filter_with_order(leads, ("sale",))

    def _meet_agreement(self, leads):
        return leads._kor_filter_agreed()

    def _meet_domain(self, leads):
        return leads.filtered_domain(self._get_domain())

    @api.model
    def _filter_with_order(self, leads, states):
        Order = self.env["sale.order"].sudo()  # an order counts, also one that the seller may not see
        found = Order._read_group(
            [("opportunity_id", "in", leads.ids), ("state", "in", states)], ["opportunity_id"], ["__count"]
        )
        with_order = {lead.id for lead, _count in found}
        return leads.filtered(lambda lead: lead._origin.id in with_order)

    def _get_lacking(self, stages_by_lead):
        """Return by lead the conditions of its given stages that it does not fulfil; one look-up per condition."""
        leads = self.env["crm.lead"].union(*stages_by_lead)
        lacking = dict.fromkeys(leads, self.browse())
        for condition in self:
            asked = leads.filtered(lambda lead, stage=condition.stage_id: stage in stages_by_lead[lead])
            for lead in asked - condition._filter_met(asked):
                lacking[lead] |= condition
        return {lead: conditions for lead, conditions in lacking.items() if conditions}
