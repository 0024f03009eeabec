from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_contract_position_mixin import BILLED_GROUP
from .kor_revenue_schedule import GROUPS

KINDS = [
    ("billed", "Billed"),
    ("recognized", "Recognised"),
    ("reclassified", "Reclassified"),
    ("exchange", "Exchange"),
]
# How each kind changes the contract liability; the contract asset changes by what is reclassified alone.
SIGNS = {"billed": 1, "recognized": -1, "reclassified": 1, "exchange": -1}


class KorRevenueFlow(models.Model):
    """A fact behind contract balances: an invoice line, a recognised slice, or what a close moved between accounts."""

    _name = "kor.revenue.flow"
    _description = "Contract Balance Movement"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "contract_id"
    _depends = {
        "account.move": ["move_type", "kor_contract_id", "reversed_entry_id"],
        "account.move.line": [
            "account_id", "amount_currency", "balance", "company_currency_id", "company_id", "date", "kor_contract_id",
            "move_id", "name", "parent_state", "product_id",
        ],
        "kor.billing.item": ["charge_type", "contract_id", "move_id", "move_line_id", "product_id"],
        "kor.contract": ["currency_id", "name", "partner_id"],
        "kor.revenue.item": [
            "amount", "balance", "company_currency_id", "company_id", "contract_id", "date", "kind", "month", "move_id",
            "schedule_id",
        ],
        "kor.revenue.reclass": [
            "amount", "balance", "company_currency_id", "company_id", "contract_id", "date", "deferral_account_id",
            "exchange", "month", "move_id", "position_group",
        ],
        "kor.revenue.schedule": ["contract_id", "deferral_account_id", "kind", "name", "position_group"],
    }  # fmt: skip

    kind = fields.Selection(KINDS, readonly=True)
    name = fields.Char(string="What", readonly=True)
    date = fields.Date(readonly=True)
    month = fields.Date(string="Month", readonly=True, help="The month that it belongs to; else that of its date.")
    contract_id = fields.Many2one("kor.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    position_group = fields.Selection(GROUPS, string="Part", readonly=True)
    schedule_id = fields.Many2one("kor.revenue.schedule", readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    balance = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )

    @property
    def _table_query(self):
        return self._get_flow_query()

    @api.model
    def _get_flow_query(self):
        """Return all facts as SQL: above 0 is what the kind is usually.

        What a fact does not say itself is joined so that PostgreSQL leaves it out where nobody asks for it; for the
        same reason the parts have the same types.
        """
        return SQL(
            """
            SELECT flow.id, flow.kind, COALESCE(flow.label, schedule.name, contract.name) AS name, flow.date,
                flow.month, flow.contract_id, COALESCE(flow.part, schedule.position_group) AS position_group,
                flow.schedule_id, flow.move_id, flow.amount, flow.balance, flow.account_id, flow.company_id,
                flow.company_currency_id, contract.partner_id, contract.currency_id
            FROM (%s UNION ALL %s UNION ALL %s) flow
            LEFT JOIN kor_revenue_schedule schedule ON schedule.id = flow.schedule_id
            LEFT JOIN kor_contract contract ON contract.id = flow.contract_id
            """,
            self._get_billed_query(),
            self._get_recognized_query(),
            self._get_moved_query(),
        )

    @api.model
    def _get_billed_query(self):
        # The same lines as a position takes for billed.
        return SQL(
            """
            SELECT line.id::bigint * 4 AS id, 'billed'::text AS kind, line.name AS label, line.date,
                date_trunc('month', line.date)::date AS month, own.contract_id,
                (%s)::varchar AS part, NULL::int AS schedule_id, line.move_id,
                -line.amount_currency AS amount, -line.balance AS balance, line.account_id, line.company_id,
                line.company_currency_id
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN (SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
                WHERE kind = 'revenue') own
                ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
                AND own.deferral_account_id = line.account_id
            WHERE line.parent_state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            """,
            SQL(BILLED_GROUP),
        )

    @api.model
    def _get_recognized_query(self):
        return SQL(
            """
            SELECT item.id::bigint * 4 + 1, 'recognized'::text, NULL::varchar, item.date, item.month,
                item.contract_id, NULL::varchar, item.schedule_id, item.move_id, item.amount, item.balance,
                NULL::int, item.company_id, item.company_currency_id
            FROM kor_revenue_item item WHERE item.kind = 'revenue'
            """
        )

    @api.model
    def _get_moved_query(self):
        return SQL(
            """
            SELECT moved.id::bigint * 4 + part.number, part.kind, NULL::varchar, moved.date, moved.month,
                moved.contract_id, moved.position_group, NULL::int, moved.move_id, part.amount, part.balance,
                moved.deferral_account_id, moved.company_id, moved.company_currency_id
            FROM kor_revenue_reclass moved
            CROSS JOIN LATERAL (VALUES
                (2, 'reclassified', moved.amount, moved.balance), (3, 'exchange', 0, moved.exchange)
            ) part (number, kind, amount, balance)
            WHERE part.amount != 0 OR part.balance != 0
            """
        )

    def action_open_move(self):
        """Open the invoice or the journal entry.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)
