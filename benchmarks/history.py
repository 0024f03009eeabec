"""Customers with two years behind them, made only through the calls that people and other systems have.

What happens in a month is entered on its last day: who goes cancels, a job renews, who comes signs, who changes amends;
then another job bills, and revenue is recognised. Half of the customers pay a year ahead, so that the invoices stay
bearable. Each life follows from the customer's number alone. What is done is committed along with how far it is, twice
a month, so that an import that was cut off goes on where it was.
"""

import time
from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from freezegun import freeze_time

from odoo.fields import Command

MONTHS, COSTED = 24, 12
# Each month is agreed to first, and booked then; costs come last.
STEPS = 2 * MONTHS
# What it is called, the months of a billing period, the term, and of how many in a hundred customers.
KINDS = (("yearly", 12, "annual", 55), ("quarterly", 3, "monthly", 15), ("monthly", 1, "monthly", 30))
TIERS = (("starter", 90.0, 11.0), ("professional", 240.0, 17.0), ("enterprise", 900.0, 23.0))
SEATS = (3, 5, 8, 12, 20, 35)
COUNTRIES = ("es", "de", "fr", "us", "uk", "mx")
POOLS = (
    ("Hosting", "infrastructure", "seats", 60000.0),
    ("Campaigns", "sales_marketing", "revenue", 40000.0),
)
MARK = "history.progress"


class Life(NamedTuple):
    """Say what becomes of a customer; months are counted from the first one, None: never."""

    number: int
    kind: str
    tier: str
    is_foreign: bool
    seats: int
    joined: int
    day: int
    moves: dict
    left: int | None = None
    back: int | None = None


def draw(number):
    """Return the life of a customer: one in four leaves, a third of those comes back; seats move now and then.

    More may be wanted on any billing day of a month, less and nothing at all from a new period on.
    """
    random = Random(number)
    [(kind, period, _term, _share)] = random.choices(KINDS, [one[3] for one in KINDS])
    joined, left, back = random.randrange(MONTHS), None, None
    ends = range(joined + period, MONTHS, period)
    if ends and random.random() < 0.45:
        left = random.choice(ends)
        if left < MONTHS - 2 and random.random() < 0.33:
            back = random.randrange(left + 2, MONTHS)
    seats = held = random.choice(SEATS)
    moves = {}
    for month in range(joined + 1, left or MONTHS):
        more = random.random() < 0.7
        if random.random() < 0.06 and (more or month in ends):
            held = round(held * random.uniform(1.1, 1.8)) + 1 if more else max(1, held * 3 // 4)
            moves[month] = held
    tier = random.choice(TIERS)[0]
    return Life(number, kind, tier, random.random() < 0.2, seats, joined, random.randrange(1, 29), moves, left, back)


class History:
    """Import customers into a company of the database at hand."""

    def __init__(self, env):
        # As importers do: who follows a contract need not be told of what was years ago.
        self.env = env(context={**env.context, "tracking_disable": True})
        self.company = env.company
        this = date.today().replace(day=1)
        first = this.year * 12 + this.month - 1 - MONTHS
        self.months = [date(number // 12, number % 12 + 1, 1) for number in range(first, first + MONTHS)]
        self.first, self.last = self.months[0], this - timedelta(days=1)
        self.contracts = {}
        self._prepare()

    def grow(self, until):
        """Import customers until there are so many, and spend the costs of the last year on all of them."""
        first, goal, done = self._get_progress()
        if until < goal:
            return
        if goal != until:
            assert done > STEPS, f"The import up to {goal} customers is not through: let it go on first."
            first, done = goal, 0
        lives = [draw(number) for number in range(first, until)]
        self._find_contracts(lives)
        with freeze_time(self.last) as frozen:
            for step in range(done, STEPS):
                begin, (number, is_booking) = _clock(), divmod(step, 2)
                frozen.move_to(f"{self._last_day(number)} 12:00:00")
                told = self._book(number) if is_booking else self._agree(lives, number)
                self._note(first, until, step + 1)
                print(f"  {self.months[number]:%Y-%m}: {told} ({_clock() - begin:.1f} s)", flush=True)
        if done <= STEPS:
            begin = _clock()
            self._spend()
            self._note(first, until, STEPS + 1)
            print(f"  costs of {COSTED} months spent ({_clock() - begin:.1f} s)", flush=True)

    def holds(self, customers):
        """Tell whether so many customers were imported to the end."""
        _first, until, done = self._get_progress()
        return (until, done) == (customers, STEPS + 1)

    def _get_progress(self):
        """Return from and up to which customer the last import went, and how many of its steps are through."""
        text = self.env["ir.config_parameter"].get_param(MARK) or f"0 0 {STEPS + 1}"
        first, until, done = map(int, text.split())
        return first, until, done

    def _note(self, *progress):
        self.env["ir.config_parameter"].set_param(MARK, " ".join(map(str, progress)))
        self._commit()

    def _commit(self):
        self.env.flush_all()
        self.env.cr.commit()
        self.env.invalidate_all()

    def _last_day(self, number):
        return (self.months[number] + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def _get_day(self, life, number):
        """Return the billing day of a customer in a month."""
        return self.months[number].replace(day=life.day)

    def _prepare(self):
        """Set up what contracts are made from."""
        self.company.action_kor_setup_revenue()
        self.company.kor_revenue_grouping = "month"
        self.foreign = self.env.ref("base.EUR" if self.company.currency_id.name != "EUR" else "base.USD")
        self.foreign.active = True
        self._set_rates()
        self.managers = self._make_managers()
        self.countries = [self.env.ref(f"base.{code}") for code in COUNTRIES]
        self.plans = {
            (kind[0], tier[0], is_foreign): self._make_plan(kind, tier, is_foreign)
            for kind in KINDS
            for tier in TIERS
            for is_foreign in (False, True)
        }
        self._commit()

    def _set_rates(self):
        rates = self.env["res.currency.rate"]
        known = rates.search([("currency_id", "=", self.foreign.id), ("company_id", "=", self.company.id)])
        known = set(known.mapped("name"))
        rates.create(
            [
                {"name": month, "currency_id": self.foreign.id, "company_id": self.company.id,
                 "rate": 0.85 + (number * 7 % 11) / 100}
                for number, month in enumerate(self.months) if month not in known
            ]
        )  # fmt: skip

    def _make_managers(self):
        logins = [f"history.manager.{number}" for number in range(4)]
        users = self.env["res.users"]
        found = users.search([("login", "in", logins)])
        return found or users.create([{"name": f"Manager {login[-1]}", "login": login} for login in logins])

    def _make_plan(self, kind, tier, is_foreign):
        name, months, term, _share = kind
        code, fee, price = tier
        key = f"history_{code}_{name}_{'foreign' if is_foreign else 'own'}"
        if found := self.env["kor.plan"].search([("code", "=", key)]):
            return found
        metric = self.env.ref("kor_enterprise_tiers.metric_users")
        charges = (
            {"name": "Platform", "charge_type": "fixed", "unit_price": fee * months},
            {"name": "Users", "charge_type": "per_unit", "unit_price": price * months, "metric_id": metric.id},
        )
        product = self._get_product()
        return self.env["kor.plan"].create(
            {
                "name": key,
                "code": key,
                "tier_id": self.env.ref(f"kor_enterprise_tiers.tier_{code}").id,
                "currency_id": (self.foreign if is_foreign else self.company.currency_id).id,
                "term": term,
                "charge_ids": [
                    Command.create({**one, "billing_months": months, "product_id": product.id}) for one in charges
                ],
            }
        )

    def _get_product(self):
        products = self.env["product.product"]
        domain = [("type_tax_use", "=", "sale"), ("company_id", "=", self.company.id)]
        tax = self.env["account.tax"].search(domain, limit=1)
        values = {"name": "History", "type": "service", "taxes_id": [Command.set(tax.ids)]}
        return products.search([("name", "=", "History")], limit=1) or products.create(values)

    def _find_contracts(self, lives):
        """Find again what an import that was cut off has made."""
        refs = {_get_ref(life, is_back): life.number for life in lives for is_back in (False, True)}
        found = self.env["kor.contract"].search([("client_order_ref", "in", list(refs))], order="id")
        self.contracts = {refs[contract.client_order_ref]: contract.id for contract in found}

    def _browse(self, lives):
        return self.env["kor.contract"].browse([self.contracts[life.number] for life in lives])

    def _agree(self, lives, number):
        """Let customers come, change, leave and come back in a month; return how many."""
        new = [life for life in lives if life.joined == number]
        back = [life for life in lives if life.back == number]
        moving = [life for life in lives if number in life.moves]
        going = [life for life in lives if life.left == number]
        for life, contract in zip(going, self._browse(going), strict=True):
            # Where the import goes on here, that is done already and changes nothing.
            contract.action_cancel(str(self._get_day(life, number) - timedelta(days=1)))
        self._run_job("kor_contracts.ir_cron_kor_contract_states")
        self._sign(new, number, self._make_customers(new))
        self._sign(back, number, self._browse(back).partner_id)
        self._amend(moving, number)
        return f"{len(new)} new, {len(back)} back, {len(moving)} changed, {len(going)} gone"

    def _book(self, number):
        """Let the job bill what is due, and recognise what is earned; return how much."""
        invoices = self._bill()
        return f"{invoices} invoices, {self._recognise(number)} slices of revenue"

    def _make_customers(self, lives):
        return self.env["res.partner"].create(
            [
                {"name": f"Customer {life.number}", "is_company": True, "tz": "UTC",
                 "country_id": self.countries[life.number % len(self.countries)].id}
                for life in lives
            ]
        )  # fmt: skip

    def _sign(self, lives, number, customers):
        is_back = bool(lives) and lives[0].joined != number
        contracts = self.env["kor.contract"].create(
            [
                {
                    "partner_id": customer.id,
                    "plan_id": self.plans[life.kind, life.tier, life.is_foreign].id,
                    "date_start": self._get_day(life, number),
                    "auto_renew": life.kind == "yearly",
                    "renewal_uplift_kind": "percent" if life.kind == "yearly" else "none",
                    "renewal_uplift": 3.0,
                    "account_manager_id": self.managers[life.number % len(self.managers)].id,
                    "client_order_ref": _get_ref(life, is_back),
                }
                for life, customer in zip(lives, customers, strict=True)
            ]
        )
        self.contracts.update({life.number: contract.id for life, contract in zip(lives, contracts, strict=True)})
        by_seats = defaultdict(list)
        for life in lives:
            by_seats[life.seats].append(life)
        for seats, own in by_seats.items():
            self._browse(own).set_quantities({"users": seats})
        contracts.action_activate()

    def _amend(self, lives, number):
        amendments = self.env["kor.contract.amendment"]
        for life, contract in zip(lives, self._browse(lives), strict=True):
            line = contract.line_ids.filtered(lambda one: one.charge_type == "per_unit").sorted("id")[0]
            change = {"kind": "quantity", "line": line.id, "quantity": life.moves[number]}
            amendments += amendments.browse(contract.amend(str(self._get_day(life, number)), [change]))
        amendments.action_agree("Purchasing", "note")

    def _run_job(self, name):
        # It works in transactions of its own.
        self._commit()
        self.env.ref(name).method_direct_trigger()
        self._commit()

    def _bill(self):
        """Bill in a run, as the job works it off; what it holds back for being much more than usual is let through."""
        contracts = self.env["kor.contract"].browse(list(self.contracts.values()))
        run = self.env["kor.billing.run"].create(
            {"company_id": self.company.id, "contract_ids": [Command.set(contracts.ids)], "date": False}
        )
        run.action_start()
        self._run_job("kor_billing.ir_cron_bill_beside")
        run.failed_contract_ids.action_bill_anyway()
        failed = run.failed_contract_ids.mapped("billing_error")
        assert run.state == "done" and not failed, (run.state, failed[:3])
        return run.invoice_count

    def _recognise(self, number):
        contracts, items = list(self.contracts.values()), 0
        for start in range(0, len(contracts), 1000):
            some = self.env["kor.contract"].browse(contracts[start : start + 1000])
            items += some.recognize_revenue(str(self._last_day(number)))["items"]
            self._commit()
        return items

    def _spend(self):
        """Spend the costs of the last months on the contracts that there are by now."""
        pools = self.env["kor.cost.pool"]
        for month in self.months[-COSTED:]:
            own = pools.search([("month", "=", month), ("name", "in", [one[0] for one in POOLS])])
            own = own or pools.create(
                [
                    {"name": name, "category": category, "method": method, "typed_amount": amount, "month": month}
                    for name, category, method, amount in POOLS
                ]
            )
            for result in own.allocate():
                assert not result["reason"], result["reason"]
            self._commit()


def _get_ref(life, is_back):
    return f"history-{life.number}{'-back' if is_back else ''}"


def _clock():
    # The other clocks stand still while days pass.
    return time.clock_gettime(time.CLOCK_MONOTONIC)
