from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .cost_common import CostCase
from .recompute_common import DAY, KINDS, Life, World, last_day, month_starts, percent, round_half_up

BEGIN, FIRST, LAST = date(2025, 7, 1), date(2025, 10, 1), date(2026, 6, 30)
PERIOD = (str(FIRST), str(LAST))
BEFORE = FIRST - DAY
MONTHS = month_starts(FIRST, LAST)
RATES = [("2025-07-01", 0.5), ("2025-11-01", 0.4), ("2026-02-01", 0.8)]
SERVICE = ("infrastructure", "support")


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportRecomputed(CostCase):
    """Random lives of contracts; each report against what invoices, entries, contracts and lines say by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.action_kor_setup_revenue()
        cls.Report = cls.env["kor.financial.report"]
        cls.euro = cls.setup_other_currency("EUR", rates=RATES)
        contracts = cls._live(Random(20))
        for day in (date(2026, 1, 31), LAST):
            with freeze_time(f"{day} 12:00:00"):
                begun = contracts.filtered(lambda one, day=day: one.date_start <= day)
                begun.generate_invoice(str(BEGIN), str(day))
        contracts.recognize_revenue(str(LAST))
        for month, methods in (("2025-12-01", "equal seats equal"), ("2026-04-01", "seats equal revenue")):
            for category, method in zip(("infrastructure", "support", "sales_marketing"), methods.split(), strict=True):
                cls._pool(100.01, category, month=month, category=category, method=method).allocate()
        every = cls.env["kor.contract"].search([("company_id", "=", cls.company.id)])
        rates = {cls.euro.id: [(date.fromisoformat(day), Decimal(str(rate))) for day, rate in RATES]}
        cls.world = World([Life.read(one) for one in every], rates, BEGIN, LAST)
        cls.moved = cls.world.move(FIRST, LAST)
        cls.earned, cls.costs = cls._recompute_recognised(), cls._recompute_costs()
        cls.recognised = {key: amount for key, amount in cls.earned.items() if key[1] >= FIRST}

    @classmethod
    def _live(cls, random):
        """Return contracts of six customers: changed, paused, ended, back again, with discounts, in two currencies."""
        customers = [cls._make_customer(f"Customer {number}") for number in range(6)]
        lives = [cls._draw_life(random, customer) for customer in [*customers, *customers[:2]]]
        contracts = cls.env["kor.contract"].create(lives)
        contracts.action_activate()
        agreed, ends = cls.env["kor.contract.amendment"], {}
        for contract in contracts:
            changes = cls._draw_changes(random, contract)
            agreed |= agreed.browse([contract.amend(str(day), [change]) for day, change in changes])
            ends[contract] = changes[-1][0] + timedelta(days=random.randrange(40, 80))
        agreed.action_agree("Ada", "note")
        for contract in contracts[::3]:
            contract.action_cancel(str(ends[contract]))
        gone = contracts.filtered("date_cancelled")[0]
        again = cls._draw_life(random, gone.partner_id) | {"date_start": gone.date_cancelled + timedelta(days=25)}
        again = cls.env["kor.contract"].create(again)
        again.action_activate()
        return contracts | again | cls.contracts

    @classmethod
    def _draw_life(cls, random, customer):
        months = random.choice((1, 1, 3, 12))
        seats = {"charge_type": "per_unit", "metric_id": cls.users.id, "quantity": random.randrange(1, 9)}
        lines = (
            cls._make_line_values(unit_price=random.randrange(1000, 90000) / 100, billing_months=months),
            cls._make_line_values(name="Seats", unit_price=random.randrange(100, 999) / 100, **seats),
        )
        discount = {"name": "Intro", "kind": "percent", "value": 25, "periods": 3}
        return {
            "partner_id": customer.id,
            "tier_id": random.choice((cls.tier, cls.other_tier)).id,
            "currency_id": random.choice((cls.currency, cls.currency, cls.euro)).id,
            "term": "monthly",
            "tz": "UTC",
            "date_start": date(2025, random.randrange(7, 13), random.randrange(1, 29)),
            "line_ids": [Command.create(values) for values in lines],
            "discount_ids": [Command.create(discount)] if random.random() < 0.4 else [],
        }

    @classmethod
    def _draw_changes(cls, random, contract):
        fee, seats = contract.line_ids.sorted("id")
        day, found = contract.date_start + timedelta(days=random.randrange(20, 50)), []
        for kind in random.sample(("quantity", "price", "pause"), 2):
            change = {
                "quantity": {"line": seats.id, "quantity": random.randrange(1, 15)},
                "price": {"line": fee.id, "unit_price": random.randrange(1000, 90000) / 100},
                "pause": {"date_end": str(day + timedelta(days=random.randrange(10, 40)))},
            }[kind]
            found.append((day, {"kind": kind, **change}))
            day += timedelta(days=random.randrange(45, 60))
        return found

    @classmethod
    def _recompute_recognised(cls):
        """Return {(contract, month): amount} of income accounts, line by line; what rates gain is no revenue."""
        found = defaultdict(Decimal)
        lines = cls.env["account.move.line"].search(
            [("company_id", "=", cls.company.id), ("parent_state", "=", "posted"), ("date", "<=", LAST),
             ("account_id.account_type", "in", ("income", "income_other")),
             ("account_id", "!=", cls.company.income_currency_exchange_account_id.id)]
        )  # fmt: skip
        for line in lines:
            contract = line.kor_contract_id or line.move_id.kor_contract_id
            found[contract.id, line.date.replace(day=1)] -= Decimal(str(line.balance))
        return found

    @classmethod
    def _recompute_costs(cls):
        """Return {(contract, month, category): amount} of the analytic lines."""
        column = cls.env.ref("kor_reporting.analytic_plan_contracts")._column_name()
        found = defaultdict(Decimal)
        for line in cls.env["account.analytic.line"].search([("kor_cost_category", "!=", False)]):
            if line.company_id == cls.company:
                contract = line[column].kor_contract_id.id
                found[contract, line.date.replace(day=1), line.kor_cost_category] -= Decimal(str(line.amount))
        return found

    def _group(self, key):
        """Return a function from a contract's id to its key."""
        return lambda contract: getattr(self.world.lives[contract], key)

    def _check(self, row, expected):
        for name, value in expected.items():
            if value is None:
                self.assertIn(name, row["reasons"], row["name"] if "name" in row else "totals")
            else:
                self.assertAlmostEqual(row[name], float(value), 2, f"{name} of {row.get('name', 'totals')}")

    def test_the_lives_have_all_that_moves(self):
        kinds = {kind for _day, _customer, kind, amount in self.moved if amount}
        self.assertEqual(kinds, set(KINDS))
        self.assertGreater(len(self.env["account.move"].search([("kor_contract_id", "!=", False)])), 20)

    def test_revenue_by_month(self):
        recognised, invoiced = self.recognised, defaultdict(float)
        for move in self.env["account.move"].search(
            [("kor_contract_id", "!=", False), ("company_id", "=", self.company.id), ("state", "=", "posted"),
             ("move_type", "in", ("out_invoice", "out_refund"))]
        ):  # fmt: skip
            invoiced[move.invoice_date.replace(day=1)] += move.amount_untaxed_signed
        moved = self.moved
        result = self.Report.generate_revenue_report(*PERIOD)
        for month, row in zip(MONTHS, result["rows"], strict=True):
            expected = {
                kind: sum(one[3] for one in moved if one[0].replace(day=1) == month and one[2] == kind)
                for kind in KINDS
            }
            expected["mrr_opening"] = sum(self.world.sum_up(month - DAY).values())
            expected["mrr_closing"] = sum(self.world.sum_up(last_day(month)).values())
            expected["recognised"] = sum(amount for key, amount in recognised.items() if key[1] == month)
            self._check(row, {**expected, "invoiced": invoiced[month]})
        self._check(result["totals"], {"recognised": sum(recognised.values()), "escalator": 0})

    def test_revenue_by_customer(self):
        recognised, moved = self.recognised, self.moved
        opening, closing = self.world.sum_up(BEFORE), self.world.sum_up(LAST)
        rows = self.Report.generate_revenue_report(*PERIOD, {"group_by": "customer"})["rows"]
        self.assertEqual({row["id"] for row in rows}, {life.customer for life in self.world.lives.values()})
        owner = self._group("customer")
        for row in rows:
            own = {kind: sum(one[3] for one in moved if one[1:3] == (row["id"], kind)) for kind in KINDS}
            own |= {"mrr_opening": opening.get(row["id"], 0), "mrr_closing": closing.get(row["id"], 0)}
            own["recognised"] = sum(amount for key, amount in recognised.items() if owner(key[0]) == row["id"])
            self._check(row, own)

    def test_costs_by_contract_and_by_month(self):
        costs = self.costs
        self.assertEqual(sum(costs.values()), Decimal("600.06"))
        by_contract = self.Report.generate_cost_report(*PERIOD, {"group_by": "contract"})["rows"]
        self.assertEqual({row["id"] for row in by_contract}, {contract for contract, _month, _category in costs})
        for row in by_contract:
            for category in (*SERVICE, "sales_marketing"):
                own = sum(amount for key, amount in costs.items() if (key[0], key[2]) == (row["id"], category))
                self._check(row, {category: own})
        by_month = self.Report.generate_cost_report(*PERIOD)["rows"]
        for month, row in zip(MONTHS, by_month, strict=True):
            self._check(row, {"cost": sum(amount for key, amount in costs.items() if key[1] == month)})

    def test_profitability_by_tier_and_by_month(self):
        recognised, costs = self.recognised, self.costs
        tier = self._group("tier")
        by_tier = self.Report.generate_profitability_report(*PERIOD, {"group_by": "tier"})["rows"]
        for row in by_tier:
            self._check_margin(row, recognised, costs, lambda key, row=row: tier(key[0]) == row["id"])
        by_month = self.Report.generate_profitability_report(*PERIOD, {"group_by": "month"})["rows"]
        for month, row in zip(MONTHS, by_month, strict=True):
            self._check_margin(row, recognised, costs, lambda key, month=month: key[1] == month)

    def _check_margin(self, row, recognised, costs, is_own):
        revenue = sum(amount for key, amount in recognised.items() if is_own(key))
        service = sum(amount for key, amount in costs.items() if is_own(key) and key[2] in SERVICE)
        other = sum(amount for key, amount in costs.items() if is_own(key) and key[2] not in SERVICE)
        gross = revenue - service
        shares = {"gross_percent": percent(gross, revenue), "profit_percent": percent(gross - other, revenue)}
        expected = {"gross": gross, "contribution": gross - other, "profit": gross - other}
        self._check(row, expected | (shares if revenue > 0 else dict.fromkeys(shares)))

    def _recompute_stay(self, first, last, **where):
        """Return the retention of those who were there before a day, at the rates of the period's beginning."""
        before = self.world.sum_up(first - DAY, BEFORE, **where)
        after = self.world.sum_up(last, BEFORE, **where)
        opening, lost = sum(before.values()), [one for one in before if one not in after]
        found = {
            "net_retention": sum(after.get(one, 0) for one in before),
            "gross_retention": sum(min(amount, after.get(one, 0)) for one, amount in before.items()),
            "revenue_churn": sum(max(amount - after.get(one, 0), 0) for one, amount in before.items()),
            "left_churn": sum(before[one] for one in lost),
        }
        shares = {name: percent(part, opening) if opening else None for name, part in found.items()}
        return {
            **shares,
            "customer_churn": percent(len(lost), len(before)) if before else None,
            "customers_opening": len(before),
            "customers_lost": len(lost),
            "customers_closing": len(after),
        }

    def test_churn_of_a_fixed_cohort_by_month_by_tier_and_in_all(self):
        result = self.Report.generate_churn_report(*PERIOD)
        self._check(result["totals"], self._recompute_stay(FIRST, LAST))
        new = [(day.replace(day=1), one) for day, one, kind, _sum in self.moved if kind == "new"]
        for month, row in zip(MONTHS, result["rows"], strict=True):
            expected = self._recompute_stay(month, last_day(month))
            self._check(row, {**expected, "customers_new": sum(1 for one, _customer in new if one == month)})
        for row in self.Report.generate_churn_report(*PERIOD, {"group_by": "tier"})["rows"]:
            self._check(row, self._recompute_stay(FIRST, LAST, tier=row["id"]))

    def test_cohorts_by_the_month_of_the_first_revenue(self):
        began, ends = {}, {month: self.world.sum_up(last_day(month), BEFORE) for month in month_starts(BEGIN, LAST)}
        for day in sorted(self.world.held):
            for customer in self.world.sum_up(day):
                began.setdefault(customer, day.replace(day=1))
        cohorts = self.Report.generate_churn_report(*PERIOD)["cohorts"]
        self.assertEqual([one["month"] for one in cohorts], sorted({f"{month:%Y-%m}" for month in began.values()}))
        for cohort in cohorts:
            members = [one for one, month in began.items() if f"{month:%Y-%m}" == cohort["month"]]
            self.assertEqual(cohort["customers"], len(members))
            for cell, month in zip(cohort["cells"], month_starts(began[members[0]], LAST), strict=True):
                there = [ends[month][one] for one in members if one in ends[month]]
                share = percent(len(there), len(members))
                self._check(cell, {"customers": len(there), "mrr": sum(there), "customer_percent": share})

    def _recompute_months(self, **where):
        """Return customer months, customers at the beginnings of months, and those lost in them."""
        present, begun, lost = 0, 0, 0
        for month in MONTHS:
            before, after = (set(self.world.sum_up(day, **where)) for day in (month - DAY, last_day(month)))
            present, begun, lost = present + len(after), begun + len(before), lost + len(before - after)
        return present, begun, lost

    def test_lifetime_value_by_tier_by_customer_and_in_all(self):
        everyone = self._recompute_months()
        self.assertTrue(everyone[2])
        for group_by in ("tier", "customer"):
            result = self.Report.generate_lifetime_value_report(*PERIOD, {"group_by": group_by})
            key = self._group(group_by)
            for row in result["rows"]:
                stay = self._recompute_months(**{group_by: row["id"]})
                churning = everyone if group_by == "customer" else stay
                own = {one for one in self.world.lives if key(one) == row["id"]}
                self._check_worth(row, own, stay, churning, group_by == "customer")
            self._check_worth(result["totals"], set(self.world.lives), everyone, everyone, False)

    def _check_worth(self, row, own, stay, churning, is_single):
        recognised, costs = self.recognised, self.costs
        ever = sum(amount for key, amount in self.earned.items() if key[0] in own)
        revenue = sum(amount for key, amount in recognised.items() if key[0] in own)
        service = sum(amount for key, amount in costs.items() if key[0] in own and key[2] in SERVICE)
        spent = sum(amount for key, amount in costs.items() if key[0] in own and key[2] == "sales_marketing")
        new = {customer for _day, customer, kind, _sum in self.moved if kind == "new"}
        customers = {self.world.lives[one].customer for one in own}
        expected = {"customer_months": stay[0], "earned": ever - service}
        if churning[2] and stay[0]:
            churn = Fraction(churning[2], churning[1])
            worth = Fraction(revenue - service) / stay[0] / churn + (Fraction(ever - service) if is_single else 0)
            expected["lifetime_value"] = round_half_up(worth)
            expected["lifetime"] = round_half_up(1 / churn)
        if "tier" not in str(row.get("key")):
            # A customer is new under the tier of the contract that came first.
            won = len(new & customers)
            cost = round_half_up(Fraction(spent) / won) if won else None
            expected |= {"customers_new": won, "acquisition_cost": cost}
        self._check(row, expected)
