from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import clean_context

from .kor_infrastructure import FEATURE as ON_PREMISES_FEATURE
from .kor_integration import FEATURES

# By the state that was left and the one that was entered.
EVENT_CODES = {
    ("draft", "active"): "contract.activated",
    ("paused", "active"): "contract.resumed",
    ("active", "paused"): "contract.paused",
    ("active", "ended"): "contract.ended",
    ("paused", "ended"): "contract.ended",
    ("active", "cancelled"): "contract.ended",
    ("paused", "cancelled"): "contract.ended",
}


class KorContract(models.Model):
    _inherit = "kor.contract"

    integration_ids = fields.One2many("kor.integration", "contract_id", string="Integrations")
    integration_count = fields.Integer(compute="_compute_integration_count")
    infrastructure_ids = fields.One2many("kor.infrastructure", "contract_id", string="Infrastructure")
    infrastructure_count = fields.Integer(compute="_compute_infrastructure_count")
    api_rate_limit = fields.Integer(
        string="API Calls a Minute",
        compute="_compute_api_rate_limit",
        store=True,
        readonly=False,
        tracking=True,
        help="Of all keys of the contract together. Taken over from the tier; 0: no limit.",
    )

    _api_rate_limit_positive = models.Constraint("CHECK (api_rate_limit >= 0)", "A limit of calls is 0 or more.")

    # Only the choice of a tier counts, as for the other terms.
    @api.depends("tier_id")
    def _compute_api_rate_limit(self):
        for contract in self:
            contract.api_rate_limit = contract.tier_id.api_rate_limit

    def _compute_integration_count(self):
        counts = dict(
            self.env["kor.integration"]._read_group(
                [("contract_id", "in", self.ids), ("state", "!=", "retired")], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.integration_count = counts.get(contract, 0)

    def _compute_infrastructure_count(self):
        counts = dict(
            self.env["kor.infrastructure"]._read_group(
                [("contract_id", "in", self.ids), ("state", "!=", "retired")], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.infrastructure_count = counts.get(contract, 0)

    @api.model
    def _take_api_rate_limits(self):
        """Give contracts that were there before the limits of tiers those of their tier."""
        domain = [("api_rate_limit", "=", 0), ("tier_id.api_rate_limit", ">", 0)]
        for tier, contracts in self.search(domain).grouped("tier_id").items():
            contracts.api_rate_limit = tier.api_rate_limit

    def create_integration(self, spec):
        """Add an integration to the contract, as a draft.

        :param spec: `kind` (api, webhook, sso, data_sync, connector), `name`, `owner` (id or e-mail address of a
            contact of the customer) and what belongs to the kind
        :return: the id of the integration
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_integrate()
        # Defaults in the context are the caller's, who may not set everything.
        integrations = self.env["kor.integration"].with_context(clean_context(self.env.context))
        integrations_sudo = integrations.sudo()  # customers add their own ones, and write none of them
        values = integrations_sudo._read_spec(self.sudo(), spec)  # likewise
        return integrations_sudo.create(values).id

    # EXTENDS kor_contracts
    def _set_state(self, target, **values):
        before = {contract: contract.state for contract in self}
        result = super()._set_state(target, **values)
        if target in ("paused", "ended", "cancelled"):
            self._end_single_sign_on()
        self._emit_state_events(before, target)
        return result

    # EXTENDS kor_contracts
    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        code = "contract.renewed" if amendment.is_renewal else "contract.amended"
        self.env["kor.event"]._emit(code, {self: [(amendment, type(amendment)._get_event_data)]})
        return result

    @api.model
    def _emit_state_events(self, before, target):
        """Tell the customers' systems of contracts that have left a state for another.

        :param before: {contract: the state it was in}
        """
        found = {}
        for contract, state in before.items():
            if code := EVENT_CODES.get((state, target)):
                found.setdefault(code, {})[contract] = [(contract, type(contract)._get_event_data)]
        for code, facts in found.items():
            self.env["kor.event"]._emit(code, facts)

    def _get_event_data(self):
        """Return what the customer's systems are told of a contract."""
        self.ensure_one()
        return {
            "state": self.state,
            "date_start": str(self.date_start or ""),
            "date_end": str(self.date_end_effective or ""),
            "term": self.term or "",
        }

    def _end_single_sign_on(self):
        """End the sessions and keys of people who log in with the company, as the contract does not run."""
        integrations_sudo = self.integration_ids.sudo()  # whoever ends the contract
        for integration in integrations_sudo.filtered(lambda one: one.kind == "sso"):
            integration._revoke_people(
                integration._get_sso_users(),
                self.env._("contract %(contract)s does not run", contract=integration.contract_id.name),
            )

    def _check_may_integrate(self):
        user = self.env.user
        if self.env.su or user._is_portal() or user.has_group("kor_integrations.group_kor_integration_manager"):
            return
        raise AccessError(
            self.env._("Only administrators of KOR Enterprise › Integrations and the customer add integrations.")
        )

    def _check_integration_allowed(self, kind):
        """Raise where the contract does not include what an integration of this kind needs."""
        self.ensure_one()
        if names := self._find_lack(FEATURES[kind]):
            raise UserError(
                self.env._(
                    "%(kind)s needs “%(feature)s”, which contract %(contract)s (%(tier)s) does not include. Choose a "
                    "higher tier, or add the feature to the contract.",
                    kind=self.env["kor.integration"]._get_kind_label(kind),
                    **names,
                )
            )

    def _includes_integration(self, kind):
        return FEATURES[kind] in self.feature_ids.mapped("code")

    def _check_may_run_on_premises(self, label):
        """Raise where the contract does not include what runs at the customer's.

        :param label: how the deployment is called
        """
        self.ensure_one()
        if names := self._find_lack(ON_PREMISES_FEATURE):
            raise UserError(
                self.env._(
                    "%(deployment)s needs “%(feature)s”, which contract %(contract)s (%(tier)s) does not include. "
                    "Choose another deployment or a higher tier, or add the feature to the contract.",
                    deployment=label,
                    **names,
                )
            )

    def _find_lack(self, code):
        """Return what a refusal of a feature names, nothing where the contract includes the feature."""
        contract_sudo = self.sudo()  # what it includes is no secret to who may see the contract
        if code in contract_sudo.feature_ids.mapped("code"):
            return {}
        feature = self.env["kor.feature"].sudo().search([("code", "=", code)], limit=1)  # its name only
        return {
            "feature": feature.name or code,
            "contract": contract_sudo.name,
            "tier": contract_sudo.tier_id.name or "–",
        }

    def action_open_integrations(self):
        """Open the integrations of the contract.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_integration_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {"default_contract_id": self.id}}

    def action_open_infrastructure(self):
        """Open the infrastructure of the contract.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_integrations.kor_infrastructure_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {"default_contract_id": self.id}}
