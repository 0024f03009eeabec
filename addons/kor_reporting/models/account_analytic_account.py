from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    kor_contract_id = fields.Many2one(
        "kor.contract",
        string="Contract",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The contract whose share of costs stands on this account.",
    )

    _kor_contract_unique = models.UniqueIndex(
        "(kor_contract_id) WHERE kor_contract_id IS NOT NULL", "This contract has an analytic account already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        given = [vals.get("kor_contract_id") for vals in vals_list]
        if not self.env.su and any([*given, self.env.context.get("default_kor_contract_id")]):
            self._refuse_of_contracts()
        return super().create(vals_list)

    def write(self, vals):
        is_kept = {"plan_id", "company_id"} & vals.keys() and any(self.mapped("kor_contract_id"))
        if not self.env.su and ("kor_contract_id" in vals or is_kept):
            self._refuse_of_contracts()
        return super().write(vals)

    def _refuse_of_contracts(self):
        raise UserError(
            self.env._("The accounts of contracts are made when costs are allocated; contract, plan and company stay.")
        )

    @api.model
    def _get_of_contracts(self, contracts):
        """Return the analytic account of each contract, made once: {contract: account}."""
        accounts_sudo = self.with_context(active_test=False).sudo()  # whoever allocates needs no right of accounting
        found = {
            account.kor_contract_id.id: account
            for account in accounts_sudo.search_fetch(
                [("kor_contract_id", "in", contracts.ids)], ["kor_contract_id", "plan_id"]
            )
        }
        lacking = contracts.filtered(lambda contract: contract.id not in found)
        if lacking:
            plan = self.env.ref("kor_reporting.analytic_plan_contracts")
            made = accounts_sudo.create([self._prepare_of_contract(contract, plan) for contract in lacking])
            found.update(zip(lacking.ids, made, strict=True))
        return {contract: found[contract.id] for contract in contracts}

    @api.model
    def _prepare_of_contract(self, contract, plan):
        return {
            "name": contract.name,
            "plan_id": plan.id,
            "partner_id": contract.partner_id.id,
            "company_id": contract.company_id.id,
            "kor_contract_id": contract.id,
        }
