from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("api", "API"),
    ("webhook", "Webhook"),
    ("sso", "Single sign-on"),
    ("data_sync", "Data sync"),
    ("connector", "Connector"),
]
# What the contract must include for each kind.
FEATURES = {
    "api": "api_access",
    "webhook": "api_access",
    "sso": "advanced_security",
    "data_sync": "custom_integrations",
    "connector": "custom_integrations",
}


class KorIntegration(models.Model):
    """One connection between a customer's systems and ours: what it is, whether it runs, how well."""

    _name = "kor.integration"
    _inherit = [
        "kor.integration.api.mixin",
        "kor.integration.webhook.mixin",
        "kor.integration.sso.mixin",
        "kor.integration.sync.mixin",
        "kor.integration.connector.mixin",
        "kor.integration.spec.mixin",
        "kor.integration.portal.mixin",
        "kor.integration.notice.mixin",
        "kor.integration.state.mixin",
        "kor.integration.health.mixin",
        "kor.engine.fields.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Integration"
    _order = "contract_id, kind, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    contract_id = fields.Many2one(
        "kor.contract", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True, string="Customer")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    tier_id = fields.Many2one(related="contract_id.tier_id")
    kind = fields.Selection(KINDS, required=True, default="api", index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user if self.env.user._is_internal() else False,
        tracking=True,
        help="Told when it fails.",
    )
    owner_id = fields.Many2one(
        "res.partner", string="Customer's Contact", tracking=True, help="Told by mail when it fails or is switched off."
    )
    is_self_service = fields.Boolean(
        string="Customer Manages It",
        default=True,
        tracking=True,
        help="The customer changes, pauses and rotates it in the portal. Otherwise they see it only.",
    )
    note = fields.Html(string="Notes", groups="base.group_user", help="For staff only.")

    @api.constrains("contract_id", "kind")
    def _check_allowed(self):
        for integration in self:
            integration.contract_id._check_integration_allowed(integration.kind)

    @api.constrains("owner_id", "contract_id")
    def _check_owner(self):
        for integration in self:
            customer = integration.partner_id.commercial_partner_id
            if integration.owner_id and integration.owner_id.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(customer)s. Choose one of theirs.",
                        contact=integration.owner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.model
    def _get_engine_fields(self):
        """Return the fields that nobody writes but the actions and what integrations do. Extensible."""
        return {
            "state",
            "date_activated",
            "health",
            "failure_count",
            "error_rate",
            "date_last_success",
            "date_last_failure",
            "last_error",
            "log_ids",
            "day_ids",
            "key_ids",
        }

    @api.model
    def _is_engine_field(self, name):
        return super()._is_engine_field(name) or name in self._get_engine_fields()

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("It follows from what the integration does: use its actions, such as Activate and Pause.")

    def write(self, vals):
        if "contract_id" in vals or "kind" in vals:
            for integration in self.filtered(lambda one: one.state != "draft"):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” has run already: its contract and its kind stay. Retire it and make a new one.",
                        name=integration.name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_run(self):
        for integration in self.filtered(lambda one: one.state != "draft"):
            raise ValidationError(
                self.env._("“%(name)s” has run: retire it, so that its log stays.", name=integration.name)
            )
