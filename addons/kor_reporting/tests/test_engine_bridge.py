from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.bridge import DIFFERENCES, REST, STEPS, BridgeError, bridge
from ..engine.figures import add_dicts
from .engine_common import CENT, amount

CENTS = st.integers(-(10**8), 10**8).map(lambda cents: cents * CENT)
NAMES = [*STEPS, *((step, key) for step, keys in DIFFERENCES.items() for key in keys)]
FIGURES = st.dictionaries(st.sampled_from(NAMES), CENTS)


def given_amounts(*values):
    return dict(zip(STEPS, map(amount, values), strict=True))


def rests(found):
    return [found.get((step, REST), 0) for step in STEPS[1:]]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBridge(BaseCase):
    def test_year_paid_ahead(self):
        """A fee of 100 a month, 1,200 billed ahead with 20 % tax and paid, and 30 of use that is billed later."""
        figures = {
            **given_amounts(100, 130, 1200, 1440),
            ("recognized", "usage"): amount(30),
            ("invoiced", "deferred"): amount(1100),
            ("invoiced", "accrued"): amount(-30),
            ("cash", "taxes"): amount(240),
        }
        self.assertEqual(bridge({**figures, ("cash", "open"): amount(0)}), figures)

    def test_what_nothing_explains_is_named(self):
        found = bridge({**given_amounts(100, 130, 90, 0), ("recognized", "usage"): amount(25)})
        self.assertEqual(rests(found), [5, -40, -90])

    def test_rests_of_contracts_may_cancel_out(self):
        parts = given_amounts(100, 110, 110, 110), given_amounts(100, 90, 90, 90)
        self.assertEqual([rests(bridge(one)) for one in parts], [[10, 0, 0], [-10, 0, 0]])
        self.assertEqual(rests(bridge(add_dicts(parts))), [0, 0, 0])

    def test_what_cannot_be_is_refused(self):
        for name, message in [
            ("tax", "“tax” is no step of a bridge: choose one of mrr, recognized, invoiced, cash"),
            (("mrr", "usage"), "“mrr” is no step that something leads to"),
            (("cash", "usage"), "“usage” does not lead to cash: choose one of taxes"),
            (("cash", REST), "“rest” does not lead to cash"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(BridgeError, message):
                bridge({**given_amounts(1, 1, 1, 1), name: Decimal(1)})

    @settings(max_examples=50, deadline=None)
    @given(FIGURES)
    def test_bridge_always_adds_up(self, figures):
        found = bridge(figures)
        for before, step in zip(STEPS, STEPS[1:], strict=False):
            led = sum(found.get((step, key), Decimal(0)) for key in (*DIFFERENCES[step], REST))
            self.assertEqual(found.get(before, 0) + led, found.get(step, 0))
        known = {name: one for name, one in found.items() if REST not in name}
        self.assertEqual(known, {name: one for name, one in figures.items() if one})

    @settings(max_examples=50, deadline=None)
    @given(st.lists(FIGURES, max_size=5))
    def test_bridge_of_all_is_the_sum_of_bridges(self, parts):
        whole = add_dicts(map(bridge, parts))
        self.assertEqual(bridge(add_dicts(parts)), {name: one for name, one in whole.items() if one})
