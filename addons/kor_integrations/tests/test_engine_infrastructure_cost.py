from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.infrastructure_cost import Price, Quantity, measure_costs

BEGIN = date(2026, 1, 1)
DAYS = st.integers(0, 120).map(lambda days: BEGIN + timedelta(days=days))
QUANTITIES = st.lists(st.builds(Quantity, DAYS, st.integers(0, 5000).map(lambda n: Decimal(n) / 8)), max_size=4)
PRICES = st.lists(
    st.builds(
        Price, DAYS, st.integers(0, 10**6).map(lambda n: Decimal(n) / 1000), st.sampled_from(("EUR", "USD")), st.just(2)
    ),
    max_size=4,
)


def _quantity(day, number):
    return Quantity(date.fromisoformat(day), Decimal(number))


def _price(day, cost, currency="EUR", places=2):
    return Price(date.fromisoformat(day), Decimal(cost), currency, places)


def _sum(costs):
    totals = {}
    for cost in costs:
        key = cost.month, cost.currency
        totals[key] = totals.get(key, 0) + cost.amount
    return {key: total for key, total in totals.items() if total}


# Label, quantities, prices, span, the day from which it is over, costs by month.
COSTS = (
    # 10 units × 3.10 × 31 of 31 days
    ("whole month", [_quantity("2026-01-01", 10)], [_price("2026-01-01", "3.10")], "2026-01-01/2026-02-01",
     None, ["31.00"]),
    # 10 × 3.10 × 10/31
    ("ten days", [_quantity("2026-01-22", 10)], [_price("2026-01-01", "3.10")], "2026-01-01/2026-02-01",
     None, ["10.00"]),
    # 15 days of 4 and 13 of 6 at 28 in February: 4 × 28 × 15/28 = 60, 6 × 28 × 13/28 = 78
    ("more from the 16th", [_quantity("2026-02-01", 4), _quantity("2026-02-16", 6)],
     [_price("2026-01-01", 28)], "2026-02-01/2026-03-01", None, ["60.00", "78.00"]),
    # the price rises on the 11th of April: 2 × 30 × 10/30 = 20, 2 × 45 × 20/30 = 60
    ("dearer from the 11th", [_quantity("2026-01-01", 2)], [_price("2026-01-01", 30), _price("2026-04-11", 45)],
     "2026-04-01/2026-05-01", None, ["20.00", "60.00"]),
    # of two facts of one day the last one counts
    ("corrected on the day", [_quantity("2026-04-01", 2), _quantity("2026-04-01", 3)],
     [_price("2026-01-01", 30)], "2026-04-01/2026-05-01", None, ["90.00"]),
    ("nothing before the first quantity", [_quantity("2026-05-01", 2)], [_price("2026-01-01", 30)],
     "2026-04-01/2026-05-01", None, []),
    ("nothing without a price", [_quantity("2026-04-01", 2)], [], "2026-04-01/2026-05-01", None, []),
    ("zero is nothing", [_quantity("2026-04-01", 0)], [_price("2026-01-01", 30)], "2026-04-01/2026-05-01",
     None, []),
    # retired after the 15th: 2 × 30 × 15/30
    ("retired", [_quantity("2026-01-01", 2)], [_price("2026-01-01", 30)], "2026-04-01/2026-06-01",
     "2026-04-16", ["30.00"]),
    # 1 × 1.00 × 1/31 = 0.0323
    ("one day", [_quantity("2026-01-01", 1)], [_price("2026-01-01", 1)], "2026-01-01/2026-01-02", None,
     ["0.03"]),
    # two days are 0.0645 → 0.06, of which the first was 0.03
    ("its second day", [_quantity("2026-01-01", 1)], [_price("2026-01-01", 1)], "2026-01-02/2026-01-03", None,
     ["0.03"]),
    # 7 × 1000 × 1/31 = 225.8
    ("yen have no cents", [_quantity("2026-01-01", 7)], [_price("2026-01-01", 1000, "JPY", 0)],
     "2026-01-01/2026-01-02", None, ["226"]),
)  # fmt: skip


@tagged("post_install", "-at_install", "kor_engine")
class TestInfrastructureCostEngine(BaseCase):
    def test_costs_computed_by_hand(self):
        for label, quantities, prices, span, until, expected in COSTS:
            with self.subTest(label):
                start, end = (date.fromisoformat(day) for day in span.split("/"))
                costs = measure_costs(quantities, prices, start, end, until and date.fromisoformat(until))
                self.assertEqual([str(cost.amount) for cost in costs], expected)

    def test_each_cost_says_its_days_quantity_price_and_currency(self):
        costs = measure_costs(
            [_quantity("2026-01-20", 3)],
            [_price("2026-01-01", 31), _price("2026-02-11", 56, "USD")],
            date(2026, 1, 1),
            date(2026, 3, 1),
        )
        self.assertEqual(
            [(one.month.month, one.start.day, one.days, one.unit_cost, one.currency, one.amount) for one in costs],
            [
                (1, 20, 12, 31, "EUR", Decimal("36.00")),
                (2, 1, 10, 31, "EUR", Decimal("33.21")),
                (2, 11, 18, 56, "USD", Decimal("108.00")),
            ],
        )

    @settings(max_examples=50, deadline=None)
    @given(QUANTITIES, PRICES, st.lists(DAYS, min_size=3, max_size=3))
    def test_costs_of_adjacent_periods_add_up(self, quantities, prices, days):
        first, middle, last = sorted(days)
        parts = measure_costs(quantities, prices, first, middle) + measure_costs(quantities, prices, middle, last)
        self.assertEqual(_sum(parts), _sum(measure_costs(quantities, prices, first, last)))

    @settings(max_examples=50, deadline=None)
    @given(QUANTITIES, PRICES, DAYS, DAYS)
    def test_costs_lie_within_a_cent_of_the_sum_of_days(self, quantities, prices, first, last):
        first, last = min(first, last), max(first, last)
        costs = measure_costs(quantities, prices, first, last)
        exact = {}
        for cost in costs:
            length = ((cost.month + timedelta(days=32)).replace(day=1) - cost.month).days
            key = cost.month, cost.currency
            exact[key] = exact.get(key, 0) + cost.quantity * cost.unit_cost * cost.days / length
            self.assertGreaterEqual(cost.amount, 0)
        for key, total in _sum(costs).items():
            self.assertLessEqual(abs(total - exact[key]), Decimal("0.0100001"))
        self.assertLessEqual(sum(cost.days for cost in costs), (last - first).days)
