from odoo import api, fields, models
from odoo.tools import split_every

from .kor_contract_position_mixin import BILLED, EARNED, MOVED
from .kor_revenue_flow import KorRevenueFlow

CHUNK = 1000
FIGURES = (
    "billed", "recognized", "liability", "asset", "billed_balance", "recognized_balance", "exchange_balance",
    "liability_balance", "asset_balance",
)  # fmt: skip
# What the facts of some contracts come to, less what is kept: rows that lack, that differ, and that nothing is behind.
KEEP = f"""
    WITH fact AS (
        SELECT contract_id, position_group, amount AS billed, balance AS billed_balance, 0 AS recognized,
            0 AS recognized_balance, 0 AS asset, 0 AS asset_balance, 0 AS exchange_balance
        FROM ({BILLED}) billed (contract_id, position_group, month, amount, balance)
        UNION ALL
        SELECT contract_id, position_group, 0, 0, amount, balance, 0, 0, 0
        FROM ({EARNED}) earned (contract_id, position_group, month, amount, balance)
        UNION ALL
        SELECT contract_id, position_group, 0, 0, 0, 0, amount, balance, exchange
        FROM ({MOVED}) moved (contract_id, position_group, month, amount, balance, exchange)
    ), found AS (
        SELECT contract_id, position_group, sum(billed) AS billed, sum(recognized) AS recognized,
            sum(billed - recognized + asset) AS liability, sum(asset) AS asset, sum(billed_balance) AS billed_balance,
            sum(recognized_balance) AS recognized_balance, sum(exchange_balance) AS exchange_balance,
            sum(billed_balance - recognized_balance - exchange_balance + asset_balance) AS liability_balance,
            sum(asset_balance) AS asset_balance
        FROM fact GROUP BY contract_id, position_group
    ), gone AS (
        DELETE FROM kor_revenue_balance kept WHERE contract_id = ANY(%(contracts)s) AND NOT EXISTS (
            SELECT FROM found
            WHERE found.contract_id = kept.contract_id AND found.position_group = kept.position_group)
    )
    INSERT INTO kor_revenue_balance (contract_id, position_group, partner_id, tier_id, company_id, currency_id,
        company_currency_id, {", ".join(FIGURES)})
    SELECT contract.id, position_group, contract.partner_id, contract.tier_id, contract.company_id,
        contract.currency_id, company.currency_id, {", ".join(FIGURES)}
    FROM found
    JOIN kor_contract contract ON contract.id = found.contract_id
    JOIN res_company company ON company.id = contract.company_id
    ORDER BY contract.id, position_group
    ON CONFLICT (contract_id, position_group) DO UPDATE
        SET ({", ".join(FIGURES)}) = ROW({", ".join(f"excluded.{name}" for name in FIGURES)})
        WHERE ({", ".join(f"kor_revenue_balance.{name}" for name in FIGURES)})
            IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in FIGURES)})
"""


class KorRevenueBalance(models.Model):
    """Where a contract stands now: what was billed and not earned, and what was earned and not billed.

    It is kept, because it adds up all facts since the contract began: whatever posts, takes back or recognises, brings
    the rows of its contracts to what their facts come to.
    """

    _name = "kor.revenue.balance"
    _inherit = ["kor.revenue.balance.mixin"]
    _description = "Contract Balance"
    _log_access = False
    _order = "partner_id, contract_id desc, position_group"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(required=True, ondelete="cascade")
    position_group = fields.Selection(required=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True)
    tier_id = fields.Many2one(related="contract_id.tier_id", store=True)
    company_id = fields.Many2one(required=True)
    currency_id = fields.Many2one(required=True)
    company_currency_id = fields.Many2one(required=True)

    billed = fields.Monetary(string="Billed (contract currency)", readonly=True)
    recognized = fields.Monetary(string="Recognised (contract currency)", readonly=True)
    liability = fields.Monetary(string="Deferred (contract currency)", readonly=True)
    asset = fields.Monetary(string="Unbilled (contract currency)", readonly=True)
    billed_balance = fields.Monetary(
        string="Billed", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="What invoices have charged to be earned by time, less credit notes, without taxes.",
    )  # fmt: skip
    recognized_balance = fields.Monetary(
        string="Recognised", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="What of it closes have booked as revenue.",
    )  # fmt: skip
    exchange_balance = fields.Monetary(
        string="Exchange", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="What invoices differ, by their rate, from what was earned before them.",
    )  # fmt: skip
    liability_balance = fields.Monetary(
        string="Deferred", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Contract liability: billed, and not earned yet (deferred revenue).",
    )  # fmt: skip
    asset_balance = fields.Monetary(
        string="Earned, not Billed", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Contract asset; of use: unbilled receivable.",
    )  # fmt: skip

    _part_unique = models.UniqueIndex(
        "(contract_id, position_group)", "This part of the contract has a balance already."
    )

    @api.model
    def _keep(self, contracts):
        """Bring the balances of contracts to what their facts come to; what is right already is not written again."""
        if not contracts:
            return
        for name, names in KorRevenueFlow._depends.items():
            self.env[name].flush_model(names)
        contracts.flush_model(["company_id", "tier_id"])
        self.flush_model()
        self.env.cr.execute(KEEP, {"contracts": contracts.ids, "day": "infinity"})
        self.invalidate_model(flush=False)

    @api.model
    def _keep_all(self):
        """Bring the balances of all contracts to what their facts come to."""
        found = self.env["kor.revenue.schedule"]._read_group([("kind", "=", "revenue")], ["contract_id"])
        for contracts in split_every(CHUNK, [contract.id for (contract,) in found], self.env["kor.contract"].browse):
            self._keep(contracts)

    def action_open_flows(self):
        """Open the invoice lines, recognised slices and reclassifications behind the row.

        :return: a window action
        """
        return self._open_flows(self.env._("Movements"))

    def action_open_ledger(self):
        """Open the journal items of the contract on its balance accounts, for who may read them.

        :return: a window action
        """
        self.ensure_one()
        reclasses = self.env["kor.revenue.reclass"].search([("contract_id", "=", self.contract_id.id)])
        schedules = self.contract_id.revenue_schedule_ids.filtered(lambda one: one.kind == "revenue")
        accounts = schedules.deferral_account_id | reclasses.account_id
        moves = schedules.item_ids.move_id | reclasses.move_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Items: %(contract)s", contract=self.contract_id.name),
            "res_model": "account.move.line",
            "domain": [
                ("account_id", "in", accounts.ids),
                ("parent_state", "=", "posted"),
                # Entries of a whole month name no contract.
                "|", "|", ("kor_contract_id", "=", self.contract_id.id),
                "&", ("kor_contract_id", "=", False), ("move_id.kor_contract_id", "=", self.contract_id.id),
                "&", ("kor_contract_id", "=", False), ("move_id", "in", moves.ids),
            ],
            "views": [(False, "list"), (False, "form")],
        }  # fmt: skip
