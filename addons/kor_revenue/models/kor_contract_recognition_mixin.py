from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import taken_back

from ..engine import delivery
from .kor_contract_balance_mixin import READER

DAY = delivery.DAY


class KorContractRecognitionMixin(models.AbstractModel):
    """Bring the ledger to what was earned, month by month, and nothing else."""

    _name = "kor.contract.recognition.mixin"
    _description = "Revenue Recognition of a Contract"

    def recognize_revenue(self, date_to):
        """Book what the contracts have earned up to a day and the books do not say yet.

        Asked twice, or from two sides at once, it books once.

        :param date_to: the last day, as YYYY-MM-DD
        :return: {"date_to", "moves": ids of the journal entries, "revenue": what was booked in company currency,
            "items": number of booked slices}
        """
        self._check_can_recognize()
        day = self._parse_date(date_to, "date_to")
        booked = self._recognize(day)
        return {
            "date_to": fields.Date.to_string(day),
            "moves": booked["moves"].ids,
            "items": len(booked["items"]),
            "revenue": sum(booked["items"].filtered(lambda item: item.kind != "cost").mapped("balance")),
        }

    def preview_revenue(self, date_to):
        """Tell what `recognize_revenue` would book, and write nothing.

        :param date_to: the last day, as YYYY-MM-DD
        :return: a list of dicts with contract, schedule, month, date, amount, currency
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(READER):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue can preview revenue."))
        day = self._parse_date(date_to, "date_to")
        with taken_back(self.env):
            return [
                {
                    "contract": row["schedule"].contract_id.name,
                    "schedule": row["schedule"].name,
                    "kind": row["schedule"].kind,
                    "month": fields.Date.to_string(row["month"]),
                    "date": fields.Date.to_string(row["date"]),
                    "amount": as_number(row["amount"]),
                    "currency": row["schedule"].currency_id.name,
                }
                for contracts in self.sudo().grouped("company_id").values()  # months are written, and taken back
                for row in contracts._get_due_revenue(day)
            ]

    def _check_can_recognize(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_revenue.group_kor_revenue_user"):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Revenue can recognise revenue. Ask for that access.")
            )

    def _recognize(self, day, close=None):
        """Book what is earned up to a day; return the items and the journal entries."""
        moves, items = self.env["account.move"], self.env["kor.revenue.item"]
        all_sudo = self.sudo()  # whoever may recognise writes what follows from contracts, and nothing else
        for company, contracts in all_sudo.grouped("company_id").items():
            company._check_kor_revenue()
            contracts._lock_for_billing()
            due = contracts.with_company(company)._get_due_revenue(day)
            booked = contracts.with_company(company)._book_revenue(due, day, close)
            moves |= booked["moves"]
            items |= booked["items"]
        return {"moves": moves, "items": items}

    def _get_due_revenue(self, day):
        """Return what is earned up to a day and not booked: schedule, month, amount, the date to book it on."""
        looked = self.filtered(lambda one: one.revenue_since and (one.revenue_stale or one._earns_with_time()))
        until = delivery.next_month(day)
        looked._refresh_revenue(until)
        self.env["kor.revenue.month"]._write_targets((self - looked)._get_other_targets(until))
        last = delivery.month_of(day)
        domain = [("contract_id", "in", self.ids), ("month", "<=", last), ("open_amount", "!=", 0)]
        found = self.env["kor.revenue.month"].search(domain, order="month, schedule_id")
        amounts = {(one.schedule_id, one.month): to_decimal(one.open_amount) for one in found}
        if day + DAY < delivery.next_month(day):
            amounts = self._cut_running_month(amounts, day)
        closed = self.company_id._get_kor_closed_until()
        dates = {month: self._get_booking_date(month, day, closed) for _schedule, month in amounts}
        return [
            {"schedule": schedule, "month": month, "amount": amount, "date": dates[month]}
            for (schedule, month), amount in amounts.items()
            # What belongs to closed months is booked by the close of the first open one.
            if amount and dates[month] <= day
        ]

    def _earns_with_time(self):
        """Tell whether what the contract earns grows with time, so that it has to be looked at in each month."""
        self.ensure_one()
        if any(schedule.position_group == "usage" for schedule in self.revenue_schedule_ids):
            return True
        end = self.date_enforceable_end
        return not end or bool(self.date_end_effective and end < self.date_end_effective)

    def _cut_running_month(self, amounts, day):
        """Return the amounts with those of the month that is not over yet as they are up to the day."""
        last, until = delivery.month_of(day), day + DAY
        until = fields.Date.to_date(until)
        contracts = self.filtered("revenue_since")
        targets = contracts._get_revenue_targets(until, partial=until)
        targets.update(self._get_other_targets(until, partial=until))
        rows = self.env["kor.revenue.month"].search([("contract_id", "in", self.ids), ("month", "=", last)])
        booked = {row.schedule_id.id: to_decimal(row.booked) for row in rows}
        result = {key: amount for key, amount in amounts.items() if key[1] != last}
        for schedule in self.revenue_schedule_ids.filtered(lambda one: one.id in targets):
            amount = targets[schedule.id].get(last, ZERO) - booked.get(schedule.id, ZERO)
            if amount:
                result[schedule, last] = amount
        # What is not earned by days of the contract keeps its month.
        result.update({key: amount for key, amount in amounts.items() if key[0].id not in targets})
        return result

    @api.model
    def _get_booking_date(self, month, day, closed):
        """Return the day to book a month on: its last, or of the first open month where it is closed."""
        date = min(delivery.next_month(month) - DAY, day)
        if date <= closed:
            first_open = closed + DAY
            date = max(min(delivery.next_month(first_open) - DAY, day), first_open)
        return fields.Date.to_date(date)

    def _book_revenue(self, due, day, close=None):
        """Write the journal entries over what is due and what it makes of each contract's position."""
        company = self.company_id
        positions = self._get_positions(due, day)
        builder = self.env["kor.revenue.entry"]
        entries = builder._prepare_entries(company, due, positions)
        moves = builder._create_entries(company, entries, close)
        before = self._get_booked_before(due)
        items = self.env["kor.revenue.item"].create(
            [
                self._prepare_revenue_item(row, moves[row["entry"]], *before[row["schedule"].id, row["month"]])
                for row in due
            ]
        )
        reclasses = self._write_reclasses(positions, moves)
        contracts = items.contract_id | reclasses.contract_id
        self.env["kor.revenue.balance"]._add(contracts, items=items, reclasses=reclasses)
        self.env["kor.revenue.month"]._refresh_booked({row["schedule"].id for row in due})
        made = self.env["account.move"].union(*moves.values())
        return {"moves": made, "items": items}

    @api.model
    def _get_booked_before(self, due):
        """Return the first free revision of each schedule's month, and what is booked of it."""
        found = (
            self.env["kor.revenue.item"]._read_group(
                [("schedule_id", "in", [row["schedule"].id for row in due])],
                ["schedule_id", "month:day"],
                ["revision:max", "amount:sum"],
            )
            if due
            else []
        )
        taken = {(schedule.id, fields.Date.to_date(month)): (last + 1, sum_) for schedule, month, last, sum_ in found}
        return defaultdict(lambda: (0, 0.0), taken)

    @api.model
    def _prepare_revenue_item(self, row, move, revision, booked):
        schedule = row["schedule"]
        return {
            "schedule_id": schedule.id,
            "contract_id": schedule.contract_id.id,
            "company_id": schedule.company_id.id,
            "currency_id": schedule.currency_id.id,
            # Related ones, too: found as they are, they are not written again.
            "company_currency_id": schedule.company_id.currency_id.id,
            "kind": schedule.kind,
            "partner_id": schedule.partner_id.id,
            "product_id": schedule.product_id.id,
            "close_id": move.kor_revenue_close_id.id,
            "month": row["month"],
            "date": row["date"],
            "revision": revision,
            "amount": float(row["amount"]),
            "balance": float(row["balance"]),
            "move_id": move.id,
            "explanation": self._explain_revenue_item(row, revision, schedule.currency_id.round(booked)),
        }

    @api.model
    def _explain_revenue_item(self, row, revision, booked):
        """Return why so much of a schedule's month is booked, beside what was booked of it before."""
        schedule = row["schedule"]
        return {
            "schedule": schedule.id,
            "name": schedule.name,
            "method": schedule.method,
            "month": fields.Date.to_string(row["month"]),
            "allocated": schedule.amount,
            "target": schedule.currency_id.round(booked + float(row["amount"])),
            "booked": booked,
            "amount": as_number(row["amount"]),
            "balance": as_number(row["balance"]),
            "date": fields.Date.to_string(row["date"]),
            "late": row["month"] != delivery.month_of(row["date"]),
            "revision": revision,
            "currency": schedule.currency_id.name,
        }
