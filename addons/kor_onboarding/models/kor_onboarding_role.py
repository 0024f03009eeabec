from odoo import fields, models


class KorOnboardingRole(models.Model):
    """Who takes a role in the onboardings of a template."""

    _name = "kor.onboarding.role"
    _description = "Role in an Onboarding"
    _order = "template_id, id"
    _rec_name = "role_id"

    template_id = fields.Many2one("kor.onboarding.template", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="template_id.company_id", store=True)
    role_id = fields.Many2one("project.role", required=True, ondelete="restrict")
    user_ids = fields.Many2many(
        "res.users", string="People", domain=[("share", "=", False)], help="Empty: the onboarding's manager."
    )

    _role_unique = models.UniqueIndex("(template_id, role_id)", "The template has this role already.")
