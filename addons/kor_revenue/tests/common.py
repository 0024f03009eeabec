from odoo.addons.kor_billing.tests.common import KorBillingCommon


class KorRevenueCommon(KorBillingCommon):
    """The company of billing, which earns by its contracts."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("kor_revenue.group_kor_revenue_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.action_kor_setup_revenue()
        cls.liability = cls.company.kor_liability_account_id
        cls.asset = cls.company.kor_asset_account_id
        cls.unbilled = cls.company.kor_unbilled_account_id
        cls.income = cls.company_data["default_account_revenue"]

    def tearDown(self):
        # Whatever a test did, and in which order.
        self.assertEqual(*self._compare_balances())
        super().tearDown()

    def _compare_balances(self):
        """Return the kept balances, and what the facts behind them come to now."""
        facts = {}
        for contract, group, kind, amount, balance in (
            self.env["kor.revenue.flow"]
            .sudo()
            ._read_group([], ["contract_id", "position_group", "kind"], ["amount:sum", "balance:sum"])
        ):
            facts.setdefault((contract, group), {})[kind] = (amount, balance)
        wanted = {}
        for key, found in facts.items():
            billed, recognized, moved, exchange = (
                found.get(kind, (0, 0)) for kind in ("billed", "recognized", "reclassified", "exchange")
            )
            net = [b - r - e + m for b, r, e, m in zip(billed, recognized, exchange, moved, strict=True)]
            wanted[key] = [round(one, 2) + 0.0 for one in (*billed, *recognized, *net, *moved, exchange[1])]
        names = [
            f"{name}{suffix}" for name in ("billed", "recognized", "liability", "asset") for suffix in ("", "_balance")
        ]
        kept = {
            (row.contract_id, row.position_group): [round(row[name], 2) + 0.0 for name in (*names, "exchange_balance")]
            for row in self.env["kor.revenue.balance"].sudo().search([])
        }
        return kept, wanted

    def _months(self, contract, line=None):
        """Return what a contract earns by month, as texts and floats."""
        contract._refresh_revenue()
        rows = contract.revenue_schedule_ids.month_ids
        if line:
            rows = rows.filtered(lambda row: row.schedule_id.contract_line_id == line)
        found = {}
        for row in rows:
            key = str(row.month)[:7]
            found[key] = round(found.get(key, 0) + row.amount, 2)
        return {key: amount for key, amount in sorted(found.items()) if amount}

    def _balance(self, account, contract=None):
        """Return the balance of an account, as its credit side reads it; of a contract's entries only, or of all."""
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("company_id", "=", self.company.id)]
        )
        if contract:
            lines = lines.filtered(lambda line: contract in (line.kor_contract_id, line.move_id.kor_contract_id))
        return round(-sum(lines.mapped("balance")), 2) + 0.0
