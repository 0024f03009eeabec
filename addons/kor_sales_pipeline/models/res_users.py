from odoo import fields, models

from ..groups import MANAGERS, STAFF


class ResUsers(models.Model):
    _inherit = "res.users"

    kor_has_own_limit = fields.Boolean(string="Own Discount Limit", groups=STAFF)
    kor_discount_limit = fields.Float(
        string="Discount Limit (%)",
        groups=STAFF,
        help="The highest discount on a line of a proposal that this person sends without approval.",
    )

    _kor_limit = models.Constraint(
        "CHECK (kor_discount_limit BETWEEN 0 AND 100)", "A discount limit is a percentage from 0 to 100."
    )

    def _kor_get_discount_limit(self, company):
        """Return up to how many percent this person gives without asking anybody."""
        self.ensure_one()
        user, company = self.sudo(), company.sudo()  # limits are no secret, other settings of people are
        if user.kor_has_own_limit:
            return user.kor_discount_limit
        is_manager = self.has_group(MANAGERS)
        return company.kor_manager_discount_limit if is_manager else company.kor_discount_limit
