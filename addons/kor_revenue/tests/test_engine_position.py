from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_revenue.engine.position import Flow, Position, carry

from .engine_common import CENT

MONEY = st.integers(-(10**7), 10**7).map(lambda cents: cents * CENT)
RATES = st.integers(1, 5000).map(lambda thousandths: Decimal(thousandths) / 1000)
# Whatever is billed and earned, also negative, each month with its rate.
MONTHS = st.lists(st.tuples(MONEY, MONEY, RATES), min_size=1, max_size=12)


def _flow(billed, earned, rate=1):
    rate = Decimal(rate)
    billed, earned = Decimal(billed), Decimal(earned)
    return Flow(billed, (billed * rate).quantize(CENT), earned, rate)


def _run(flows):
    outcomes, opening = [], Position()
    for flow in flows:
        outcomes.append(carry(opening, flow, CENT))
        opening = outcomes[-1].closing
    return outcomes


def _sum(values):
    return sum(values, Decimal(0))


@tagged("post_install", "-at_install", "kor_engine")
class TestEnginePosition(BaseCase):
    def test_one_month(self):
        cases = [
            # label, opening (amount, balance), billed, earned, rate, revenue, exchange, closing (amount, balance)
            ("billed first, earned at that rate", (100, 110), 0, 40, "1.5", 44, 0, (60, 66)),
            # Of 50 earned, 20 were billed at 1.10, and 30 are worth 1.50 each: 22 + 45.
            ("earned beyond what was billed", (20, 22), 0, 50, "1.5", 67, 0, (-30, -45)),
            # An asset of 100 at 1.10 is billed at 1.20: 10 are gained; the other 50 wait at 60.
            ("billed after it was earned", (-100, -110), 150, 0, "1.2", 0, 10, (50, 60)),
            # Only 40 of the 100 are billed, at 1.00: 40 − 44.
            ("billed in part at a loss", (-100, -110), 40, 0, "1", 0, -4, (-60, -66)),
            ("billed and earned in one month", (0, 0), 100, 100, "1.3", 130, 0, (0, 0)),
            ("nothing happens", (100, 110), 0, 0, "9", 0, 0, (100, 110)),
            # What is given back takes the rate of its invoice; 12 are left with nothing behind them.
            ("given back at another rate", (100, 110), -100, 0, "1.22", 0, -12, (0, 0)),
            ("revenue taken back", (0, 0), 0, -10, "1.2", -12, 0, (10, 12)),
        ]
        for label, opening, billed, earned, rate, revenue, exchange, closing in cases:
            with self.subTest(label):
                found = carry(Position(*map(Decimal, opening)), _flow(billed, earned, rate), CENT)
                self.assertEqual((found.revenue, found.exchange), (revenue, exchange))
                self.assertEqual(found.closing, Position(*map(Decimal, closing)))

    def test_position_is_a_liability_or_an_asset(self):
        for amount, liability, asset in ((100, 100, 0), (0, 0, 0), (-100, 0, 100)):
            found = carry(Position(Decimal(amount), Decimal(2 * amount)), _flow(0, 0), CENT)
            self.assertEqual(found.liability, Position(Decimal(liability), Decimal(2 * liability)))
            self.assertEqual(found.asset, Position(Decimal(asset), Decimal(2 * asset)))

    @settings(max_examples=200, deadline=None)
    @given(MONTHS)
    def test_liability_less_asset_is_billed_less_earned_at_each_close(self, months):
        flows = [_flow(*month) for month in months]
        for number, found in enumerate(_run(flows), 1):
            billed, earned = _sum(one.billed for one in flows[:number]), _sum(one.earned for one in flows[:number])
            self.assertEqual(found.liability.amount - found.asset.amount, billed - earned)
            self.assertEqual(found.liability.balance - found.asset.balance, found.closing.balance)

    @settings(max_examples=200, deadline=None)
    @given(MONTHS)
    def test_every_balance_goes_somewhere(self, months):
        opening = Position()
        for month in months:
            flow = _flow(*month)
            found = carry(opening, flow, CENT)
            moved = found.closing.balance - opening.balance
            self.assertEqual(flow.billed_balance, found.revenue + found.exchange + moved)
            for balance in (found.revenue, found.exchange, found.closing.balance):
                self.assertEqual(balance, balance.quantize(CENT))
            opening = found.closing

    @settings(max_examples=200, deadline=None)
    @given(MONTHS)
    def test_own_currency_has_no_exchange(self, months):
        for found in _run([_flow(billed, earned) for billed, earned, _rate in months]):
            self.assertEqual(found.exchange, 0)
            self.assertEqual(found.closing.balance, found.closing.amount)

    @settings(max_examples=200, deadline=None)
    @given(MONTHS)
    def test_own_currency_in_one_go_is_step_by_step(self, months):
        flows = [_flow(billed, earned) for billed, earned, _rate in months]
        steps = _run(flows)
        billed, earned = _sum(one.billed for one in flows), _sum(one.earned for one in flows)
        [whole] = _run([Flow(billed, billed, earned)])
        self.assertEqual(whole.closing, steps[-1].closing)
        self.assertEqual(whole.revenue, _sum(one.revenue for one in steps))

    @settings(max_examples=200, deadline=None)
    @given(MONTHS, RATES)
    def test_nothing_is_left_once_all_is_billed_and_earned(self, months, rate):
        flows = [_flow(*month) for month in months]
        billed, earned = _sum(one.billed for one in flows), _sum(one.earned for one in flows)
        # A last invoice brings what was billed to what was earned.
        flows.append(_flow(earned - billed, 0, rate))
        steps = _run(flows)
        self.assertEqual(steps[-1].closing, Position())
        in_company = _sum(one.revenue + one.exchange for one in steps)
        self.assertEqual(in_company, _sum(one.billed_balance for one in flows))

    @settings(max_examples=200, deadline=None)
    @given(MONTHS, RATES)
    def test_one_rate_leaves_only_cents_of_exchange(self, months, rate):
        # Of billing and earning, each month rounds an invoice, revenue and what is cleared: half a cent each.
        allowed = CENT * 2 * len(months)
        for found in _run([_flow(abs(billed), abs(earned), rate) for billed, earned, _rate in months]):
            self.assertLessEqual(abs(found.exchange), allowed)
            self.assertLessEqual(abs(found.closing.balance - found.closing.amount * rate), allowed)
