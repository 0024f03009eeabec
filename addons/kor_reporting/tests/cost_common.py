from odoo.fields import Command

from odoo.addons.kor_billing.tests.common import KorBillingCommon

MONTH = "2026-03-01"


class CostCase(KorBillingCommon):
    """A company with three contracts of two tiers and two customers, and ways to make pools of March 2026."""

    @classmethod
    def get_default_groups(cls):
        groups = super().get_default_groups() | cls.env.ref("kor_reporting.group_kor_reporting_manager")
        return groups | cls.env.ref("kor_revenue.group_kor_revenue_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.kor_cost_method = "step_down"
        cls.other_tier = cls.env.ref("kor_enterprise_tiers.tier_enterprise")
        cls.first = cls._make_contract()
        cls.second = cls._make_contract(partner_id=cls.other_customer.id)
        cls.third = cls._make_contract(partner_id=cls.other_customer.id, tier_id=cls.other_tier.id)
        cls.contracts = cls.first | cls.second | cls.third
        cls.Pool = cls.env["kor.cost.pool"]
        cls.Allocation = cls.env["kor.cost.allocation"]
        cls.expense = cls.company_data["default_account_expense"]

    @classmethod
    def _pool(cls, amount=100.0, name="Hosting", **values):
        return cls.Pool.create({"name": name, "month": MONTH, "typed_amount": amount, **values})

    @classmethod
    def _direct(cls, **values):
        return cls._pool(method="direct", **values)

    def _shares(self, pool):
        """Return what each contract of the class bears of a pool, in order, as booked."""
        groups = self.Allocation._read_group([("pool_id", "in", pool.ids)], ["contract_id"], ["amount:sum"])
        amounts = {contract: round(amount, 2) for contract, amount in groups}
        return [amounts.get(contract, 0) for contract in self.contracts]

    def _analytic(self, contract):
        """Return what stands on the analytic account of a contract: [(date, amount)]."""
        lines = self.env["account.analytic.line"].search(
            [("auto_account_id.kor_contract_id", "=", contract.id)], order="date, id"
        )
        return [(str(line.date), line.amount) for line in lines]

    def _post(self, day="2026-03-10", amount=100.0, analytic=None, contract=None):
        """Return a posted entry over the expense account."""
        other = self.company_data["default_account_assets"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.expense.id,
                            "balance": amount,
                            "analytic_distribution": analytic,
                            "kor_contract_id": contract and contract.id,
                            "name": "Bill",
                            "tax_ids": [],
                        }
                    ),
                    Command.create({"account_id": other.id, "balance": -amount, "name": "Bill", "tax_ids": []}),
                ],
            }
        )
        entry.action_post()
        return entry

    def _ticket(self, contract, day="2026-03-12"):
        task = self.env["project.task"].sudo().create({"name": "Help", "kor_contract_id": contract.id})
        self.env.cr.execute("UPDATE project_task SET create_date = %s WHERE id = %s", (day, task.id))
        task.invalidate_recordset(["create_date"])
        return task
