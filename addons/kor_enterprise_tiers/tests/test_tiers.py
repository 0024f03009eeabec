from odoo.fields import Command
from odoo.tests import tagged

from .common import MODULE, TierCase

# (users, components, API calls, storage, support level, uptime)
MATRIX = {
    "starter": ("10 users", "100 components", "10,000 calls a month", "10 GB", "Basic", 99),
    "professional": ("100 users", "1,000 components", "100,000 calls a month", "100 GB", "Priority", 99.5),
    "enterprise": ("Unlimited", "Unlimited", "Unlimited", "1,024 GB and more", "Dedicated", 99.9),
    "custom": ("As agreed", "As agreed", "As agreed", "As agreed", "Premium", 0),
}
OWN_FEATURES = {
    "starter": {"basic_components", "standard_support", "community_resources", "basic_analytics"},
    "professional": {
        "advanced_components", "priority_support", "advanced_analytics", "custom_integrations", "api_access",
    },
    "enterprise": {
        "full_components", "dedicated_support", "custom_sla", "on_premises", "custom_integrations",
        "advanced_security", "compliance", "training_onboarding",
    },
    "custom": {"custom_pricing", "custom_development", "account_manager", "custom_contracts"},
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestTiers(TierCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feature_a, cls.feature_b = cls.env["kor.feature"].create(
            [{"name": "A", "code": "test_a"}, {"name": "B", "code": "test_b"}]
        )

    def test_delivered_tiers_have_the_limits_of_the_matrix(self):
        for code, expected in MATRIX.items():
            tier = self.env.ref(f"{MODULE}.tier_{code}")
            limits = {metric.code: limit.display_value for metric, limit in tier._get_limits().items()}
            values = [limits[metric] for metric in ("users", "components", "api_calls", "storage")]
            with self.subTest(tier=code):
                self.assertEqual((*values, tier.support_level_id.name, tier.uptime_target), expected)

    def test_delivered_tiers_include_the_features_of_lower_ones(self):
        expected = set()
        for code, features in OWN_FEATURES.items():
            expected |= features
            tier = self.env.ref(f"{MODULE}.tier_{code}")
            with self.subTest(tier=code):
                self.assertEqual(set(tier.feature_ids.mapped("code")), features)
                self.assertEqual(set(tier.all_feature_ids.mapped("code")), expected)

    def test_delivered_support_levels_keep_their_hours(self):
        for code, hours, always in (
            ("basic", 40, False), ("priority", 78, False), ("dedicated", 0, True), ("premium", 0, True),
        ):  # fmt: skip
            level = self.env.ref(f"{MODULE}.support_level_{code}")
            with self.subTest(level=code):
                self.assertEqual(level.calendar_id.hours_per_week, hours)
                self.assertEqual(level.always_open, always)
                self.assertFalse(level.calendar_id.company_id)

    def test_excluded_feature_is_missing_here_and_in_tiers_that_include_this_one(self):
        self.tier.feature_ids = self.feature_a | self.feature_b
        middle = self.tier.create(
            {
                "name": "Middle",
                "code": "middle",
                "parent_id": self.tier.id,
                "excluded_feature_ids": [Command.link(self.feature_a.id)],
            }
        )
        top = self.tier.create({"name": "Top", "code": "top", "parent_id": middle.id})
        self.assertEqual(middle.all_feature_ids, self.feature_b)
        self.assertEqual(top.all_feature_ids, self.feature_b)
        self.assertEqual(middle.difference_summary, "Everything in Test tier; without: A")

    def test_limit_of_the_included_tier_holds_until_it_is_set(self):
        self.tier.limit_ids = [Command.create({"metric_id": self.users.id, "quantity": 1})]
        top = self.tier.create({"name": "Top", "code": "top", "parent_id": self.tier.id})
        self.assertEqual(top._get_limits()[self.users].display_value, "1 user")
        top.limit_ids = [Command.create({"metric_id": self.users.id, "kind": "unlimited"})]
        self.assertEqual(top._get_limits()[self.users].display_value, "Unlimited")

    def test_tier_that_includes_itself_is_refused(self):
        top = self.tier.create({"name": "Top", "code": "top", "parent_id": self.tier.id})
        with self.assert_refused("cannot include itself"):
            self.tier.parent_id = top

    def test_metric_code_that_systems_cannot_send_is_refused(self):
        for code in ("API calls", "1st", "Users"):
            with self.subTest(code=code), self.assert_refused("api_calls"):
                self.env["kor.metric"].create({"name": "X", "code": code, "unit": "x"})

    def test_support_level_needs_hours_or_to_be_always_open(self):
        level = self.env.ref(f"{MODULE}.support_level_basic")
        for values in ({"always_open": True}, {"calendar_id": False}):
            with self.subTest(values=values), self.assert_refused("not both"):
                level.write(values)

    def test_copied_tier_gets_a_code_of_its_own_and_the_limits(self):
        self.tier.limit_ids = [Command.create({"metric_id": self.users.id, "quantity": 5})]
        copies = self.tier.copy() | self.tier.copy()
        self.assertEqual(copies.mapped("code"), ["test_tier_2", "test_tier_3"])
        self.assertEqual(copies.limit_ids.mapped("quantity"), [5, 5])
