from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount

from ..engine.term_value import Part, combine_percents, lasting_net, percent_off, weigh

START = date(2026, 1, 31)


@tagged("post_install", "-at_install", "kor_engine")
class TestTermValue(BaseCase):
    def test_worth_over_the_term(self):
        welcome = Discount("w", "Welcome", "percent", 50, periods=3)
        always = Discount("a", "Always", "percent", 10)
        # name: (parts, term in months, monthly, one-time, total)
        cases = {
            "by the month": ([Part(Decimal(100), 1)], 12, 100, 0, 1200),
            "by the year": ([Part(Decimal(1200), 12)], 24, 100, 0, 2400),
            "a year that the term cuts": ([Part(Decimal(1200), 12)], 18, 100, 0, 1800),
            "once": ([Part(Decimal(500), 0)], 12, 0, 500, 500),
            "a discount for three months": ([Part(Decimal(100), 1, (welcome,))], 12, 50, 0, 1050),
            "a lasting discount": ([Part(Decimal(100), 1, (always,))], 12, 90, 0, 1080),
            "together": ([Part(Decimal(100), 1, (welcome,)), Part(Decimal(500), 0)], 12, 50, 500, 1550),
            "nothing": ([], 12, 0, 0, 0),
        }
        for name, (parts, months, monthly, one_time, total) in cases.items():
            with self.subTest(name):
                worth = weigh(parts, START, months)
                self.assertEqual((worth.monthly, worth.one_time, worth.total), (monthly, one_time, total))

    def test_cost_counts_each_period_and_what_is_due_once(self):
        worth = weigh([Part(Decimal(100), 1, cost=Decimal(30)), Part(Decimal(500), 0, cost=Decimal(200))], START, 12)
        self.assertEqual(worth.cost, 560)

    def test_what_lasts_leaves_out_what_is_limited_in_time(self):
        welcome = Discount("w", "Welcome", "percent", 50, periods=3)
        always = Discount("a", "Always", "amount", 7)
        self.assertEqual(lasting_net(Part(Decimal(100), 1, (welcome, always))), 93)

    def test_percentages(self):
        self.assertEqual(combine_percents([Decimal(10), Decimal(10)]), 19)
        self.assertEqual(combine_percents([]), 0)
        self.assertEqual(percent_off(Decimal(200), Decimal(150)), 25)
        self.assertEqual(percent_off(Decimal(100), Decimal(110)), -10)
        self.assertEqual(percent_off(Decimal(0), Decimal(0)), 0)
