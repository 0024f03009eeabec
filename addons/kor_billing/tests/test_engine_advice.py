from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_billing.engine import advice, billing
from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount
from odoo.addons.kor_enterprise_tiers.engine.pricing import Price

FEBRUARY, MAY = date(2026, 2, 1), date(2026, 5, 1)


def _line(key, price, months=1, charge_type="fixed", start=date(2026, 1, 1), **values):
    values = {"timing": "advance", "day_count": "actual", "end": None, **values}
    price = Price("standard", unit_price=price)
    return billing.Line(key=key, charge_type=charge_type, months=months, start=start, price=price, **values)


def _terms(*lines, **values):
    values = {"start": date(2026, 1, 1), "end": None, "anchor_day": 1, **values}
    return billing.Terms(rounding=Decimal("0.01"), lines=lines, **values)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineAdvice(BaseCase):
    def test_last_full_periods_are_counted_back_from_the_running_one(self):
        cases = [
            ("three months", "2026-01-01", 1, 1, "2026-05-10", 3, ("2026-02-01", "2026-05-01")),
            ("on the first day", "2026-01-01", 1, 1, "2026-05-01", 3, ("2026-02-01", "2026-05-01")),
            ("younger", "2026-01-01", 1, 1, "2026-02-28", 3, ("2026-01-01", "2026-02-01")),
            ("no full month", "2026-01-01", 1, 1, "2026-01-31", 3, None),
            ("a month begun is none", "2026-01-20", 1, 1, "2026-02-20", 3, None),
            ("billing day 31", "2025-12-31", 31, 1, "2026-03-30", 3, ("2025-12-31", "2026-02-28")),
            ("a quarter", "2026-01-01", 1, 3, "2026-08-10", 1, ("2026-04-01", "2026-07-01")),
            ("before the start", "2026-07-01", 1, 1, "2026-05-10", 3, None),
        ]
        for name, start, anchor, months, today, count, expected in cases:
            with self.subTest(name):
                found = advice.last_periods(date.fromisoformat(start), anchor, months, date.fromisoformat(today), count)
                self.assertEqual(found and tuple(day.isoformat() for day in found), expected)

    def test_longer_periods_count_with_their_months(self):
        cases = [
            ("months", _line(1, "10"), "30"),
            ("in arrears", _line(1, "10", timing="arrears"), "30"),
            ("a year in advance", _line(1, "1200", 12), "300"),
            ("a year in arrears", _line(1, "1200", 12, timing="arrears"), "300"),
            ("quarters across the span", _line(1, "90", 3), "90"),
            ("a year without proration", _line(1, "1200", 12, day_count="none"), "300"),
            ("begun within", _line(1, "31", start=date(2026, 3, 17)), "46"),
            ("over before", _line(1, "31", end=FEBRUARY), None),
            ("once", _line(1, "31", 0, "one_time", start=date(2026, 3, 17)), None),
        ]
        for name, line, expected in cases:
            with self.subTest(name):
                wanted = {1: Decimal(expected)} if expected else {}
                found = {key: amount for key, amount in advice.cost(_terms(line), FEBRUARY, MAY).items() if amount}
                self.assertEqual(found, wanted)

    def test_discounts_count_from_the_contract_s_start(self):
        first_two = Discount(1, "Welcome", "percent", Decimal(50), periods=2)
        for place in ("line", "whole"):
            own, whole = ((first_two,), ()) if place == "line" else ((), (first_two,))
            terms = _terms(_line(1, "10", discounts=own), discounts=whole)
            with self.subTest(place):
                self.assertEqual(advice.cost(terms, FEBRUARY, MAY), {1: Decimal(25)})

    @settings(max_examples=60)
    @given(
        anchor=st.integers(1, 31),
        months=st.sampled_from([1, 2, 3, 6, 12]),
        late=st.integers(0, 60),
        first=st.integers(0, 12),
        length=st.integers(1, 6),
        price=st.decimals("0.01", 10**5, places=2),
        timing=st.sampled_from(["advance", "arrears"]),
    )
    def test_cost_of_whole_periods_is_what_is_billed_for_them(self, anchor, months, late, first, length, price, timing):
        start = date(2026, 1, 1) + timedelta(days=late)
        terms = _terms(_line(1, price, months, start=start, timing=timing), start=start, anchor_day=anchor)
        cycle = (terms.anchor, anchor, months)
        since, until = periods.boundary(*cycle, first), periods.boundary(*cycle, first + length)
        slices = billing.target(terms, billing.Window(since, until - timedelta(days=1)))
        self.assertEqual(sum(advice.cost(terms, since, until).values()), sum(one.amount for one in slices))
        monthly = (terms.anchor, anchor, 1)
        parts = [
            sum(advice.cost(terms, periods.boundary(*monthly, number), periods.boundary(*monthly, number + 1)).values())
            for number in range(first * months, (first + length) * months)
        ]
        self.assertAlmostEqual(sum(parts), sum(one.amount for one in slices), delta=Decimal("0.01") * len(parts))

    def test_holdings_are_summed_from_change_to_change(self):
        january, march = date(2026, 1, 1), date(2026, 3, 1)
        cases = [
            ("one", [(january, None, 5)], [(january, None, 5)]),
            ("together", [(january, None, 5), (FEBRUARY, None, 2)], [(january, FEBRUARY, 5), (FEBRUARY, None, 7)]),
            ("one after the other", [(january, FEBRUARY, 5), (FEBRUARY, None, 2)],
             [(january, FEBRUARY, 5), (FEBRUARY, None, 2)]),
            ("with a gap", [(january, FEBRUARY, 5), (march, MAY, 2)], [(january, FEBRUARY, 5), (march, MAY, 2)]),
            ("nothing", [], []),
        ]  # fmt: skip
        for name, holdings, expected in cases:
            given_ones = [(start, end, Decimal(quantity)) for start, end, quantity in holdings]
            with self.subTest(name):
                self.assertEqual(list(advice.sum_holdings(given_ones)), expected)
