from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine.money import exact, round_money

from ..engine.mrr import Fact, arr, ledger, month_ends, months
from ..engine.rates import MrrError, Rates
from .engine_common import CENT, amount, day, fact, moved

EURO = {date(2026, 1, 1): Decimal("1.10"), date(2026, 3, 1): Decimal("1.20"), date(2026, 4, 1): Decimal("1.20")}
HOME = Rates()
FOREIGN = Rates(by_currency={"EUR": EURO})


def run(*facts, start="2026-01-01", end="2027-01-01", rates=HOME):
    return ledger(facts, rates, day(start), day(end))


def story(found):
    """Return the movements in short: day, kind, amount, cause."""
    return [(f"{one.day:%m-%d}", one.kind, one.amount, one.cause) for one in found.movements]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineMrr(BaseCase):
    def test_published_life_of_a_customer(self):
        """An annual 2,000 is 166.67 a month, new; 60 more are expansion, and ending them alone is contraction."""
        found = run(
            fact("a", "2026-01-05", Decimal(2000) / 12, "signed"),
            fact("b", "2026-02-01", 60, "added", customer="a"),
            fact("b", "2026-03-01", 0, "ended", customer="a"),
        )
        self.assertEqual(
            story(found),
            [
                ("01-05", "new", amount("166.67"), "signed"),
                ("02-01", "expansion", 60, "added"),
                ("03-01", "contraction", -60, "ended"),
            ],
        )
        self.assertEqual((found.opening, found.closing, arr(found.closing)), (0, amount("166.67"), amount("2000.04")))

    def test_lives_are_told_by_their_movements(self):
        for name, facts, expected in [
            ("new", [("01-05", 10)], ["new 10"]),
            ("gone", [("01-05", 10), ("02-01", 0)], ["new 10", "churn -10"]),
            ("back", [("01-05", 10), ("02-01", 0), ("04-01", 7)], ["new 10", "churn -10", "reactivation 7"]),
            ("more, less", [("01-05", 10), ("02-01", 15), ("03-01", 12)], ["new 10", "expansion 5", "contraction -3"]),
            ("index", [("01-05", 10), ("02-01", 11, "escalator")], ["new 10", "escalator 1"]),
            ("index falls", [("01-05", 10), ("02-01", 9, "escalator")], ["new 10", "escalator -1"]),
            (
                "pause",
                [("01-05", 10), ("02-01", 0, "pause"), ("02-09", 10)],
                ["new 10", "churn -10", "reactivation 10"],
            ),
            ("renewal", [("01-05", 10), ("02-01", 13, "renewal")], ["new 10", "expansion 3"]),
            ("nothing changes", [("01-05", 10), ("02-01", 10)], ["new 10"]),
            ("free at first", [("01-05", 0), ("02-01", 10)], ["new 10"]),
            ("free for good", [("01-05", 0)], []),
            ("a day too short", [("01-05", 10), ("01-05", 0), ("03-01", 5)], ["new 5"]),
            ("steps of a day", [("01-05", 10), ("02-01", 8), ("02-01", 14)], ["new 10", "expansion -2", "expansion 6"]),
            (
                "price and seats of a day",
                [("01-05", 10), ("02-01", 11, "escalator"), ("02-01", 6)],
                ["new 10", "escalator 1", "contraction -5"],
            ),
        ]:
            with self.subTest(name):
                found = run(*(fact("a", f"2026-{row[0]}", row[1], hint="".join(row[2:])) for row in facts))
                self.assertEqual([f"{one.kind} {one.amount:.0f}" for one in found.movements], expected)

    def test_contract_that_follows_another_of_the_customer_is_no_churn(self):
        facts = [
            fact("a", "2026-01-01", 100, "first"),
            fact("a", "2026-06-01", 0, "ended", customer="a"),
            fact("b", "2026-06-01", 120, "second", customer="a"),
        ]
        found = run(*facts)
        self.assertEqual(
            story(found)[1:], [("06-01", "expansion", -100, "ended"), ("06-01", "expansion", 120, "second")]
        )
        self.assertEqual(found.customers_of("churn"), set())
        self.assertEqual([(row.key, row.closing) for row in found.by_customer()], [("a", 120)])

    def test_contract_that_follows_at_the_same_price_loses_nothing(self):
        found = run(
            fact("a", "2026-01-01", 100, "first"),
            fact("a", "2026-06-01", 0, "ended", customer="a"),
            fact("b", "2026-06-01", 100, "second", customer="a"),
        )
        self.assertEqual([one.kind for one in found.movements], ["new", "expansion", "expansion"])
        self.assertEqual(moved(found.total().moved), {"new": 100})

    def test_order_of_facts_of_other_days_does_not_matter(self):
        facts = [fact("a", "2026-01-01", 10), fact("b", "2026-02-01", 5, customer="a"), fact("a", "2026-03-01", 0)]
        self.assertEqual(run(*facts).total(), run(*facts[::-1]).total())

    def test_currency_moves_apart(self):
        found = run(
            fact("a", "2026-01-10", 100, "signed", currency="EUR"),
            fact("a", "2026-03-01", 150, "more", currency="EUR"),
            fact("a", "2026-05-10", 0, "ended", currency="EUR"),
            rates=FOREIGN,
        )
        self.assertEqual(
            story(found),
            [
                ("01-10", "new", 110, "signed"),
                # 50 at the new month's rate; the 100 that were there are worth 10 more.
                ("03-01", "expansion", 60, "more"),
                ("03-01", "currency", 10, "EUR"),
                ("05-10", "churn", -180, "ended"),
            ],
        )
        self.assertEqual([one.local for one in found.movements], [100, 50, 0, -150])

    def test_currency_of_a_month_belongs_to_the_period_that_holds_its_first_day(self):
        one = fact("a", "2026-01-10", 100, currency="EUR")
        before = run(one, start="2026-02-01", end="2026-03-01", rates=FOREIGN)
        self.assertEqual((before.opening, before.closing, before.movements), (110, 110, ()))
        after = run(one, start="2026-03-01", end="2026-03-02", rates=FOREIGN)
        self.assertEqual((after.opening, moved(after.total().moved), after.closing), (110, {"currency": 10}, 120))

    def test_fixed_rates_leave_nothing_to_the_currency(self):
        facts = [fact("a", "2026-01-10", 100, currency="EUR"), fact("a", "2026-04-01", 200, currency="EUR")]
        found = run(*facts, rates=FOREIGN.fixed(day("2026-02-01")))
        self.assertEqual(moved(found.total().moved), {"new": 110, "expansion": 110})
        early = FOREIGN.fixed(day("2025-01-01"))
        self.assertEqual(early.rate("EUR", day("2020-01-01")), amount("1.10"))

    def test_rows_by_any_key_of_contracts_and_by_month(self):
        facts = [
            fact("a", "2026-01-10", 100),
            fact("b", "2026-02-10", 50),
            fact("a", "2026-03-10", 0),
        ]
        found = run(*facts, start="2026-02-01", end="2026-04-01")
        tiers = {"a": "gold", "b": "gold"}
        [row] = found.rows(tiers.get)
        self.assertEqual(
            (row.key, row.opening, moved(row.moved), row.closing), ("gold", 100, {"new": 50, "churn": -100}, 50)
        )
        self.assertEqual(
            [(row.key, row.opening, moved(row.moved), row.closing) for row in found.by_month()],
            [(day("2026-02-01"), 100, {"new": 50}, 150), (day("2026-03-01"), 150, {"churn": -100}, 50)],
        )
        empty = run().total()
        self.assertEqual((empty.opening, moved(empty.moved), empty.closing), (0, {}, 0))

    def test_month_ends_by_customer_start_with_the_first_fee(self):
        facts = [
            fact("a", "2026-01-31", 0),
            fact("a", "2026-02-10", 10),
            fact("b", "2026-03-31", 5, customer="a"),
            fact("a", "2026-04-02", 0),
            fact("c", "2026-03-05", 7),
            fact("c", "2026-03-06", 0),
        ]
        found = month_ends(facts, HOME, day("2026-01-01"), day("2026-05-01"))
        short = {key: [(f"{month:%m}", value) for month, value in row.items()] for key, row in found.items()}
        self.assertEqual(short, {"a": [("02", 10), ("03", 15), ("04", 5)], "c": [("03", 0), ("04", 0)]})

    def test_months_of_a_period(self):
        for start, end, expected in [
            ("2025-12-31", "2026-01-01", ["2025-12"]),
            ("2025-12-31", "2026-02-02", ["2025-12", "2026-01", "2026-02"]),
            ("2026-01-01", "2026-01-01", []),
        ]:
            self.assertEqual([f"{one:%Y-%m}" for one in months(day(start), day(end))], expected)

    def test_what_cannot_be_is_refused(self):
        one = fact("a", "2026-01-10", 100)
        for name, call, message in [
            ("negative", lambda: run(fact("a", "2026-01-10", -1)), "MRR of contract a is -1"),
            ("customer", lambda: run(one, fact("a", "2026-01-11", 1, customer="b")), "changes its customer"),
            ("currency", lambda: run(one, fact("a", "2026-01-11", 1, currency="EUR")), "changes its .* or currency"),
            ("no rate", lambda: run(fact("a", "2026-01-10", 1, currency="CHF")), "There is no rate of CHF for 2026-01"),
            (
                "rate comes later",
                lambda: run(fact("a", "2025-12-31", 1, currency="EUR"), rates=FOREIGN),
                "There is no rate of EUR for 2025-12",
            ),
            ("period", lambda: run(one, end="2026-01-01"), "holds no day"),
            ("middle", lambda: Rates(CENT, {"EUR": {date(2026, 1, 2): Decimal(1)}}), "must be above zero and stand at"),
            ("zero rate", lambda: Rates(CENT, {"EUR": {date(2026, 1, 1): Decimal(0)}}), "must be above zero"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(MrrError, message):
                call()

    def test_values_are_rounded_as_all_money(self):
        for rounding in ("0.01", "0.010", "0.05", "1", "10", "100.0"):
            rates = Rates(amount(rounding), {"EUR": EURO})
            for value in ("104.545454545454545454545454545", "0.005", "25", "1234567.895"):
                with self.subTest(rounding=rounding, value=value):
                    with exact():
                        expected = round_money(amount(value) * amount("1.10"), amount(rounding))
                    self.assertEqual(rates.value(amount(value), "EUR", day("2026-02-03")), expected)

    def test_company_currency_may_be_named(self):
        rates = Rates(CENT, {}, home="USD")
        found = run(Fact("a", "a", day("2026-01-01"), Decimal(5), currency="USD"), rates=rates)
        self.assertEqual(found.closing, 5)
