from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from ..engine import delivery, position
from ..engine.recognition import to_units

DAY = delivery.DAY


class KorContractPositionMixin(models.AbstractModel):
    """What a contract's revenue is worth in the company's currency, and whether that is a liability or an asset.

    A position is what was billed less what was earned, of fees and of use apart: use that was delivered is a
    receivable, and is not offset against what was billed ahead.
    """

    _name = "kor.contract.position.mixin"
    _description = "Revenue Position of a Contract"

    def _get_positions(self, due, day):
        """Give each row its balance, and return what moves between liability and asset in each month.

        :param due: rows of what is to be booked, as `_get_due_revenue` gives them
        :return: a list of rows with contract, group, month, date, amount, balance, exchange
        """
        company = self.company_id
        earning, others = defaultdict(list), []
        for row in due:
            schedule = row["schedule"]
            if schedule.kind == "revenue":
                earning[schedule.contract_id, schedule.position_group].append(row)
            else:
                others.append(row)
        schedules = self.env["kor.revenue.schedule"].union(*(row["schedule"] for row in others))
        schedules._share_origin(others)
        flows = self._read_flows(day)
        closed = company._get_kor_closed_until()
        result = []
        for key in {*flows, *earning}:
            result += self._carry(key, flows.get(key, {}), earning.get(key, []), day, closed)
        return result

    def _carry(self, key, flows, rows, day, closed):
        """Fold the months of one position; only what lies after the closed ones is booked."""
        contract, group = key
        company = contract.company_id
        rounding = to_decimal(company.currency_id.rounding)
        by_month = defaultdict(list)
        for row in rows:
            by_month[delivery.month_of(row["date"])].append(row)
        state, asset, result = position.Position(), position.Position(), []
        for month in sorted({*flows, *by_month, *self._get_open_months(flows, by_month, day)}):
            flow = flows.get(month, _Flow())
            amount = flow.earned + sum((row["amount"] for row in by_month[month]), ZERO)
            end = min(delivery.next_month(month) - DAY, day)
            rate = self._get_rate(contract, company, end)
            outcome = position.carry(state, position.Flow(flow.billed, flow.billed_balance, amount, rate), rounding)
            if delivery.next_month(month) - DAY <= closed:
                # What is closed stays as it was booked.
                balance = state.balance + flow.billed_balance - flow.earned_balance - flow.exchange
                state = position.Position(state.amount + flow.billed - flow.earned, balance)
                asset = position.Position(asset.amount + flow.moved, asset.balance + flow.moved_balance)
                continue
            self._share_balance(by_month[month], outcome.revenue - flow.earned_balance, rounding)
            move = self._prepare_reclass(outcome, asset, flow)
            state, asset = outcome.closing, outcome.asset
            if any(move.values()):
                date = contract._get_booking_date(month, day, closed)
                result.append({"contract": contract, "group": group, "month": month, "date": date, **move})
        return result

    def _prepare_reclass(self, outcome, asset, flow):
        """Return what is to be moved so that the contract asset is what it should be, less what was moved already."""
        wanted = outcome.asset
        return {
            "amount": wanted.amount - asset.amount - flow.moved,
            "balance": wanted.balance - asset.balance - flow.moved_balance,
            "exchange": outcome.exchange - flow.exchange,
        }

    def _get_open_months(self, flows, by_month, day):
        """Return the last month: also where nothing flowed in it, what was moved before stays right."""
        return [delivery.month_of(day)] if flows or by_month else []

    def _get_rate(self, contract, company, day):
        if contract.currency_id == company.currency_id:
            return Decimal(1)
        rate = self.env["res.currency"]._get_conversion_rate(contract.currency_id, company.currency_id, company, day)
        return to_decimal(rate)

    def _share_balance(self, rows, balance, rounding):
        """Share the month's balance over what is booked, by amount; the last one takes what remains."""
        whole, left = sum((row["amount"] for row in rows), ZERO), balance
        for row in rows[:-1]:
            share = Fraction(row["amount"]) / Fraction(whole) * Fraction(balance) if whole else Fraction(row["amount"])
            row["balance"] = to_units(share, Fraction(rounding)) * rounding
            left -= row["balance"]
        if rows:
            rows[-1]["balance"] = left

    def _read_flows(self, day):
        """Return what was billed, earned and moved in each month up to a day: {(contract, group): {month: _Flow}}."""
        self.env.flush_all()
        result = defaultdict(lambda: defaultdict(_Flow))
        if not self:
            return result
        for query, names in (
            (BILLED, ("billed", "billed_balance")),
            (EARNED, ("earned", "earned_balance")),
            (MOVED, ("moved", "moved_balance", "exchange")),
        ):
            self.env.cr.execute(query, {"contracts": self.ids, "day": day})
            for contract_id, group, month, *values in self.env.cr.fetchall():
                flow = result[self.browse(contract_id), group][fields.Date.to_date(month)]
                for name, value in zip(names, values, strict=True):
                    setattr(flow, name, to_decimal(float(value)))
        return result

    def _write_reclasses(self, positions, moves):
        """Note what was moved, for the next close and for the roll-forward; return it."""
        taken = self._get_taken_revisions(positions)
        return self.env["kor.revenue.reclass"].create(
            [
                {
                    "contract_id": row["contract"].id,
                    "company_id": row["contract"].company_id.id,
                    "company_currency_id": row["contract"].company_id.currency_id.id,
                    "currency_id": row["contract"].currency_id.id,
                    "position_group": row["group"],
                    "month": row["month"],
                    "date": row["date"],
                    "revision": taken.get((row["contract"], row["group"], row["month"]), -1) + 1,
                    "amount": float(row["amount"]),
                    "balance": float(row["balance"]),
                    "exchange": float(row["exchange"]),
                    "account_id": row["asset_account"].id,
                    "deferral_account_id": row["deferral_account"].id,
                    "move_id": moves[row["entry"]].id,
                }
                for row in positions
            ]
        )

    def _get_taken_revisions(self, positions):
        """Return the last revision of each contract's month that was moved before."""
        if not positions:
            return {}
        found = self.env["kor.revenue.reclass"]._read_group(
            [("contract_id", "in", [row["contract"].id for row in positions])],
            ["contract_id", "position_group", "month:day"],
            ["revision:max"],
        )
        return {(contract, group, fields.Date.to_date(month)): last for contract, group, month, last in found}


class _Flow:
    """What a month has seen of a position."""

    __slots__ = ("billed", "billed_balance", "earned", "earned_balance", "exchange", "moved", "moved_balance")

    def __init__(self):
        for name in self.__slots__:
            setattr(self, name, ZERO)


# A credit note belongs where the invoice's line does that it gives back: the one of its name, else a fee before a use.
BILLED_GROUP = """
    CASE WHEN COALESCE(
        (SELECT charge_type FROM kor_billing_item WHERE move_line_id = line.id ORDER BY id LIMIT 1),
        (SELECT origin.charge_type
           FROM kor_billing_item origin LEFT JOIN account_move_line given ON given.id = origin.move_line_id
          WHERE origin.move_id = move.reversed_entry_id
            AND origin.contract_id = own.contract_id AND origin.product_id = line.product_id
          ORDER BY given.name IS DISTINCT FROM line.name, origin.charge_type IN ('usage', 'commitment'), origin.id
          LIMIT 1)
    ) IN ('usage', 'commitment') THEN 'usage' ELSE 'contract' END
"""
# Of which contract a line is, is said by itself or by its document. No index has both, so what either finds is put
# together: else the lines of all contracts would be read.
LINES_OF_CONTRACTS = """
    line.id IN (
        SELECT id FROM account_move_line WHERE kor_contract_id = ANY(%(contracts)s)
        UNION ALL
        SELECT entry.id FROM account_move document JOIN account_move_line entry ON entry.move_id = document.id
         WHERE document.kor_contract_id = ANY(%(contracts)s)
    )
"""
# Documents only: what somebody enters by hand, or reverses, is not billed, and the ledger control names it.
BILLED = f"""
    SELECT own.contract_id,
        {BILLED_GROUP},
        date_trunc('month', line.date)::date, sum(-line.amount_currency), sum(-line.balance)
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN (SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
        WHERE kind = 'revenue' AND contract_id = ANY(%(contracts)s)) own
        ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
        AND own.deferral_account_id = line.account_id
    WHERE {LINES_OF_CONTRACTS} AND line.parent_state = 'posted' AND line.date <= %(day)s
        AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
    GROUP BY 1, 2, 3
"""
EARNED = """
    SELECT item.contract_id, schedule.position_group, date_trunc('month', item.date)::date,
        sum(item.amount), sum(item.balance)
    FROM kor_revenue_item item JOIN kor_revenue_schedule schedule ON schedule.id = item.schedule_id
    WHERE item.contract_id = ANY(%(contracts)s) AND schedule.kind = 'revenue' AND item.date <= %(day)s
    GROUP BY 1, 2, 3
"""
MOVED = """
    SELECT contract_id, position_group, date_trunc('month', date)::date, sum(amount), sum(balance), sum(exchange)
    FROM kor_revenue_reclass WHERE contract_id = ANY(%(contracts)s) AND date <= %(day)s
    GROUP BY 1, 2, 3
"""
