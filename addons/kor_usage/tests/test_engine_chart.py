from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_usage.engine.chart import lay_out

FIRST = date(2026, 3, 1)


def days(*values):
    return [
        (FIRST + timedelta(days=place), value if value is None else Decimal(str(value)))
        for place, value in enumerate(values)
    ]


@tagged("post_install", "-at_install", "kor_engine")
class TestChart(BaseCase):
    def test_heights_are_shares_of_the_axis(self):
        chart = lay_out(days(25, 50, 100, 0))
        self.assertEqual([bar.height for bar in chart.bars], [25, 50, 100, 0])
        self.assertEqual([bar.y for bar in chart.bars], [75, 50, 0, 100])
        self.assertEqual([tick.value for tick in chart.ticks], [0, 25, 50, 75, 100])
        self.assertEqual(chart.zero_y, 100)

    def test_day_without_reading_has_no_bar_and_zero_has_one(self):
        chart = lay_out(days(5, None, 0))
        self.assertEqual([bar.day.day for bar in chart.bars], [1, 3])

    def test_bars_do_not_overlap_and_stay_inside(self):
        for number in (1, 28, 31):
            with self.subTest(number):
                bars = lay_out(days(*range(number))).bars
                edges = [edge for bar in bars for edge in (bar.x, bar.x + bar.width)]
                self.assertEqual(edges, sorted(edges))
                self.assertGreaterEqual(edges[0], 0)
                self.assertLessEqual(edges[-1], 100)

    def test_axis_has_round_steps_that_enclose_all(self):
        for highest in ("0.0003", "0.7", "1", "9.99", "1234", "59999", "87654321"):
            with self.subTest(highest):
                ticks = [tick.value for tick in lay_out(days(highest)).ticks]
                self.assertLessEqual(len(ticks), 6)
                self.assertGreaterEqual(ticks[-1], Decimal(highest))
                self.assertIn((ticks[1] - ticks[0]).normalize().as_tuple().digits, ((1,), (2,), (2, 5), (5,)))

    def test_negative_days_hang_below_zero(self):
        chart = lay_out(days(10, -10))
        up, down = chart.bars
        self.assertEqual((up.y, up.height, down.y, down.height), (0, 50, 50, 50))
        self.assertEqual(chart.zero_y, 50)

    def test_limit_is_inside_the_drawing(self):
        self.assertEqual(lay_out(days(10), Decimal(100)).limit_y, 0)
        self.assertIsNone(lay_out(days(10)).limit_y)

    def test_nothing_gives_an_empty_chart(self):
        for values in ((), (None, None), (0, 0)):
            with self.subTest(values):
                chart = lay_out(days(*values))
                self.assertFalse([bar for bar in chart.bars if bar.height])
                self.assertEqual(chart.zero_y, 100)
