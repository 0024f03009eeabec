import json

from odoo.exceptions import AccessError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
@freeze_time("2026-06-15 12:00:00")
class TestEntitlements(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract(activate=True)
        cls.portal = cls._create_user("entitled_portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.customer

    def _get_limits(self, contract):
        return {limit["metric"]: limit for limit in contract.entitlements()["limits"]}

    def test_entitlements_tell_features_limits_and_support(self):
        limit = {"unit": "unit", "kind": "limited", "enforcement": "soft", "allowed": True}
        seats = {"metric": "test_seats", "name": "Seats", "used": 5, "limit": 40, "remaining": 35, "percent": 12.5}
        storage = {"metric": "test_storage", "name": "Storage", "used": 0, "limit": 100, "remaining": 100, "percent": 0}
        expected = {
            "contract": self.contract.name,
            "tier": "test_summit",
            "runs": True,
            "date_start": "2026-01-01",
            "date_end": "2026-12-31",
            "features": [
                {"code": "test_coffee", "name": "Coffee", "category": "services"},
                {"code": "test_tea", "name": "Tea", "category": "services"},
            ],
            "limits": [
                {**limit, **seats},
                {**limit, **storage},
            ],
            "support": {"code": "test_night", "name": "Night"},
            "uptime_target": 99.5,
        }
        # Other addons may tell more.
        found = self.contract.entitlements()
        self.assertEqual({key: found[key] for key in expected}, expected)
        reader = self._create_user("entitled_reader", "user")
        for user in (self.portal, reader):
            with self.subTest(user.login):
                self.assertEqual(self.contract.with_user(user).entitlements(), found)

    def test_entitlements_are_plain_json_also_where_little_is_agreed(self):
        tier = self.env["kor.tier"].create({"name": "Bare", "code": "test_bare"})
        bare = self._create_contract({}, tier_id=tier.id)
        for contract in (self.contract, bare):
            text = json.dumps(contract.entitlements())
            with self.subTest(contract.tier_id.name):
                self.assertEqual(json.loads(text), contract.entitlements())
                self.assertNotIn("null", text)
        self.assertEqual(bare.entitlements()["date_end"], "")
        self.assertEqual(bare.entitlements()["support"], {"code": "", "name": ""})

    def test_entitlements_of_drafts_and_of_others_are_refused_to_customers(self):
        draft = self._create_contract()
        other = self._create_contract(partner_id=self._create_customer("Blue Fjord").id, activate=True)
        employee = self._create_user("entitled_employee", "base.group_user")
        for contract, user in ((draft, self.portal), (other, self.portal), (self.contract, employee)):
            with self.subTest(user.login), self.assertRaises(AccessError):
                contract.with_user(user).entitlements()

    def test_limits_agreed_with_one_customer_are_their_own(self):
        contract = self._create_contract()
        seats = contract.limit_ids.filtered(lambda limit: limit.metric_id == self.seats)
        seats.quantity = 3
        contract.limit_ids -= contract.limit_ids - seats
        limits = self._get_limits(contract)
        self.assertEqual(list(limits), ["test_seats"])
        self.assertEqual((limits["test_seats"]["limit"], limits["test_seats"]["remaining"]), (3, 0))
        self.assertEqual(self._get_limits(self.contract)["test_seats"]["limit"], 40)

    def test_numbers_are_given_where_the_kind_of_limit_has_them(self):
        for kind, numbers in {
            "limited": {"limit": 7, "remaining": 2, "percent": 71.43},
            "minimum": {"limit": 7},
            "unlimited": {},
            "agreed": {},
        }.items():
            contract = self._create_contract(limit_ids=[self._limit(self.seats, kind, 7)])
            limit = self._get_limits(contract)["test_seats"]
            with self.subTest(kind):
                told = {name: limit[name] for name in ("limit", "remaining", "percent") if name in limit}
                self.assertEqual(told, numbers)
                self.assertEqual(limit["kind"], kind)

    def test_more_is_refused_where_a_hard_limit_is_reached(self):
        cases = [
            ("limited", "hard", 6, True),
            ("limited", "hard", 5, False),
            ("limited", "hard", 4, False),
            ("limited", "hard", 0, False),
            ("limited", "soft", 4, True),
            ("minimum", "hard", 4, True),
            ("unlimited", "hard", 0, True),
            ("agreed", "hard", 0, True),
        ]
        for kind, enforcement, quantity, allowed in cases:
            values = {"metric_id": self.seats.id, "kind": kind, "enforcement": enforcement, "quantity": quantity}
            limit = self._get_limits(self._create_contract(limit_ids=[Command.create(values)]))["test_seats"]
            with self.subTest(kind, enforcement=enforcement, quantity=quantity):
                self.assertEqual((limit["used"], limit["enforcement"]), (5, enforcement))
                self.assertIs(limit["allowed"], allowed)
                self.assertEqual("percent" in limit, kind == "limited" and quantity > 0)

    def test_enforcement_is_taken_over_from_the_tier_and_its_included_one(self):
        self.tier.parent_id.limit_ids.filtered(lambda limit: limit.metric_id == self.storage).enforcement = "hard"
        limits = self._get_limits(self._create_contract())
        told = {code: limit["enforcement"] for code, limit in limits.items()}
        self.assertEqual(told, {"test_seats": "soft", "test_storage": "hard"})
        self.assertEqual(self._get_limits(self.contract)["test_storage"]["enforcement"], "soft")

    def test_use_of_many_contracts_is_that_of_each(self):
        contracts = self.contract | self._create_contract({"charge_type": "per_unit", "metric_id": self.seats.id})
        metrics = self.seats | self.storage
        uses = contracts._get_uses(metrics)
        self.assertEqual(uses, {contract: contract._get_use(metrics) for contract in contracts})
        self.assertEqual([uses[contract][self.seats] for contract in contracts], [5, 1])

    def test_use_is_what_the_lines_hold_today(self):
        held = {"charge_type": "per_unit", "metric_id": self.seats.id}
        contract = self._create_contract(
            {**held, "quantity": 4},
            {**held, "quantity": 2, "date_start": "2026-06-15"},
            {**held, "quantity": 8, "date_end": "2026-06-14"},
            {**held, "quantity": 16, "date_start": "2026-06-16"},
        )
        self.assertEqual(self._get_limits(contract)["test_seats"]["used"], 6)

    def test_support_and_uptime_can_be_agreed_with_one_customer(self):
        contract = self._create_contract(uptime_target=99.99, support_level_id=False)
        entitlements = contract.entitlements()
        self.assertEqual(entitlements["uptime_target"], 99.99)
        self.assertEqual(entitlements["support"], {"code": "", "name": ""})

    def test_contract_runs_between_its_days_while_it_is_agreed(self):
        day = Date.to_date("2026-06-15")
        cases = [
            ("agreed", {}, "active", True),
            ("last day", {"date_end": "2026-06-15"}, "active", True),
            ("over", {"date_end": "2026-06-14"}, "active", False),
            ("first day", {"date_start": "2026-06-15"}, "active", True),
            ("not begun", {"date_start": "2026-06-16"}, "active", False),
            ("paused", {}, "paused", False),
        ]
        for name, values, state, expected in cases:
            contract = self._create_contract({}, activate=True, **values)
            contract._set_state(state)
            with self.subTest(name):
                self.assertIs(contract._runs_on(day), expected)
                self.assertIs(contract.entitlements()["runs"], expected)

    def test_cancelled_contract_runs_on_its_last_day_and_a_cancelled_draft_never(self):
        agreed, draft = self._create_contract({}, activate=True), self._create_contract({})
        self.assertIs(draft.entitlements()["runs"], False)
        (agreed | draft).action_cancel()
        self.assertIs(agreed.entitlements()["runs"], True)
        self.assertIs(draft.entitlements()["runs"], False)
        self.assertIs(agreed._runs_on(Date.to_date("2026-06-16")), False)

    def test_feature_added_to_a_draft_counts(self):
        contract = self._create_contract()
        feature = self.env["kor.feature"].create({"name": "Juice", "code": "test_juice", "category": "services"})
        contract.feature_ids = [Command.link(feature.id)]
        self.assertIn("test_juice", [one["code"] for one in contract.entitlements()["features"]])
