from odoo import fields, models
from odoo.tools import SQL

from .kor_revenue_flow import KorRevenueFlow


class KorRevenueBalance(models.Model):
    """Where a contract stands now: what was billed and not earned, and what was earned and not billed."""

    _name = "kor.revenue.balance"
    _inherit = ["kor.revenue.balance.mixin"]
    _description = "Contract Balance"
    _auto = False
    _order = "partner_id, contract_id desc, position_group"
    _rec_name = "contract_id"
    _depends = KorRevenueFlow._depends

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

    @property
    def _table_query(self):
        # Added up before anything is looked up: there are many facts of a contract.
        return SQL(
            """
            SELECT flow.*, contract.partner_id, contract.company_id, contract.currency_id, contract.tier_id,
                company.currency_id AS company_currency_id
            FROM (
                SELECT contract_id * 2::bigint + (position_group = 'usage')::int AS id, contract_id, position_group,
                    sum(amount) FILTER (WHERE kind = 'billed') AS billed,
                    sum(amount) FILTER (WHERE kind = 'recognized') AS recognized,
                    sum(CASE WHEN kind = 'recognized' THEN -amount ELSE amount END) AS liability,
                    sum(amount) FILTER (WHERE kind = 'reclassified') AS asset,
                    sum(balance) FILTER (WHERE kind = 'billed') AS billed_balance,
                    sum(balance) FILTER (WHERE kind = 'recognized') AS recognized_balance,
                    sum(balance) FILTER (WHERE kind = 'exchange') AS exchange_balance,
                    sum(CASE WHEN kind IN ('recognized', 'exchange') THEN -balance ELSE balance END)
                        AS liability_balance,
                    sum(balance) FILTER (WHERE kind = 'reclassified') AS asset_balance
                FROM (%s) fact GROUP BY contract_id, position_group
            ) flow
            JOIN kor_contract contract ON contract.id = flow.contract_id
            JOIN res_company company ON company.id = contract.company_id
            """,
            self.env["kor.revenue.flow"]._get_fact_query(),
        )

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
