from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import MODULE, TierCase, load_price_lists

# (plan, quantity, events, amount); the sums are those of the published lists, see the arithmetic beside them.
PRICE_LISTS = [
    ("storage", 51_200, 0, 1177.60),  # 51,200 × 0.023
    ("storage", 600_000, 0, 13_163.20),  # 51,200 × 0.023 + 460,800 × 0.022 + 88,000 × 0.021
    ("transfer", 100, 0, 0),
    ("transfer", 10_240, 0, 912.60),  # 10,140 × 0.09
    ("transfer", 200_000, 0, 13_882.20),  # 912.60 + 40,960 × 0.085 + 102,400 × 0.07 + 46,400 × 0.05
    ("gateway", 1_000, 0, 3_033.10),  # 333 × 3.50 + 667 × 2.80
    ("gateway", 20_001, 0, 48_254.61),  # 3,033.10 + 19,000 × 2.38 + 1 × 1.51
    ("card", 50_000, 1_000, 1_750),  # 2.9 % + 1,000 × 0.30
    ("seats_team", 25, 0, 100),
    ("seats_enterprise", 25, 0, 525),
    ("seats_annual", 10, 0, 3480),
]


@tagged("post_install", "-at_install")
class TestPlan(TierCase):
    def test_public_price_lists_rate_to_their_sums(self):
        load_price_lists(self.env)
        for plan, quantity, events, expected in PRICE_LISTS:
            charge = self.env.ref(f"{MODULE}.plan_price_list_{plan}").charge_ids
            with self.subTest(plan=plan, quantity=quantity):
                result = charge.simulate(quantity, events)
                self.assertEqual((result["total"], result["currency"]), (expected, "USD"))

    def test_pricing_type_follows_from_recurring_charges(self):
        components = self.env.ref(f"{MODULE}.metric_components").id
        fixed, once = {"charge_type": "fixed"}, {"charge_type": "one_time"}
        per_user = {"charge_type": "per_unit", "metric_id": self.users.id}
        per_component = {"charge_type": "per_unit", "metric_id": components}
        usage = {"charge_type": "usage", "metric_id": self.api_calls.id}
        for expected, charges in [
            (False, []),
            (False, [once]),
            ("flat", [fixed]),
            ("flat", [fixed, fixed, once]),
            ("per_user", [per_user]),
            ("per_component", [per_component, once]),
            ("usage_based", [usage, usage]),
            ("hybrid", [fixed, usage]),
            ("hybrid", [per_user, per_component]),
        ]:
            commands = [Command.create(self._prepare_charge(**values)) for values in charges]
            with self.subTest(expected=expected, charges=charges):
                self.assertEqual(self._create_plan(charge_ids=commands).pricing_type, expected)

    def test_pricing_type_follows_when_a_charge_changes(self):
        charge = self._create_charge(charge_type="fixed")
        self.assertEqual(self.plan.pricing_type, "flat")
        charge.write({"charge_type": "per_unit", "metric_id": self.users.id})
        self.assertEqual(self.plan.pricing_type, "per_user")

    def test_copy_keeps_charges_price_tiers_and_discounts_but_is_not_public(self):
        charge = self._create_graduated((100, 2), (0, 1))
        charge.discount_ids = [Command.create({"name": "D", "value": 10})]
        self.plan.write({"is_public": True, "code": "test_plan"})
        copy = self.plan.copy()
        self.assertEqual(copy.charge_ids.price_tier_ids.mapped("unit_price"), [2, 1])
        self.assertEqual(copy.charge_ids.discount_ids.value, 10)
        self.assertEqual((copy.name, copy.code, copy.is_public), ("Test plan (copy)", "test_plan_2", False))
        self.assertEqual(self.plan.charge_ids, charge)

    def test_currency_that_is_not_in_use_is_refused(self):
        self.currency.active = False
        with self.assert_refused("TST is not in use"):
            self._create_plan()

    def test_plan_of_one_company_refuses_the_tier_of_another(self):
        other = self.env["res.company"].create({"name": "Other"})
        tier = self.tier.create({"name": "Theirs", "code": "theirs", "company_id": other.id})
        with self.assertRaises(UserError):
            self._create_plan(tier_id=tier.id, company_id=self.env.company.id)

    def test_validity_is_inclusive(self):
        self.plan.write({"date_start": "2026-02-01", "date_end": "2026-02-28"})
        for day, expected in [
            ("2026-01-31", False), ("2026-02-01", True), ("2026-02-28", True), ("2026-03-01", False),
        ]:  # fmt: skip
            with self.subTest(day=day):
                self.assertEqual(bool(self.plan.filtered_domain(self.plan._get_valid_domain(day))), expected)

    def test_charge_on_goods_is_refused(self):
        goods = self.env["product.product"].create({"name": "Box", "type": "consu"})
        with self.assert_refused("type Service"):
            self._create_charge(product_id=goods.id)

    def test_charge_by_quantity_without_metric_is_refused(self):
        for charge_type in ("per_unit", "usage"):
            with self.subTest(charge_type), self.assert_refused("choose the metric"):
                self._create_charge(charge_type=charge_type)

    def test_billing_period_and_timing_default_by_charge_type(self):
        metric = self.storage.id
        for charge_type, months, timing in [
            ("fixed", 1, "advance"),
            ("per_unit", 1, "advance"),
            ("usage", 1, "arrears"),
            ("one_time", 0, "advance"),
        ]:
            charge = self._create_charge(charge_type=charge_type, metric_id=metric)
            with self.subTest(charge_type):
                self.assertEqual((charge.billing_months, charge.timing), (months, timing))

    def test_billing_period_that_makes_no_sense_is_refused(self):
        for charge_type, months in (("one_time", 1), ("fixed", 0), ("fixed", -1)):
            with self.subTest(charge_type=charge_type, months=months), self.assertRaises(ValidationError):
                self._create_charge(charge_type=charge_type, billing_months=months)

    def test_usage_in_advance_is_refused(self):
        with self.assert_refused("bill it in arrears"):
            self._create_charge(charge_type="usage", metric_id=self.storage.id, timing="advance")

    def test_simulation_names_the_tiers_used_and_raises_to_the_minimum(self):
        charge = self._create_graduated((10, 1), (0, 0.5))
        charge.minimum_amount = 20
        result = charge.simulate(12)
        self.assertEqual([step["quantity"] for step in result["steps"]], [10, 2])
        self.assertEqual((result["amount"], result["minimum_added"], result["total"]), (11, 9, 20))

    def test_simulation_of_what_is_no_quantity_is_refused(self):
        charge = self._create_graduated((10, 1), (0, 0.5))
        for quantity in ("many", None, -1):
            with self.subTest(quantity=quantity), self.assert_refused("Test charge"):
                charge.simulate(quantity)

    def test_tried_quantity_is_explained_and_not_saved(self):
        charge = self._create_graduated((10, 1), (0, 0.5))
        tried = charge.new(origin=charge)
        tried.try_quantity = 12
        self.assertIn("11.00", tried.try_explanation)
        tried.try_quantity = -3
        self.assertIn("cannot rate the quantity", tried.try_explanation)
