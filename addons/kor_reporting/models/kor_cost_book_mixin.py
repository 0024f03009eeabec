from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number

from ..engine.allocation import due

DAY = timedelta(days=1)


class KorCostBookMixin(models.AbstractModel):
    """Book shares less what is booked of them: as facts, and as analytic lines of the contracts."""

    _name = "kor.cost.book.mixin"
    _description = "Booking of Costs"

    def _book(self, outcomes):
        """Book what the outcomes say and the books do not; return {pool: what was booked now}."""
        if not self:
            return defaultdict(lambda: ZERO)
        before = self._get_booked()
        names = {contract.id: contract.name for contract, _pool in before}
        targets = {share.target for outcome in outcomes.values() for share in outcome.shares}
        contracts = self._find_contracts(targets | set(names.values()))
        booked = {(pool.id, contract.name): amount for (contract, pool), (amount, _revision) in before.items()}
        shares = {(pool, share.target): share for pool, outcome in outcomes.items() for share in outcome.shares}
        dates = {month: self._get_booking_date(month) for month in set(self.mapped("month"))}
        rows = []
        for (pool_id, name), amount in due(outcomes.values(), booked).items():
            pool, contract = self.browse(pool_id), contracts[name]
            row = {"pool": pool, "contract": contract, "amount": amount, "date": dates[pool.month]}
            found = before.get((contract, pool), (ZERO, -1))
            rows.append({**row, **pool._explain_row(outcomes[pool].reason, shares.get((pool, name)), row, *found)})
        self._write_rows(rows)
        sums = defaultdict(lambda: ZERO)
        for row in rows:
            sums[row["pool"]] += row["amount"]
        return sums

    def _find_contracts(self, names):
        """Return the contracts of the company by their numbers."""
        found = self.env["kor.contract"].search_fetch(
            [("company_id", "=", self.company_id.id), ("name", "in", list(names))], ["name", "partner_id", "tier_id"]
        )
        return {contract.name: contract for contract in found}

    def _get_booked(self):
        """Return {(contract, pool): (amount, last revision)}."""
        groups = self.env["kor.cost.allocation"]._read_group(
            [("pool_id", "in", self.ids)], ["contract_id", "pool_id"], ["amount:sum", "revision:max"]
        )
        return {(contract, pool): (self._round_cost(amount), last) for contract, pool, amount, last in groups}

    def _get_booking_date(self, month):
        """Return the last day of a month, or of the first open one where it is closed."""
        company = self.company_id
        closed = company._get_kor_closed_until()
        day = fields.Date.end_of(month, "month")
        return day if day > closed else fields.Date.end_of(closed + DAY, "month")

    def _explain_row(self, reason, share, row, booked, revision):
        """Return the number of a difference, and why it is what it is."""
        explanation = {
            **(share.as_dict() if share else {}),
            "pool_name": self.name,
            "pool_id": self.id,
            "category": self.category,
            "month": self.month.strftime("%Y-%m"),
            "method": self.method,
            "metric": self.metric_id.code or "",
            "own": as_number(self._round_cost(self.amount)),
            "received": self.received or {},
            "reason": reason,
            "target": as_number(booked + row["amount"]),
            "booked": as_number(booked),
            "difference": as_number(row["amount"]),
            "revision": revision + 1,
            "date": fields.Date.to_string(row["date"]),
            "currency": self.company_id.currency_id.name,
        }
        return {"revision": revision + 1, "explanation": explanation}

    def _write_rows(self, rows):
        """Write the analytic lines of differences, one for each contract, category and month, and the facts."""
        lines = self._write_lines(rows) if rows else {}
        self.env["kor.cost.allocation"].create(
            [
                {
                    "pool_id": row["pool"].id,
                    "name": row["pool"].name,
                    "contract_id": row["contract"].id,
                    "partner_id": row["contract"].partner_id.id,
                    "tier_id": row["contract"].tier_id.id,
                    "company_id": self.company_id.id,
                    "category": row["pool"].category,
                    "month": row["pool"].month,
                    "date": row["date"],
                    "revision": row["revision"],
                    "amount": float(row["amount"]),
                    "explanation": row["explanation"],
                    "analytic_line_id": lines.get(_line_key(row)),
                }
                for row in rows
            ]
        )

    def _write_lines(self, rows):
        """Return {key: id of the analytic line}; differences that make nothing together have none."""
        sums = defaultdict(lambda: ZERO)
        for row in rows:
            sums[_line_key(row)] += row["amount"]
        sums = {key: amount for key, amount in sums.items() if amount}
        contracts = self.env["kor.contract"].union(*(row["contract"] for row in rows))
        accounts = self.env["account.analytic.account"]._get_of_contracts(contracts)
        column = self.env.ref("kor_reporting.analytic_plan_contracts")._column_name()
        labels = dict(self.env["kor.cost.pool"]._fields["category"]._description_selection(self.env))
        values = [self._prepare_line(key, amount, accounts, column, labels) for key, amount in sums.items()]
        lines = self.env["account.analytic.line"].create(values)
        return dict(zip(sums, lines.ids, strict=True))

    def _prepare_line(self, key, amount, accounts, column, labels):
        contract, category, month, date, is_correction = key
        month_name = format_date(self.env, month, date_format="MMMM yyyy")
        text = (
            self.env._("%(category)s: correction of %(month)s", category=labels[category], month=month_name)
            if is_correction
            else self.env._("%(category)s: %(month)s", category=labels[category], month=month_name)
        )
        return {
            "name": text,
            "date": date,
            # Costs are below zero on analytic accounts.
            "amount": -float(amount),
            column: accounts[contract].id,
            "partner_id": contract.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.env.uid,
            "kor_cost_category": category,
            "ref": contract.name,
        }


def _line_key(row):
    pool = row["pool"]
    is_correction = bool(row["revision"]) or row["date"] != fields.Date.end_of(pool.month, "month")
    return row["contract"], pool.category, pool.month, row["date"], is_correction
