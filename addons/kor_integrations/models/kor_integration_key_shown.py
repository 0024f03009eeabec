from odoo import fields, models


class KorIntegrationKeyShown(models.AbstractModel):
    """Show a key once; it is kept as a hash only."""

    _name = "kor.integration.key.shown"
    _description = "New Key"

    # The form has no record: what it shows comes from the context.
    id = fields.Id()
    key = fields.Char(readonly=True)
    scopes = fields.Char(readonly=True)
    expires = fields.Char(string="Valid until (UTC)", readonly=True)
    url = fields.Char(string="Address", readonly=True)
