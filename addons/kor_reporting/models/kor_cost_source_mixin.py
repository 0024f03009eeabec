from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_number, round_money, to_decimal

from ..engine.figures import add_up


class KorCostSourceMixin(models.AbstractModel):
    """Read what pools are made of, all pools of a source in one go.

    A fact is a dict: `name`, `amount` (a decimal in the currency of the company, costs above zero), and where there is
    one `contract` (its id), `count` (of records) and `quantity` (hours).
    """

    _name = "kor.cost.source.mixin"
    _description = "Sources of Costs"

    def _read_sources(self):
        """Return {pool: its facts}; another source is added by `_get_source_amounts_<source>`."""
        found = {}
        for (company, source), pools in self.grouped(lambda pool: (pool.company_id, pool.source)).items():
            found.update(getattr(pools.with_company(company), f"_get_source_amounts_{source}")())
        return found

    def _refresh(self):
        """Bring pools to what their sources say now."""
        for pool, facts in self._read_sources().items():
            facts = sorted(facts, key=lambda fact: (fact["name"], fact.get("contract", 0)))
            amount = float(add_up(fact["amount"] for fact in facts))
            told = [{**fact, "amount": as_number(fact["amount"])} for fact in facts]
            if pool.amount != amount or (pool.facts or []) != told or not pool.date_refreshed:
                pool.write({"amount": amount, "facts": told, "date_refreshed": fields.Datetime.now()})

    def _get_span(self):
        """Return the first and the last day of the months of the pools."""
        months = self.mapped("month")
        return min(months), fields.Date.end_of(max(months), "month")

    def _get_rounding(self):
        return to_decimal(self.company_id.currency_id.rounding)

    def _round_cost(self, amount):
        return round_money(to_decimal(amount or 0.0), self._get_rounding())

    def _get_source_domain(self):
        """Return which records of a dated model count: those of the company, in the months of the pools."""
        first, last = self._get_span()
        return Domain("company_id", "=", self.company_id.id) & Domain("date", ">=", first) & Domain("date", "<=", last)

    def _get_source_amounts_typed(self):
        found = {}
        for pool in self:
            currency, company = pool.currency_id, pool.company_id
            last = fields.Date.end_of(pool.month, "month")
            amount = currency._convert(pool.typed_amount, company.currency_id, company, last)
            name = pool.env._("Typed in")
            if currency != company.currency_id:
                name = pool.env._(
                    "Typed in: %(amount)s, at the rate of %(day)s",
                    amount=currency.format(pool.typed_amount),
                    day=fields.Date.to_string(last),
                )
            found[pool] = [{"name": name, "amount": pool._round_cost(amount)}] if amount else []
        return found

    def _get_source_amounts_journal(self):
        """Read posted journal items: whole ones by account, or the part that is distributed to analytic accounts."""
        parts = self.filtered("analytic_account_ids")
        whole = self - parts
        return {**(whole._get_item_amounts() if whole else {}), **(parts._get_part_amounts() if parts else {})}

    def _get_item_domain(self):
        return (
            self._get_source_domain()
            & Domain("parent_state", "=", "posted")
            & Domain("account_id", "in", self.account_ids.ids)
        )

    def _get_item_amounts(self):
        rows = self.env["account.move.line"]._read_group(
            self._get_item_domain(),
            ["date:month", "account_id", "kor_contract_id", "move_id.kor_contract_id"],
            ["balance:sum", "__count"],
        )
        by_month = defaultdict(list)
        for month, account, contract, whole, balance, count in rows:
            by_month[fields.Date.to_date(month)].append((account, contract or whole, balance, count))
        return {
            pool: [
                pool._prepare_fact(account.display_name, balance, count, contract)
                for account, contract, balance, count in by_month[pool.month]
                if account in pool.account_ids
            ]
            for pool in self
        }

    def _get_part_domain(self):
        """Return which analytic lines count: those of journal items, on the accounts that are asked for."""
        named = Domain("auto_account_id", "in", self.analytic_account_ids.ids)
        domain = self._get_source_domain() & named & Domain("move_line_id", "!=", False)
        if all(pool.account_ids for pool in self):
            domain &= Domain("general_account_id", "in", self.account_ids.ids)
        return domain

    def _get_part_amounts(self):
        columns = sorted({account.plan_id._column_name() for account in self.analytic_account_ids})
        rows = self.env["account.analytic.line"]._read_group(
            self._get_part_domain(),
            ["date:month", "general_account_id", "move_line_id.kor_contract_id", *columns],
            ["amount:sum", "__count"],
        )
        by_month = defaultdict(list)
        for month, account, contract, *accounts, amount, count in rows:
            by_month[fields.Date.to_date(month)].append((account, contract, accounts, amount, count))
        return {
            pool: [
                pool._prepare_fact(account.display_name, -amount, count, contract)
                for account, contract, accounts, amount, count in by_month[pool.month]
                if (not pool.account_ids or account in pool.account_ids)
                and any(one in pool.analytic_account_ids for one in accounts)
            ]
            for pool in self
        }

    def _get_source_amounts_infrastructure(self):
        """Read what the infrastructure of contracts cost."""
        first, last = self._get_span()
        sums = defaultdict(lambda: ZERO)
        for row in self._read_infrastructure_costs(first, last):
            key = (row["month"], row["contract_id"], row["infrastructure_id"], row["currency_id"])
            sums[key] += to_decimal(row["amount"])
        names = {one.id: one.display_name for one in self.env["kor.infrastructure"].browse({key[2] for key in sums})}
        by_month = defaultdict(list)
        for (month, contract, infrastructure, currency), amount in sums.items():
            money = self.env["res.currency"].browse(currency)
            company = self.company_id
            day = fields.Date.end_of(month, "month")
            own = money._convert(float(amount), company.currency_id, company, day) if amount else 0.0
            by_month[month].append((names[infrastructure], own, self.env["kor.contract"].browse(contract)))
        return {
            pool: [pool._prepare_fact(name, amount, 1, contract) for name, amount, contract in by_month[pool.month]]
            for pool in self
        }

    def _read_infrastructure_costs(self, first, last):
        """Return the costs of all infrastructure of the company in a span of days, both included, as dicts."""
        infrastructures = self.env["kor.infrastructure"].with_context(active_test=False)
        return infrastructures.search([("company_id", "=", self.company_id.id)])._get_costs(first, last)

    def _prepare_fact(self, name, amount, count, contract=None, hours=None):
        fact = {"name": name, "amount": self._round_cost(amount), "count": count}
        if contract:
            fact["contract"] = contract.id
        if hours is not None:
            fact["quantity"] = hours
        return fact

    def _get_direct_amounts(self):
        """Return what each contract caused: what the source says, and what was noted beside it."""
        self.ensure_one()
        sums = defaultdict(lambda: ZERO)
        for fact in self.facts or []:
            if fact.get("contract"):
                sums[fact["contract"]] += Decimal(str(fact["amount"]))
        for share in self.share_ids:
            sums[share.contract_id.id] += self._round_cost(share.amount)
        return dict(sums)
