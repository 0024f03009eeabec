from odoo import fields, models


class KorIntegrationKeyIssue(models.TransientModel):
    """Ask for what a key needs, and show it once."""

    _name = "kor.integration.key.issue"
    _description = "Issue a Key"

    integration_id = fields.Many2one("kor.integration", required=True, ondelete="cascade")
    name = fields.Char(required=True, default=lambda self: self.env._("Key"))
    allowed_scope_ids = fields.Many2many(related="integration_id.scope_ids", string="Allowed Scopes")
    scope_ids = fields.Many2many(
        "kor.integration.scope",
        "kor_integration_key_issue_scope_rel",
        string="Scopes",
        domain="[('id', 'in', allowed_scope_ids)]",
        help="As few as the system needs.",
    )
    date_expires = fields.Date(string="Last Day", help="Empty: as late as the settings allow.")

    def action_issue(self):
        """Issue the key and show it once.

        :return: a window action
        """
        self.ensure_one()
        issued = self.integration_id.issue_key(
            {
                "name": self.name,
                "scopes": self.scope_ids.mapped("code"),
                "expires": fields.Date.to_string(self.date_expires) or None,
            }
        )
        return self.integration_id._show_key(issued)
