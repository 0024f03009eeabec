from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.bridge import DIFFERENCES, REST, STEPS, BridgeError, add, bridge
from .engine_common import CENT, amount

CENTS = st.integers(-(10**8), 10**8).map(lambda cents: cents * CENT)
AMOUNTS = st.fixed_dictionaries(dict.fromkeys(STEPS, CENTS))
KNOWN = st.fixed_dictionaries(
    {}, optional={step: st.dictionaries(st.sampled_from(keys), CENTS) for step, keys in DIFFERENCES.items()}
)


def given_amounts(*values):
    return dict(zip(STEPS, map(amount, values), strict=True))


def told(step):
    return [(one.key, one.amount) for one in step.differences]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBridge(BaseCase):
    def test_year_paid_ahead(self):
        """A fee of 100 a month, 1,200 billed ahead with 20 % tax and paid, and 30 of use that is billed later."""
        found = bridge(
            given_amounts(100, 130, 1200, 1440),
            {
                "recognized": {"usage": amount(30)},
                "invoiced": {"deferred": amount(1100), "accrued": amount(-30)},
                "cash": {"taxes": amount(240), "open": amount(0)},
            },
        )
        self.assertTrue(found.is_explained)
        self.assertEqual(found.amounts, {"mrr": 100, "recognized": 130, "invoiced": 1200, "cash": 1440})
        self.assertEqual(
            [told(step) for step in found.steps],
            [[], [("usage", 30)], [("deferred", 1100), ("accrued", -30)], [("taxes", 240)]],
        )

    def test_what_nothing_explains_is_named(self):
        found = bridge(given_amounts(100, 130, 90, 0), {"recognized": {"usage": amount(25)}})
        self.assertEqual(
            [told(step) for step in found.steps[1:]], [[("usage", 25), (REST, 5)], [(REST, -40)], [(REST, -90)]]
        )
        self.assertEqual([step.rest for step in found.steps], [0, 5, -40, -90])
        self.assertFalse(found.is_explained)

    def test_rests_of_contracts_may_cancel_out(self):
        one = bridge(given_amounts(100, 110, 110, 110), {})
        other = bridge(given_amounts(100, 90, 90, 90), {})
        self.assertTrue(add([one, other]).is_explained)

    def test_what_cannot_be_is_refused(self):
        whole = given_amounts(1, 1, 1, 1)
        for name, call, message in [
            ("no cash", ({"mrr": Decimal(1)}, {}), "exactly these figures: mrr, recognized, invoiced, cash"),
            ("one more", ({**whole, "tax": Decimal(1)}, {}), "exactly these figures"),
            ("step", (whole, {"mrr": {}}), "“mrr” is no step that something leads to"),
            ("key", (whole, {"cash": {"usage": Decimal(1)}}), "“usage” does not lead to cash: choose one of taxes"),
            ("rest", (whole, {"cash": {REST: Decimal(1)}}), "“rest” does not lead to cash"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(BridgeError, message):
                bridge(*call)

    @settings(max_examples=50, deadline=None)
    @given(AMOUNTS, KNOWN)
    def test_bridge_always_adds_up(self, amounts, known):
        found = bridge(amounts, known)
        self.assertEqual(found.amounts, amounts)
        for before, step in zip(found.steps, found.steps[1:], strict=False):
            self.assertEqual(before.amount + sum(one.amount for one in step.differences), step.amount)
            explained = dict(told(step))
            explained.pop(REST, None)
            self.assertEqual(explained, {key: one for key, one in known.get(step.key, {}).items() if one})

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(AMOUNTS, KNOWN), max_size=5))
    def test_bridge_of_all_is_the_sum_of_bridges(self, rows):
        found = add([bridge(*row) for row in rows])
        for step in STEPS:
            self.assertEqual(found.amounts[step], sum(amounts[step] for amounts, _known in rows))
        for step in found.steps[1:]:
            for key in DIFFERENCES[step.key]:
                whole = sum((known.get(step.key, {}).get(key, 0) for _amounts, known in rows), Decimal(0))
                self.assertEqual(dict(told(step)).get(key, 0), whole)
