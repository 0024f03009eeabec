from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from ..engine import delivery

QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True}


class KorRevenueEntry(models.AbstractModel):
    """Write the journal entries of a close: one per contract and month, or one per month and currency."""

    _name = "kor.revenue.entry"
    _description = "Revenue Entries"

    @api.model
    def _prepare_entries(self, company, due, positions):
        """Return the entries by key, and note on each row which one it stands in.

        :return: {key: {(account, contract, origin): [amount, balance]}}, the key being date, currency and contract,
            the origin an earlier month that was closed already when this became known
        """
        entries = {}
        for row in due:
            schedule = row["schedule"]
            key = row["entry"] = self._get_key(company, row["date"], schedule.currency_id, schedule.contract_id)
            sign = 1 if schedule.kind != "cost" else -1
            amount, balance = sign * row["amount"], sign * row["balance"]
            origin = row["month"] if row["month"] < delivery.month_of(row["date"]) else False
            self._add(entries, key, schedule.deferral_account_id, schedule.contract_id, amount, balance, origin)
            self._add(entries, key, schedule.account_id, schedule.contract_id, -amount, -balance, origin)
        for row in positions:
            contract = row["contract"]
            asset, deferral = self._get_position_accounts(contract, row["group"])
            row["asset_account"], row["deferral_account"] = asset, deferral
            key = row["entry"] = self._get_key(company, row["date"], contract.currency_id, contract)
            self._add(entries, key, asset, contract, row["amount"], row["balance"])
            self._add(entries, key, deferral, contract, -row["amount"], -row["balance"])
            if row["exchange"]:
                gain = self._get_exchange_account(company, row["exchange"])
                self._add(entries, key, deferral, contract, ZERO, row["exchange"])
                self._add(entries, key, gain, contract, ZERO, -row["exchange"])
        return entries

    @api.model
    def _get_key(self, company, date, currency, contract):
        # Months that are booked late stand beside those of their date.
        return date, currency, contract if company.kor_revenue_grouping == "contract" else contract.browse()

    @api.model
    def _add(self, entries, key, account, contract, amount, balance, origin=False):
        whose = contract if key[2] else contract.browse()
        sums = entries.setdefault(key, {}).setdefault((account, whose, origin), [ZERO, ZERO])
        sums[0] += amount
        sums[1] += balance

    @api.model
    def _get_position_accounts(self, contract, group):
        company = contract.company_id
        asset = company.kor_asset_account_id
        if group == "usage":
            asset = company.kor_unbilled_account_id or asset
        own = contract.revenue_schedule_ids.filtered(lambda one: one.kind == "revenue")
        return asset, own[:1].deferral_account_id or company.kor_liability_account_id

    @api.model
    def _get_exchange_account(self, company, gain):
        if gain > 0:
            return company.income_currency_exchange_account_id
        return company.expense_currency_exchange_account_id

    @api.model
    def _create_entries(self, company, entries, close=None):
        """Create and post the entries; return them by key."""
        moves = self.env["account.move"].with_company(company).with_context(**QUIET)
        keys = [key for key in entries if self._prepare_lines(key, entries[key])]
        made = moves.create([self._prepare_move(company, key, entries[key], close) for key in keys])
        made._post(soft=False)
        found = dict(zip(keys, made.with_context(**dict.fromkeys(QUIET, False)), strict=True))
        return {key: found.get(key, made.browse()) for key in entries}

    @api.model
    def _prepare_move(self, company, key, sums, close=None):
        date, currency, contract = key
        month = fields.Date.to_date(delivery.month_of(date))
        title = self.env._("Revenue of %(month)s", month=month.strftime("%Y-%m"))
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.kor_revenue_journal_id.id,
            "date": date,
            "currency_id": currency.id,
            "partner_id": contract.partner_id.id,
            "ref": f"{title}: {contract.name}" if contract else title,
            "kor_revenue_month": month,
            "kor_revenue_close_id": close.id if close else False,
            "line_ids": [Command.create(line) for line in self._prepare_lines(key, sums)],
        }

    @api.model
    def _prepare_lines(self, key, sums):
        _date, currency, _contract = key
        return [
            {
                "account_id": account.id,
                "partner_id": contract.partner_id.commercial_partner_id.id,
                "name": self._describe_line(contract, origin),
                "currency_id": currency.id,
                "amount_currency": float(amount),
                "balance": float(balance),
                "kor_contract_id": contract.id,
                "tax_ids": [],
            }
            for (account, contract, origin), both in sums.items()
            for amount, balance in _get_sides(*both)
        ]

    @api.model
    def _describe_line(self, contract, origin):
        name = contract.name or self.env._("Revenue of contracts")
        if not origin:
            return name
        return self.env._("%(name)s, earned in %(month)s, which is closed", name=name, month=origin.strftime("%Y-%m"))


def _get_sides(amount, balance):
    """Return the amounts of the lines that a sum takes: the two currencies of a line stand on one side.

    Slices of both signs, at several rates, may come to more in one currency and to less in the other.
    """
    if amount * balance < 0:
        return [(amount, ZERO), (ZERO, balance)]
    return [(amount, balance)] if amount or balance else []
