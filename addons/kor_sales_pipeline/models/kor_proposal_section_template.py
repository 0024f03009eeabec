from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.placeholders import find_unknown

PARTS = [
    ("summary", "Executive summary"),
    ("solution", "Solution overview"),
    ("pricing", "Pricing"),
    ("implementation", "Implementation plan"),
    ("service", "Support and SLA"),
    ("terms", "Terms and conditions"),
]
# What stands for what in the texts. Documented on the form; filled by `sale.order._kor_get_placeholders()`.
PLACEHOLDERS = [
    "customer",
    "contact",
    "company",
    "seller",
    "plan",
    "tier",
    "term",
    "start",
    "end",
    "valid_until",
    "users",
    "components",
    "monthly",
    "yearly",
    "one_time",
    "once",
    "uptime",
    "support",
    "number",
]


class KorProposalSectionTemplate(models.Model):
    """A text of the library; proposals take copies, so that editing it changes no offer."""

    _name = "kor.proposal.section.template"
    _description = "Section of the Proposal Library"
    _order = "sequence, id"

    name = fields.Char(string="Heading", required=True, translate=True)
    part = fields.Selection(PARTS, required=True, default="summary")
    body = fields.Html(
        translate=True,
        help="Names in double braces are filled in for each proposal: {{customer}}, {{contact}}, {{company}}, "
        "{{seller}}, {{plan}}, {{tier}}, {{term}}, {{start}}, {{end}}, {{valid_until}}, {{users}}, {{components}}, "
        "{{monthly}}, {{yearly}}, {{one_time}}, {{once}}, {{uptime}}, {{support}}, {{number}}.",
    )
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Tiers whose proposals get this text. Empty: all.")
    is_default = fields.Boolean(string="In new proposals", default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.constrains("body")
    def _check_placeholders(self):
        for template in self:
            template._check_known(template.body)

    @api.model
    def _check_known(self, body):
        unknown = find_unknown(str(body or ""), set(PLACEHOLDERS))
        if unknown:
            raise ValidationError(
                self.env._(
                    "There is no placeholder {{%(name)s}}. Use one of: %(known)s.",
                    name=unknown[0],
                    known=", ".join(PLACEHOLDERS),
                )
            )

    @api.model
    def _get_for(self, tier, company):
        """Return the texts with which a proposal for a tier starts."""
        templates = self.search([("is_default", "=", True), ("company_id", "in", (False, company.id))])
        return templates.filtered(lambda one: not one.tier_ids or tier in one.tier_ids)
