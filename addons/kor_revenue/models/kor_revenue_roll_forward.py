from odoo import api, fields, models
from odoo.tools import SQL

from .kor_revenue_flow import KorRevenueFlow

FIGURES = (
    "opening_liability",
    "billed",
    "recognized",
    "exchange",
    "reclassified",
    "closing_liability",
    "opening_asset",
    "closing_asset",
)


class KorRevenueRollForward(models.Model):
    """What made of a contract's balances at the beginning of a period those at its end.

    The period is that of the context: date_from and date_to, both inclusive.
    """

    _name = "kor.revenue.roll.forward"
    _inherit = ["kor.revenue.balance.mixin"]
    _description = "Roll-forward of Contract Balances"
    _auto = False
    _order = "partner_id, contract_id desc, position_group"
    _rec_name = "contract_id"
    _depends = KorRevenueFlow._depends

    opening_liability = fields.Monetary(string="Deferred before (contract currency)", readonly=True)
    billed = fields.Monetary(string="Billed (contract currency)", readonly=True)
    recognized = fields.Monetary(string="Recognised (contract currency)", readonly=True)
    exchange = fields.Monetary(string="Exchange (contract currency)", readonly=True)
    reclassified = fields.Monetary(string="Reclassified (contract currency)", readonly=True)
    closing_liability = fields.Monetary(string="Deferred after (contract currency)", readonly=True)
    opening_asset = fields.Monetary(string="Unbilled before (contract currency)", readonly=True)
    closing_asset = fields.Monetary(string="Unbilled after (contract currency)", readonly=True)
    opening_liability_balance = fields.Monetary(
        string="Deferred before", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Contract liability at the beginning of the period.",
    )  # fmt: skip
    billed_balance = fields.Monetary(
        string="+ Billed", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    recognized_balance = fields.Monetary(
        string="− Recognised", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    exchange_balance = fields.Monetary(
        string="− Exchange", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Gains (above 0) and losses of invoices against what was earned before them.",
    )  # fmt: skip
    reclassified_balance = fields.Monetary(
        string="+ Reclassified", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="What closes moved to the contract asset, or to the unbilled receivable, so that a contract shows as one.",
    )  # fmt: skip
    closing_liability_balance = fields.Monetary(
        string="= Deferred after", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Contract liability at the end of the period, as the ledger has it.",
    )  # fmt: skip
    opening_asset_balance = fields.Monetary(
        string="Unbilled before", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Contract asset, or unbilled receivable, at the beginning of the period.",
    )  # fmt: skip
    closing_asset_balance = fields.Monetary(
        string="Unbilled after", currency_field="company_currency_id", readonly=True, aggregator="sum",
        help="Before, and what was reclassified.",
    )  # fmt: skip

    @property
    def _table_query(self):
        first, last = self._get_period()
        return SQL(
            """
            SELECT flow.contract_id * 2::bigint + (flow.position_group = 'usage')::int AS id, flow.contract_id,
                flow.position_group, flow.partner_id, flow.company_id, flow.currency_id, flow.company_currency_id,
                contract.tier_id, %s, %s
            FROM (%s) flow
            JOIN kor_contract contract ON contract.id = flow.contract_id
            WHERE flow.date <= %s
            GROUP BY flow.contract_id, flow.position_group, flow.partner_id, flow.company_id, flow.currency_id,
                flow.company_currency_id, contract.tier_id
            HAVING bool_or(flow.date >= %s)
                OR sum(CASE WHEN kind IN ('recognized', 'exchange') THEN -flow.balance ELSE flow.balance END) != 0
                OR sum(flow.balance) FILTER (WHERE kind = 'reclassified') != 0
            """,
            self._get_sums("amount", "", first),
            self._get_sums("balance", "_balance", first),
            self.env["kor.revenue.flow"]._get_flow_query(),
            last,
            first,
        )

    @api.model
    def _get_period(self):
        """Return the period of the context; else all up to today."""
        first = fields.Date.to_date(self.env.context.get("date_from")) or fields.Date.to_date("1900-01-01")
        return first, fields.Date.to_date(self.env.context.get("date_to")) or fields.Date.context_today(self)

    @api.model
    def _get_sums(self, column, suffix, first):
        """Return the figures of a row over a column of the facts."""
        value = SQL.identifier("flow", column)
        signed = SQL("CASE WHEN kind IN ('recognized', 'exchange') THEN -%s ELSE %s END", value, value)
        moved = SQL("kind = 'reclassified'")
        before, since = SQL("flow.date < %s", first), SQL("flow.date >= %s", first)
        parts = {
            "opening_liability": (signed, before),
            **{kind: (value, SQL("%s AND kind = %s", since, kind)) for kind in ("billed", "recognized", "exchange")},
            "reclassified": (value, SQL("%s AND %s", since, moved)),
            "closing_liability": (signed, SQL("TRUE")),
            "opening_asset": (value, SQL("%s AND %s", before, moved)),
            "closing_asset": (value, moved),
        }
        return SQL(", ").join(
            SQL("COALESCE(sum(%s) FILTER (WHERE %s), 0) AS %s", what, where, SQL.identifier(name + suffix))
            for name, (what, where) in parts.items()
        )

    def action_open_flows(self):
        """Open what moved the row in the period.

        :return: a window action
        """
        first, last = self._get_period()
        title = self.env._("%(first)s to %(last)s", first=first, last=last)
        return self._open_flows(title, [("date", ">=", first), ("date", "<=", last)])
