from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.departments import METHODS, DepartmentError, Service, distribute, solve
from .engine_common import CENT, amount, amounts

WHOLE = Decimal(1)


def service(key, cost, **use):
    return Service(key, amount(cost), {name: amount(one) for name, one in use.items()})


# Maintenance serves IT, machining and assembly by 1,600, 2,400 and 4,000 hours; IT serves the others by 200, 1,600
# and 200. Maintenance gives 20 / 30 / 50 %, IT 10 / 80 / 10 %.
PLANT = [
    service("maintenance", 6_300_000, it=1600, machining=2400, assembly=4000),
    service("it", 1_452_150, maintenance=200, machining=1600, assembly=200),
]
LINES = {"machining": Decimal(4_000_000), "assembly": Decimal(2_000_000)}
# Three services that serve each other, and one department that bears it all.
CANTEEN = [
    service("canteen", 1000, cleaning=1, it=2, sales=1),
    service("cleaning", 600, canteen=1, it=1, sales=2),
    service("it", 2000, canteen=1, cleaning=1, sales=8),
]


def totals(found):
    return {cost.key: cost.total for cost in found.costs}


def gross(found):
    return {step.service: step.gross for step in found.steps}


@st.composite
def _systems(draw):
    """Draw services that may serve each other and themselves, and operating departments."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    operating = [f"o{number}" for number in range(draw(st.integers(1, 4)))]
    cents = st.integers(-(10**7), 10**7).map(lambda one: one * CENT)
    use = st.one_of(st.just(Decimal(0)), st.decimals(0, 1000, places=2))
    services = [Service(name, draw(cents), {key: draw(use) for key in (*names, *operating)}) for name in names]
    return services, {name: draw(cents) for name in operating}


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineDepartments(BaseCase):
    def test_four_departments_come_to_what_was_solved_by_hand(self):
        for method, order, machining, assembly in [
            # 4,000,000 + 6,300,000 × 3/8 + 1,452,150 × 8/9; 2,000,000 + 6,300,000 × 5/8 + 1,452,150 × 1/9
            ("direct", (), 7_653_300, 6_098_850),
            # IT has 1,452,150 + 20 % of 6,300,000 = 2,712,150 to hand on by 8 : 1.
            ("step_down", ("maintenance", "it"), 8_300_800, 5_451_350),
            # Maintenance gives the larger share (20 % against 10 %) to the other service.
            ("step_down", (), 8_300_800, 5_451_350),
            # Maintenance has 6,300,000 + 145,215 = 6,445,215 to hand on by 3 : 5.
            ("step_down", ("it", "maintenance"), Decimal("7578675.63"), Decimal("6173474.37")),
            # M = 6,300,000 + 0.1 IT and IT = 1,452,150 + 0.2 M: M = 6,576,750 and IT = 2,767,500.
            ("reciprocal", (), 8_187_025, 5_565_125),
        ]:
            with self.subTest(method=method, order=order):
                found = distribute(method, PLANT, LINES, CENT, order)
                self.assertEqual(totals(found), {"machining": machining, "assembly": assembly})

    def test_three_services_of_one_operating_department(self):
        # K = 1000 + C/4 + I/10, C = 600 + K/4 + I/10, I = 2000 + K/2 + C/4. The first two give K = C + 320, the third
        # then I = 2160 + 3/4 C, and 0.675 C = 896.
        found = distribute("reciprocal", CANTEEN, {"sales": Decimal(400)}, CENT)
        expected = {"canteen": Fraction(44480, 27), "cleaning": Fraction(35840, 27), "it": Fraction(85200, 27)}
        self.assertEqual(gross(found), expected)
        [sales] = found.costs
        self.assertEqual(sales.received, dict(zip(expected, amounts("411.85 663.70 2524.45"), strict=True)))
        self.assertEqual((sales.own, sales.total), (400, 4000))

    def test_published_cases(self):
        hours = service("maintenance", 8000, y=2000, z=1500, x=2500)
        found = distribute("step_down", [hours], dict.fromkeys("yzx", Decimal(0)), WHOLE)
        self.assertEqual([cost.total for cost in found.costs], amounts("2667 2000 3333"))
        both = [service("y", 7260, z=20, a=40, b=40), service("z", 4000, y=30, a=50, b=20)]
        found = distribute("reciprocal", both, {"a": Decimal(0), "b": Decimal(0)}, CENT)
        self.assertEqual(gross(found), {"y": 9000, "z": 5800})
        # 40 % of 9,000 and 50 % of 5,800; 40 % of 9,000 and 20 % of 5,800.
        self.assertEqual(totals(found), {"a": 6500, "b": 4760})

    def test_order_of_steps_follows_what_services_serve_services(self):
        found = distribute("step_down", CANTEEN, {"sales": Decimal(0)}, CENT)
        # 3/4 of the canteen, 2/4 of cleaning and 2/10 of IT go to services.
        self.assertEqual([step.service for step in found.steps], ["canteen", "cleaning", "it"])
        alike = [service("a", 10, b=1, o=1), service("b", 20, a=1, o=1), service("c", -30, a=1, o=1)]
        found = distribute("step_down", alike, {"o": Decimal(0)}, CENT)
        self.assertEqual([step.service for step in found.steps], ["c", "b", "a"])

    def test_cost_tells_what_came_from_whom_and_adds_up(self):
        found = distribute("direct", [service("it", 100, a=1, b=1, c=1)], dict.fromkeys("abc", Decimal(5)), CENT)
        self.assertEqual([cost.total for cost in found.costs], amounts("38.34 38.33 38.33"))
        self.assertEqual([cost.received["it"] for cost in found.costs], amounts("33.34 33.33 33.33"))

    def test_what_a_service_uses_of_itself_changes_nothing(self):
        plain = [service("it", 100, hr=1, a=3), service("hr", 50, it=1, a=1)]
        own = [service("it", 100, hr=1, a=3, it=7), service("hr", 50, it=1, a=1, hr=2)]
        for method in METHODS:
            found = [distribute(method, services, {"a": Decimal(0)}, CENT) for services in (plain, own)]
            self.assertEqual(*found)

    def test_systems_without_a_solution_are_refused(self):
        ring = [service("it", 100, hr=1), service("hr", 50, it=1), service("law", 10, o=1)]
        for name, method, services, message in [
            ("ring", "reciprocal", ring, "hr, it serve only each other"),
            ("idle ring", "reciprocal", [service("it", 0, hr=1), service("hr", 0, it=1)], "serve only each other"),
            ("unused", "reciprocal", [service("it", 100)], "Nobody of the operating departments"),
            ("itself alone", "reciprocal", [service("it", 100, it=5)], "Nobody of the operating departments"),
            ("direct", "direct", ring, "Nobody of the operating departments uses it"),
            ("step-down", "step_down", ring, "Nobody of the departments that come after it uses"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(DepartmentError, message):
                distribute(method, services, {"o": Decimal(1)}, CENT)
        with self.assertRaisesRegex(DepartmentError, "no single solution"):
            solve([[Fraction(1), Fraction(-1)], [Fraction(-1), Fraction(1)]], [Fraction(1), Fraction(2)])

    def test_service_without_cost_may_serve_nobody(self):
        idle = service("idle", 0)
        for method in ("direct", "step_down"):
            self.assertEqual(totals(distribute(method, [idle], {"o": Decimal(3)}, CENT)), {"o": 3})

    def test_departments_that_cannot_be_meant_are_refused(self):
        one, lines = service("it", 100, o=1), {"o": Decimal(1)}
        for name, call, message in [
            ("method", ("guess", [one], lines, CENT), "“guess” is no method"),
            ("nobody bears it", ("direct", [one], {}, CENT), "There is no operating department"),
            ("twice", ("direct", [one, one], lines, CENT), "given twice"),
            ("both", ("direct", [service("o", 1, o=1)], lines, CENT), "given twice"),
            ("unknown", ("direct", [service("it", 1, x=1)], lines, CENT), "it serves x, which is no department"),
            ("negative use", ("direct", [service("it", 1, o=-1)], lines, CENT), "o uses -1 of it"),
            ("half a cent", ("direct", [service("it", "0.005", o=1)], lines, CENT), "The cost of it is 0.005"),
            ("order", ("step_down", [one], lines, CENT, ("hr",)), "The order must name each service once: it"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(DepartmentError, message):
                distribute(*call)

    @settings(max_examples=50, deadline=None)
    @given(_systems(), st.sampled_from(METHODS))
    def test_no_cent_is_lost_by_any_method(self, system, method):
        services, operating = system
        try:
            found = distribute(method, services, operating, CENT)
        except DepartmentError as error:
            self.assertRegex(str(error), "uses|only each other")
            return
        before = sum(operating.values()) + sum(one.cost for one in services)
        self.assertEqual(sum(totals(found).values()), before)
        for cost in found.costs:
            self.assertEqual(cost.total, cost.own + sum(cost.received.values()))

    @settings(max_examples=50, deadline=None)
    @given(_systems())
    def test_reciprocal_solution_satisfies_its_equations(self, system):
        services, operating = system
        try:
            found = distribute("reciprocal", services, operating, CENT)
        except DepartmentError:
            return
        for one in services:
            received = sum(step.parts.get(one.key, 0) for step in found.steps)
            self.assertEqual(gross(found)[one.key], Fraction(one.cost) + received)
            self.assertEqual(sum(next(step for step in found.steps if step.service == one.key).shares.values()), 1)
