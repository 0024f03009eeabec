import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine import pricing
from odoo.addons.kor_enterprise_tiers.engine.money import exact, prorate, round_money
from odoo.addons.kor_enterprise_tiers.engine.pricing import Price, PriceTier, PricingError, rate

examples = settings(max_examples=100, deadline=None, derandomize=True, database=None)
quantities = st.decimals(min_value=0, max_value=10**6, places=3)
rates = st.decimals(min_value=0, max_value=1000, places=4)


@st.composite
def tier_lists(draw, unit_prices=rates, ascending_flats=False):
    bounds = sorted(draw(st.sets(st.decimals(min_value="0.5", max_value=10**5, places=1), max_size=5)))
    flats = [draw(rates) for _bound in range(len(bounds) + 1)]
    flats = sorted(flats) if ascending_flats else flats
    ends = [*bounds, None]
    return tuple(PriceTier(end, draw(unit_prices), flat) for end, flat in zip(ends, flats, strict=True))


no_unit_price = st.just(Decimal(0))
rising = st.one_of(
    st.builds(Price, st.just("standard"), rates, included_quantity=quantities),
    st.builds(Price, st.just("graduated"), tiers=tier_lists(), included_quantity=quantities),
    st.builds(Price, st.just("package"), rates, package_size=st.decimals("0.01", 5000, places=2)),
    st.builds(Price, st.just("percentage"), percentage=rates, event_fee=rates, included_events=st.integers(0, 50)),
    st.builds(Price, st.just("stairstep"), tiers=tier_lists(no_unit_price, ascending_flats=True)),
)
any_price = st.one_of(rising, st.builds(Price, st.just("volume"), tiers=tier_lists(), included_quantity=quantities))


def tiered(model, *tiers, **terms):
    return Price(model, tiers=tuple(PriceTier(*tier) for tier in tiers), **terms)


GRADUATED = tiered("graduated", (10, 10, 2), (20, 5, 3), (None, 5, 3))
VOLUME = tiered("volume", (100, 2, 10), (200, 1, 0), (None, 0.5, 50))
CARD = Price("percentage", percentage=1.3, event_fee=2)
BLOCKS = [(10, 1.5), (110, 1), (None, 0.5)]
SPIKES = tiered("volume", (5, 0, 100), (10, 0, 150), (15, 10), (None, 5))
STORAGE = tiered("graduated", (50 * 1024, 0.023), (500 * 1024, 0.022), (None, 0.021))
TRANSFER = tiered("graduated", (100, 0), (10 * 1024, 0.09), (50 * 1024, 0.085), (150 * 1024, 0.07), (None, 0.05))
GATEWAY = tiered("graduated", (333, 3.5), (1000, 2.8), (20000, 2.38), (None, 1.51))
FALLING = [(10, 2), (None, 1)]
SEATS = tiered("stairstep", (5, 0, 50), (20, 0, 150), (None, 0, 400))

# Source, price, quantity, events, amount.
VECTORS = [
    ("Lago standard", Price("standard", 5.12345), 10, 0, "51.2345"),
    ("Lago graduated, nothing used", GRADUATED, 0, 0, "2"),
    ("Lago graduated, first unit", GRADUATED, 1, 0, "12"),
    ("Lago graduated, first tier full", GRADUATED, 10, 0, "102"),
    ("Lago graduated, second tier begun", GRADUATED, 11, 0, "110"),
    ("Lago graduated, second tier", GRADUATED, 12, 0, "115"),
    ("Lago graduated, third tier begun", GRADUATED, 21, 0, "163"),
    ("Lago package", Price("package", 100, package_size=10), 121, 0, "1300"),
    ("Lago package, 10 free", Price("package", 100, package_size=10, included_quantity=10), 121, 0, "1200"),
    ("Lago volume, nothing used", VOLUME, 0, 0, "10"),
    ("Lago volume, first unit", VOLUME, 1, 0, "12"),
    ("Lago volume, first tier full", VOLUME, 100, 0, "210"),
    ("Lago volume, second tier begun", VOLUME, 101, 0, "101"),
    ("Lago volume, second tier full", VOLUME, 200, 0, "200"),
    ("Lago volume, third tier", VOLUME, 300, 0, "200"),
    ("Lago percentage", CARD, 800, 4, "18.4"),
    (
        "Lago percentage, 250 units and 2 events free",
        Price("percentage", percentage=1.3, event_fee=2, included_quantity=250, included_events=2),
        800,
        4,
        "11.15",
    ),
    ("Kill Bill blocks, all tiers", tiered("graduated", *BLOCKS), 111, 0, "115.5"),
    ("Kill Bill blocks, top tier", tiered("volume", *BLOCKS), 111, 0, "55.5"),
    ("OpenMeter volume, nothing used", SPIKES, 0, 0, "100"),
    ("OpenMeter volume, first tier", SPIKES, 3, 0, "100"),
    ("OpenMeter volume, third tier", SPIKES, 14, 0, "140"),
    ("OpenMeter volume, third tier full", SPIKES, 15, 0, "150"),
    ("OpenMeter volume, last tier begun", SPIKES, 16, 0, "80"),
    ("OpenMeter volume, last tier", SPIKES, 100, 0, "500"),
]

PRICE_LISTS = [
    ("object storage, 600,000 GB", STORAGE, 600000, 0, "13163.20"),
    ("object storage, first 50 TB", STORAGE, 51200, 0, "1177.6"),
    ("data transfer, free part", TRANSFER, 100, 0, "0"),
    ("data transfer, 10 TB", TRANSFER, 10240, 0, "912.6"),
    ("data transfer, 50 TB", TRANSFER, 51200, 0, "4394.2"),
    ("data transfer, 150 TB", TRANSFER, 153600, 0, "11562.2"),
    ("data transfer, 200,000 GB", TRANSFER, 200000, 0, "13882.2"),
    ("API gateway, 333 million", GATEWAY, 333, 0, "1165.5"),
    ("API gateway, 1,000 million", GATEWAY, 1000, 0, "3033.10"),
    ("API gateway, 20,000 million", GATEWAY, 20000, 0, "48253.10"),
    ("API gateway, 20,001 million", GATEWAY, 20001, 0, "48254.61"),
    ("card processing", Price("percentage", percentage=2.9, event_fee=0.3), 50000, 1000, "1750"),
    ("team seats, a month", Price("standard", 4), 25, 0, "100"),
    ("enterprise seats, a month", Price("standard", 21), 25, 0, "525"),
    ("seats at 29 a month, billed yearly", Price("standard", 29 * 12), 25, 0, "8700"),
]

RULES = [
    ("stairstep, nothing used", SEATS, 0, 0, "50"),
    ("stairstep, bound is inclusive", SEATS, 5, 0, "50"),
    ("stairstep, just above the bound", SEATS, "5.001", 0, "150"),
    ("stairstep, last tier", SEATS, 1000, 0, "400"),
    ("included quantity is never owed back", Price("standard", 3, included_quantity=10), 4, 0, "0"),
    ("tiers start after what is included", tiered("graduated", *FALLING, included_quantity=5), 16, 0, "21"),
    ("volume tier is that of the rest", tiered("volume", *FALLING, included_quantity=5), 15, 0, "20"),
    ("fractions are not rounded", tiered("graduated", (10, 10), (None, 5)), "10.5", 0, "102.5"),
    ("package, nothing used", Price("package", 100, package_size=10), 0, 0, "0"),
    ("package begun", Price("package", 100, package_size=10), "10.0001", 0, "200"),
    ("package of a fraction", Price("package", 2, package_size=0.1), 0.3, 0, "6"),
    ("included events are never owed back", Price("percentage", event_fee=2, included_events=5), 0, 3, "0"),
    ("events do not matter elsewhere", Price("standard", 3, event_fee=9), 2, 7, "6"),
    ("minimum is applied elsewhere", Price("standard", 1, minimum_amount=100), 5, 0, "5"),
    ("standard price may be a rebate", Price("standard", -3), 5, 0, "-15"),
]


@tagged("post_install", "-at_install", "kor_engine")
class TestRate(BaseCase):
    def check(self, cases):
        for source, price, quantity, events, expected in cases:
            with self.subTest(source=source):
                self.assertEqual(rate(price, quantity, events).amount, Decimal(expected))

    def test_amount_is_that_of_other_billing_engines(self):
        self.check(VECTORS)

    def test_amount_is_that_of_public_price_lists(self):
        self.check(PRICE_LISTS)

    def test_amount_follows_the_rule_at_its_edges(self):
        self.check(RULES)

    def test_negative_quantity_mirrors_in_standard_and_is_refused_elsewhere(self):
        rated = rate(Price("standard", 5, included_quantity=2), -10)
        self.assertEqual((rated.quantity, rated.billable_quantity, rated.amount), (-10, -8, -40))
        self.assertEqual((rated.steps[0].quantity, rated.steps[0].amount), (-8, -40))
        for price in (GRADUATED, VOLUME, SEATS, CARD, Price("package", 1)):
            with self.subTest(model=price.model), self.assertRaisesRegex(PricingError, "give zero or more"):
                rate(price, -1)

    def test_quantity_or_events_that_cannot_be_counted_are_refused(self):
        for quantity, events, sentence in [
            ("many", 0, "The quantity cannot be used. “many” is not a number"),
            (float("inf"), 0, "give a finite one"),
            (1, None, "The number of events cannot be used"),
            (1, -1, "The number of events is -1: it must be zero or above."),
        ]:
            with self.subTest(quantity=quantity, events=events), self.assertRaises(PricingError) as caught:
                rate(CARD, quantity, events)
            self.assertIn(sentence, str(caught.exception))

    def test_impossible_price_is_not_rated(self):
        with self.assertRaises(PricingError):
            rate(Price("volume"), 1)


@tagged("post_install", "-at_install", "kor_engine")
class TestRatedExplanation(BaseCase):
    def test_graduated_amount_is_explained_tier_by_tier(self):
        self.assertEqual(
            rate(GRADUATED, 12.5).as_dict(),
            {
                "quantity": 12.5,
                "billable_quantity": 12.5,
                "events": 0,
                "amount": 117.5,
                "steps": [
                    {
                        "lower": 0,
                        "upper": 10,
                        "quantity": 10,
                        "unit_price": 10,
                        "flat_amount": 2,
                        "amount": 102,
                    },
                    {
                        "lower": 10,
                        "upper": 20,
                        "quantity": 2.5,
                        "unit_price": 5,
                        "flat_amount": 3,
                        "amount": 15.5,
                    },
                ],
            },
        )

    def test_step_tells_what_its_model_counts(self):
        for price, quantity, events, expected in [
            (Price("package", 9, package_size=10), 121, 0, {"quantity": 121, "packages": 13, "amount": 117}),
            (CARD, 800, 4, {"quantity": 800, "unit_price": 0.013, "flat_amount": 8}),
            (VOLUME, 150, 0, {"lower": 100, "upper": 200, "quantity": 150, "unit_price": 1}),
            (SEATS, 8, 0, {"lower": 5, "upper": 20, "quantity": 8, "unit_price": 0, "flat_amount": 150}),
        ]:
            with self.subTest(model=price.model):
                (step,) = rate(price, quantity, events).as_dict()["steps"]
                self.assertEqual({key: step[key] for key in expected}, expected)

    @examples
    @given(any_price, quantities, st.integers(0, 100))
    def test_explanation_is_plain_json_without_nothing_in_it(self, price, quantity, events):
        explained = rate(price, quantity, events).as_dict()
        self.assertEqual(json.loads(json.dumps(explained)), explained)
        values = [value for step in explained["steps"] for value in step.values()]
        values += [value for key, value in explained.items() if key != "steps"]
        self.assertEqual({type(value) for value in values} - {int, float}, set())


@tagged("post_install", "-at_install", "kor_engine")
class TestCheckPrice(BaseCase):
    def test_sound_prices_pass(self):
        for source, price, *_rest in VECTORS + PRICE_LISTS + RULES:
            with self.subTest(source=source):
                self.assertIsNone(pricing.check_price(price))

    def test_impossible_price_is_refused_with_a_sentence(self):
        for price, sentence in [
            (Price("per_seat"), "“per_seat” is not a price model: choose one of standard, graduated,"),
            (Price("graduated"), "needs tiers"),
            (Price("standard", tiers=(PriceTier(None, 1),)), "has no tiers"),
            (tiered("graduated", (10, 1)), "The last tier ends at 10"),
            (tiered("volume", (None, 1), (None, 1)), "Tier 1 has no upper bound"),
            (tiered("volume", (10, 1), (10, 1), (None, 1)), "Tier 2 ends at 10: it must end above 10."),
            (tiered("volume", (20, 1), (10, 1), (None, 1)), "Tier 2 ends at 10: it must end above 20."),
            (tiered("volume", (0, 1), (None, 1)), "Tier 1 ends at 0"),
            (tiered("graduated", (None, -1)), "The unit price of tier 1 is -1"),
            (tiered("graduated", (5, 1), (None, 1, -2)), "The flat amount of tier 2 is -2"),
            (tiered("stairstep", (5, 1, 50), (None, 0, 90)), "Tier 1 of a stairstep price has a unit price"),
            (Price("package", 10, package_size=0), "needs a package size above zero"),
            (Price("package", 10, package_size=-5), "The package size is -5"),
            (Price("package", -10), "The unit price is -10"),
            (Price("standard", 1, included_quantity=-1), "The included quantity is -1"),
            (Price("standard", 1, minimum_amount="-0.5"), "The minimum amount is -0.5"),
            (Price("percentage", percentage=-1), "The percentage is -1"),
            (Price("percentage", event_fee=-1), "The event fee is -1"),
            (Price("percentage", included_events=-1), "The number of included events is -1"),
        ]:
            with self.subTest(sentence=sentence), self.assertRaises(PricingError) as caught:
                pricing.check_price(price)
            self.assertIn(sentence, str(caught.exception))
            self.assertTrue(str(caught.exception).endswith("."))

    def test_term_that_is_no_number_is_refused_by_its_name(self):
        for make, sentence in [
            (lambda: Price("standard", "free"), "The unit price cannot be used. “free” is not a number"),
            (lambda: Price("package", 1, package_size=None), "The package size cannot be used"),
            (lambda: PriceTier("ten", 1), "The upper bound cannot be used"),
            (lambda: PriceTier(10, 1, True), "The flat amount cannot be used"),
        ]:
            with self.subTest(sentence=sentence), self.assertRaisesRegex(PricingError, sentence):
                make()


@tagged("post_install", "-at_install", "kor_engine")
class TestMinimum(BaseCase):
    def test_amount_is_raised_to_the_share_of_the_minimum(self):
        for source, amount, minimum, share, expected in [
            ("Lago: minimum 5000 from 8 January 2023", 0, 5000, (24, 31), "3871 3871"),
            ("Lago: commitment, 25 days of February", "89285.714", 1000000, (25, 28), "892857 803571"),
            ("Lago: commitment, full period", 100000, 1000000, (1, 1), "1000000 900000"),
            ("Lago: 200,000 from 4 February 2024", 0, 200000, (26, 29), "179310 179310"),
            ("above the minimum", 500, 100, (1, 1), "500 0"),
            ("at the share of the minimum", 50, 100, (1, 2), "50 0"),
            ("no minimum", 0, 0, (1, 1), "0 0"),
            ("a refund is left alone", -20, 100, (1, 1), "-20 0"),
        ]:
            with self.subTest(source=source):
                raised = pricing.apply_minimum(amount, minimum, *share)
                self.assertEqual(" ".join(str(round_money(value, 1)) for value in raised), expected)

    def test_negative_minimum_or_share_is_refused(self):
        for minimum, numerator in [(-1, 1), (1, -1)]:
            with self.subTest(minimum=minimum), self.assertRaisesRegex(PricingError, "zero or above"):
                pricing.apply_minimum(10, minimum, numerator, 1)

    @examples
    @given(quantities, quantities, st.integers(0, 31))
    def test_result_is_the_greater_of_amount_and_share(self, amount, minimum, days):
        raised, added = pricing.apply_minimum(amount, minimum, days, 31)
        self.assertEqual(raised, max(amount, prorate(minimum, days, 31)))
        with exact():
            self.assertEqual(added, raised - amount)
        self.assertEqual(pricing.apply_minimum(raised, minimum, days, 31), (raised, 0))


@tagged("post_install", "-at_install", "kor_engine")
class TestRateProperties(BaseCase):
    @examples
    @given(any_price, quantities, st.integers(0, 100))
    def test_steps_add_up_and_cover_the_billable_quantity(self, price, quantity, events):
        rated = rate(price, quantity, events)
        self.assertEqual(rated.billable_quantity, max(quantity - price.included_quantity, 0))
        self.assertEqual(sum(step.quantity for step in rated.steps), rated.billable_quantity)
        self.assertEqual(sum(step.amount for step in rated.steps), rated.amount)
        for step in rated.steps:
            count = step.quantity if step.packages is None else step.packages
            self.assertEqual(step.amount, count * step.unit_price + step.flat_amount)

    @examples
    @given(tier_lists(), quantities)
    def test_graduated_steps_are_contiguous_and_full_but_the_last(self, tiers, quantity):
        steps = rate(Price("graduated", tiers=tiers), quantity).steps
        self.assertEqual(steps[0].lower, 0)
        for step, following in zip(steps, steps[1:], strict=False):
            self.assertEqual((step.upper, step.upper - step.lower), (following.lower, step.quantity))
        self.assertTrue(steps[-1].upper is None or quantity <= steps[-1].upper)
        self.assertTrue(len(steps) == 1 or steps[-1].quantity > 0)

    @examples
    @given(tier_lists(), st.integers(0, 200))
    def test_graduated_amount_is_that_of_counting_unit_by_unit(self, tiers, quantity):
        whole = tuple(
            PriceTier(None if tier.up_to is None else n * 7, tier.unit_price, tier.flat_amount)
            for n, tier in enumerate(tiers, start=1)
        )
        expected = whole[0].flat_amount
        for unit in range(1, quantity + 1):
            tier = whole[min((unit - 1) // 7, len(whole) - 1)]
            begun = unit > 1 and (unit - 1) % 7 == 0 and (unit - 1) // 7 < len(whole)
            expected += tier.unit_price + (tier.flat_amount if begun else 0)
        self.assertEqual(rate(Price("graduated", tiers=whole), quantity).amount, expected)

    @examples
    @given(tier_lists(), quantities)
    def test_volume_and_stairstep_use_the_one_tier_that_holds_the_quantity(self, tiers, quantity):
        stairs = tuple(PriceTier(tier.up_to, 0, tier.flat_amount) for tier in tiers)
        (step,) = rate(Price("volume", tiers=tiers), quantity).steps
        (stair,) = rate(Price("stairstep", tiers=stairs), quantity).steps
        self.assertTrue(step.lower < quantity or (quantity == 0 and step.lower == 0))
        self.assertTrue(step.upper is None or quantity <= step.upper)
        self.assertEqual((stair.lower, stair.upper, stair.amount), (step.lower, step.upper, step.flat_amount))

    @examples
    @given(rising, quantities, quantities, st.integers(0, 50), st.integers(0, 50))
    def test_more_never_costs_less(self, price, one, other, events, more_events):
        small, great = sorted([one, other])
        self.assertLessEqual(rate(price, small, events).amount, rate(price, great, events + more_events).amount)

    @examples
    @given(rising, quantities, quantities)
    def test_more_included_never_costs_more(self, price, quantity, extra):
        terms = {**vars(price), "included_quantity": price.included_quantity + extra}
        self.assertLessEqual(rate(Price(**terms), quantity).amount, rate(price, quantity).amount)

    @examples
    @given(rates, quantities, quantities)
    def test_negative_standard_quantity_mirrors(self, unit_price, included, quantity):
        price = Price("standard", unit_price, included_quantity=included)
        self.assertEqual(rate(price, -quantity).amount, -rate(price, quantity).amount)

    @examples
    @given(rates, quantities)
    def test_one_open_tier_costs_what_a_standard_price_does(self, unit_price, quantity):
        expected = rate(Price("standard", unit_price), quantity).amount
        for model in ("graduated", "volume"):
            self.assertEqual(rate(tiered(model, (None, unit_price)), quantity).amount, expected)

    @examples
    @given(rates, st.decimals("0.01", 5000, places=2), quantities)
    def test_packages_hold_the_quantity_with_less_than_one_to_spare(self, unit_price, size, quantity):
        (step,) = rate(Price("package", unit_price, package_size=size), quantity).steps
        self.assertTrue(quantity <= step.packages * size < quantity + size)
