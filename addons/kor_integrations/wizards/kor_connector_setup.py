from odoo import fields, models
from odoo.exceptions import UserError

from ..connectors import CONNECTORS
from ..engine.connector_schema import ConfigError, read_text


class KorConnectorSetup(models.TransientModel):
    """Enter the settings of a connector, as its class declares them."""

    _name = "kor.connector.setup"
    _description = "Settings of a Connector"

    integration_id = fields.Many2one("kor.integration", required=True, readonly=True, ondelete="cascade")
    line_ids = fields.One2many("kor.connector.setup.line", "setup_id")

    def action_apply(self):
        """Check the settings and keep them.

        :return: a window action
        """
        self.ensure_one()
        integration = self.integration_id
        integration._check_may_manage()
        schema = CONNECTORS[integration.connector_code].schema
        try:
            texts = {line.name: line.new_secret if line.is_secret else line.value for line in self.line_ids}
            values = {name: read_text(schema[name], text) for name, text in texts.items()}
        except ConfigError as error:
            raise UserError(str(error)) from error
        integration.configure_connector({name: value for name, value in values.items() if value is not None})
        # What was entered as a secret is kept in one place only.
        self.line_ids.new_secret = False
        return {"type": "ir.actions.act_window_close"}


class KorConnectorSetupLine(models.TransientModel):
    _name = "kor.connector.setup.line"
    _description = "Setting of a Connector"

    setup_id = fields.Many2one("kor.connector.setup", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True, readonly=True)
    title = fields.Char(string="Setting", readonly=True)
    value = fields.Text()
    new_secret = fields.Char(string="Secret", help="Empty: it stays as it is.")
    is_secret = fields.Boolean(readonly=True)
    is_required = fields.Boolean(string="Required", readonly=True)
    help_text = fields.Char(string="What It Is", readonly=True)
