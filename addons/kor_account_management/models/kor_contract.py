from odoo import models
from odoo.exceptions import AccessError, UserError


class KorContract(models.Model):
    _inherit = "kor.contract"

    def write(self, vals):
        result = super().write(vals)
        if "account_manager_id" in vals:
            # A customer has one manager: the account, and by it the other contracts, follow the one of a contract.
            agreed = self.filtered(lambda contract: contract.state in ("active", "paused"))
            agreed._get_accounts_sudo().filtered(
                lambda account: account.user_id.id != vals["account_manager_id"]
            ).user_id = vals["account_manager_id"]
        return result

    def _find_accounts_sudo(self):
        """Return {contract: its account}, without those that have none."""
        accounts_sudo = self.env["kor.account"].sudo().with_context(active_test=False)  # whoever changes the contract
        accounts_sudo = accounts_sudo.search(
            [
                ("partner_id", "in", self.partner_id.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        found = {(account.partner_id, account.company_id): account for account in accounts_sudo}
        keys = {contract: (contract.partner_id.commercial_partner_id, contract.company_id) for contract in self}
        return {contract: found[key] for contract, key in keys.items() if key in found}

    def _get_accounts_sudo(self):
        model_sudo = self.env["kor.account"].sudo()  # as above
        return model_sudo.union(*self._find_accounts_sudo().values())

    def action_activate(self):
        """Let the customer have an account, with its manager, from the agreement on.

        :return: True
        """
        result = super().action_activate()
        model_sudo = self.env["kor.account"].sudo()  # whoever may agree to a contract
        model_sudo._open_accounts(self.partner_id.commercial_partner_id)
        for manager, contracts in self.grouped("account_manager_id").items():
            contracts._get_accounts_sudo().filtered(lambda account: not account.user_id).user_id = manager
        accounts_sudo = self._get_accounts_sudo()
        accounts_sudo._align_contracts()
        accounts_sudo._refresh_aggregates()
        return result

    def _set_state(self, target, **values):
        result = super()._set_state(target, **values)
        self._get_accounts_sudo()._refresh_aggregates()
        return result

    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        self._get_accounts_sudo()._refresh_aggregates()
        return result

    def health(self):
        """Tell how healthy the customer of the contract is, over all its contracts with the company, and why.

        :return: a dict; `score` (0 to 100) is there only where something is known; each of the `parts` has its
            component, weight and reason, and where it is known its reading, score, points and facts
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("kor_account_management.group_kor_account_user"):
            raise AccessError(self.env._("The health of customers is for account managers only."))
        account_sudo = self._find_accounts_sudo().get(self)
        if not account_sudo or not account_sudo.active:
            raise UserError(
                self.env._(
                    "%(customer)s has no account: no contract of this customer runs. Activate the contract first.",
                    customer=self.partner_id.name,
                )
            )
        account_sudo.with_env(self.env).check_access("read")
        return account_sudo._explain_health()

    def action_open_account(self):
        """Open the account of the contract's customer.

        :return: a window action
        """
        self.ensure_one()
        return self.partner_id.with_env(self.env).action_open_kor_account()
