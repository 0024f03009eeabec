from odoo import fields, models


class KorIntegrationScope(models.Model):
    """Something that keys can be allowed to do. What each one opens is decided where calls are answered."""

    _name = "kor.integration.scope"
    _inherit = ["kor.input.mixin"]
    _description = "Scope of Keys"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True, help="What other systems call it, such as read:invoices.")
    description = fields.Char(translate=True, help="Shown to customers who choose.")
    feature_id = fields.Many2one(
        "kor.feature",
        string="Needs",
        index="btree_not_null",
        ondelete="restrict",
        help="Contracts without this feature cannot have the scope; keys lose it where the contract loses the feature.",
    )
    is_default = fields.Boolean(string="Proposed", help="New integrations have it unless others are chosen.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another scope has this code.")

    def _allowed_by(self, contract):
        """Return those of the scopes that a contract, read as superuser, can have."""
        return self.filtered(lambda scope: not scope.feature_id or scope.feature_id in contract.feature_ids)
