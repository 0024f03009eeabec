from odoo import api, fields, models
from odoo.tools import split_every

from .kor_contract_position_mixin import BILLED, BILLED_GROUP, EARNED, MOVED
from .kor_revenue_flow import KorRevenueFlow

CHUNK = 1000
FIGURES = (
    "billed", "recognized", "liability", "asset", "billed_balance", "recognized_balance", "exchange_balance",
    "liability_balance", "asset_balance",
)  # fmt: skip
# All facts of some contracts.
ALL_FACTS = f"""
    SELECT contract_id, position_group, amount AS billed, balance AS billed_balance, 0 AS recognized,
        0 AS recognized_balance, 0 AS asset, 0 AS asset_balance, 0 AS exchange_balance
    FROM ({BILLED}) billed (contract_id, position_group, month, amount, balance)
    UNION ALL
    SELECT contract_id, position_group, 0, 0, amount, balance, 0, 0, 0
    FROM ({EARNED}) earned (contract_id, position_group, month, amount, balance)
    UNION ALL
    SELECT contract_id, position_group, 0, 0, 0, 0, amount, balance, exchange
    FROM ({MOVED}) moved (contract_id, position_group, month, amount, balance, exchange)
"""
# Those of documents and of entries of closes.
NEW_FACTS = f"""
    SELECT own.contract_id, {BILLED_GROUP} AS position_group, -line.amount_currency AS billed,
        -line.balance AS billed_balance, 0 AS recognized, 0 AS recognized_balance, 0 AS asset, 0 AS asset_balance,
        0 AS exchange_balance
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN (SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
        WHERE kind = 'revenue' AND contract_id = ANY(%(contracts)s)) own
        ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
        AND own.deferral_account_id = line.account_id
    WHERE line.move_id = ANY(%(moves)s) AND line.parent_state = 'posted'
        AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
    UNION ALL
    SELECT item.contract_id, schedule.position_group, 0, 0, item.amount, item.balance, 0, 0, 0
    FROM kor_revenue_item item JOIN kor_revenue_schedule schedule ON schedule.id = item.schedule_id
    WHERE item.id = ANY(%(items)s) AND schedule.kind = 'revenue'
    UNION ALL
    SELECT contract_id, position_group, 0, 0, 0, 0, amount, balance, exchange
    FROM kor_revenue_reclass WHERE id = ANY(%(reclasses)s)
"""
FOUND = """
    SELECT contract_id, position_group, sum(billed) AS billed, sum(recognized) AS recognized,
        sum(billed - recognized + asset) AS liability, sum(asset) AS asset, sum(billed_balance) AS billed_balance,
        sum(recognized_balance) AS recognized_balance, sum(exchange_balance) AS exchange_balance,
        sum(billed_balance - recognized_balance - exchange_balance + asset_balance) AS liability_balance,
        sum(asset_balance) AS asset_balance
    FROM fact GROUP BY contract_id, position_group
"""
INSERT = f"""
    INSERT INTO kor_revenue_balance (contract_id, position_group, partner_id, tier_id, company_id, currency_id,
        company_currency_id, {", ".join(FIGURES)})
    SELECT contract.id, position_group, contract.partner_id, contract.tier_id, contract.company_id,
        contract.currency_id, company.currency_id, {", ".join(FIGURES)}
    FROM found
    JOIN kor_contract contract ON contract.id = found.contract_id
    JOIN res_company company ON company.id = contract.company_id
"""
# What all facts come to, less what is kept: rows that lack, that differ, and that nothing is behind.
KEEP = f"""
    WITH fact AS ({ALL_FACTS}), found AS ({FOUND}), gone AS (
        DELETE FROM kor_revenue_balance kept WHERE contract_id = ANY(%(contracts)s) AND NOT EXISTS (
            SELECT FROM found
            WHERE found.contract_id = kept.contract_id AND found.position_group = kept.position_group)
    )
    {INSERT}
    WHERE NOT EXISTS (SELECT FROM kor_revenue_balance kept
        WHERE kept.contract_id = found.contract_id AND kept.position_group = found.position_group
        AND ({", ".join(f"kept.{name}" for name in FIGURES)})
            IS NOT DISTINCT FROM ({", ".join(f"found.{name}" for name in FIGURES)}))
    ORDER BY contract.id, position_group
    ON CONFLICT (contract_id, position_group) DO UPDATE
        SET ({", ".join(FIGURES)}) = ROW({", ".join(f"excluded.{name}" for name in FIGURES)})
"""
SUMS = ", ".join(f"kor_revenue_balance.{name} + excluded.{name}" for name in FIGURES)
ADD = f"""
    WITH fact AS ({NEW_FACTS}), found AS ({FOUND})
    {INSERT}
    ORDER BY contract.id, position_group
    ON CONFLICT (contract_id, position_group) DO UPDATE
        SET ({", ".join(FIGURES)}) = ROW({SUMS})
"""


class KorRevenueBalance(models.Model):
    """Where a contract stands now: what was billed and not earned, and what was earned and not billed.

    It is kept, because it adds up all facts since the contract began: what is posted or recognised is added, and what
    takes back, as a job each day, brings the rows to what all their facts come to.
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
    def _add(self, contracts, moves=(), items=(), reclasses=()):
        """Add facts that were booked a moment ago, and are not part of the balances of their contracts yet."""
        parts = {"moves": moves, "items": items, "reclasses": reclasses}
        self._execute(ADD, contracts, **{name: [one.id for one in records] for name, records in parts.items()})

    @api.model
    def _keep(self, contracts):
        """Bring the balances of contracts to what their facts come to; what is right already is not written again."""
        self._execute(KEEP, contracts, day="infinity")

    @api.model
    def _execute(self, statement, contracts, **values):
        if not contracts:
            return
        for name, names in KorRevenueFlow._depends.items():
            self.env[name].flush_model(names)
        contracts.flush_model(["company_id", "tier_id"])
        self.flush_model()
        self.env.cr.execute(statement, {"contracts": contracts.ids, **values})
        self.invalidate_model(flush=False)

    @api.autovacuum
    def _keep_all(self):
        """Bring the balances of all contracts to what their facts come to, whatever was changed past the add-on."""
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
