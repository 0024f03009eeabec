import json

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-10")
class TestTierAdvice(KorBillingCommon):
    """Contracts run from January 2026: February, March and April are compared."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("kor_usage.group_kor_usage_reporter")
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        # Above all tiers that are there already.
        cls.low, cls.tier, cls.high, cls.top = cls.env["kor.tier"].create(
            [
                {"name": name, "code": f"test_{name.lower()}", "sequence": 10000 + number}
                for number, name in enumerate(("Low", "Middle", "High", "Top"))
            ]
        )

    @classmethod
    def _make_plan(cls, tier, *charges, **values):
        return cls.env["kor.plan"].create(
            {
                "name": f"{tier.name} plan",
                "tier_id": tier.id,
                "currency_id": cls.currency.id,
                "term": "monthly",
                "is_public": True,
                "charge_ids": [
                    Command.create({"product_id": cls.product.id, "name": "Base fee", "sequence": number, **charge})
                    for number, charge in enumerate(charges)
                ],
                **values,
            }
        )

    def _use(self, contract, metric=None, **quantities):
        events = [
            {
                "id": f"{contract.id}-{month}-{quantity}",
                "contract": contract.id,
                "metric": (metric or self.calls).code,
                "time": f"2026-{month[1:]}-05T12:00:00Z",
                "quantity": quantity,
            }
            for month, quantity in quantities.items()
        ]
        result = self.env["kor.usage.event"].ingest(events)
        self.assertEqual((result["accepted"], result["rejected"]), (len(events), []))

    def _held(self, price, **values):
        return {"name": "Users", "charge_type": "per_unit", "metric_id": self.users.id, "unit_price": price, **values}

    def _used(self, price, **values):
        return {"name": "Calls", "charge_type": "usage", "metric_id": self.calls.id, "unit_price": price, **values}

    def _make_hand_calculated(self):
        """Return a contract of the middle tier with its use, and the plan of the tier above."""
        contract = self._make_contract(
            {"name": "Base", "unit_price": 100},
            self._held(15, quantity=10, discount_ids=[Command.create({"name": "Line", "value": 10})]),
            self._used(0.05),
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 5000, "date_start": "2026-03-01"},
            discount_ids=[Command.create({"name": "Whole", "value": 10})],
        )
        self._use(contract, m01=9999, m02=2000, m03=1000, m04=3000, m05=50000)
        plan = self._make_plan(
            self.high,
            {"unit_price": 200},
            self._held(5, included_quantity=4, quantity=99),
            self._used(0.02, included_quantity=1000),
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 999},
            {"name": "Training", "unit_price": 70, "optional": True},
            discount_ids=[Command.create({"name": "Spring", "kind": "amount", "value": 12})],
        )
        return contract, plan

    def test_hand_calculated_comparison(self):
        contract, plan = self._make_hand_calculated()
        lines = contract.line_ids
        self.assertEqual(
            contract.tier_advice(),
            {
                "contract": contract.name,
                "cheaper": True,
                "tier": "test_high",
                "plan": "High plan",
                "plan_id": plan.id,
                "date_from": "2026-02-01",
                "date_to": "2026-04-30",
                # (3 × 100 + 3 × 10 × 15 × 0.9 + 6,000 × 0.05) × 0.9
                "current": 904.5,
                # 3 × 200 + 3 × 6 × 5 + (1,000 + 0 + 2,000) × 0.02 − 3 × 12
                "next": 714,
                "saving": 190.5,
                "saving_monthly": 63.5,
                "currency": "USD",
                # The 12 are spread over 200 and 30: 10.43 and 1.57.
                "lines": [
                    {"name": "Base fee", "amount": 568.71},
                    {"name": "Users", "amount": 85.29},
                    {"name": "Calls", "amount": 60},
                ],
            },
        )
        contract.invalidate_recordset()
        self.assertEqual(contract.line_ids, lines)

    def test_what_the_contract_cost_is_what_it_is_billed(self):
        contract, _plan = self._make_hand_calculated()
        billed = sum(line["amount"] for line in contract.preview_invoice("2026-02-01", "2026-04-30"))
        # But for what is charged once.
        self.assertEqual(round(billed - 5000 * 0.9, 2), contract.tier_advice()["current"])

    def test_best_of_the_higher_tiers_is_named_and_the_nearest_of_equals(self):
        contract = self._make_contract({"unit_price": 100})
        self._make_plan(self.low, {"unit_price": 1})
        self._make_plan(self.tier, {"unit_price": 2})
        self._make_plan(self.high, {"unit_price": 90})
        top = self._make_plan(self.top, {"unit_price": 80})
        self.assertEqual((contract.tier_advice()["tier"], contract.tier_advice()["saving"]), ("test_top", 60))
        top.charge_ids.unit_price = 90
        self.assertEqual((contract.tier_advice()["tier"], contract.tier_advice()["saving"]), ("test_high", 30))

    def test_plan_of_the_same_term_is_preferred(self):
        contract = self._make_contract({"unit_price": 100})
        annual = self._make_plan(self.high, {"unit_price": 120, "billing_months": 12}, name="Yearly", term="annual")
        self.assertEqual(contract.tier_advice()["plan_id"], annual.id)
        # 120 a year are 30 in three months.
        self.assertEqual((contract.tier_advice()["current"], contract.tier_advice()["next"]), (300, 30))
        monthly = self._make_plan(self.high, {"unit_price": 90})
        self.assertEqual(contract.tier_advice()["plan_id"], monthly.id)

    def test_plans_that_the_customer_could_not_have_do_not_count(self):
        contract = self._make_contract({"unit_price": 100})
        euro = self.env["res.currency"].search([("name", "=", "EUR")]) or self.setup_other_currency("EUR")
        euro.active = True
        other = self.setup_other_company(name="Elsewhere")["company"]
        cases = {
            "not public": {"is_public": False},
            "another currency": {"currency_id": euro.id},
            "another company": {"company_id": other.id},
            "not yet": {"date_start": "2026-05-11"},
            "not any more": {"date_end": "2026-05-09"},
            "archived": {"active": False},
            "as agreed": {"charge_ids": []},
        }
        for name, values in cases.items():
            plan = self._make_plan(self.high, {"unit_price": 1}, **values)
            told = contract.tier_advice()
            with self.subTest(name):
                self.assertIs(told["cheaper"], False)
                self.assertIn("No higher tier has a public plan in USD", told["reason"])
            plan.active = False
        self._make_plan(self.high, {"unit_price": 1})
        self.assertIs(contract.tier_advice()["cheaper"], True)

    def test_advice_says_why_there_is_none(self):
        self._make_plan(self.high, {"unit_price": 150})
        dear = self._make_contract({"unit_price": 200})
        paused = self._make_contract({"unit_price": 200})
        paused._set_state("paused")
        cases = [
            (self._make_contract({"unit_price": 100}), "“High plan” would have cost .*150.00 more"),
            (self._make_contract({"unit_price": 200}, activate=False), "does not run"),
            (self._make_contract({"unit_price": 200}, date_start="2026-06-01"), "does not run"),
            (paused, "does not run"),
            (self._make_contract({"unit_price": 200}, date_start="2026-04-11"), "full billing period"),
        ]
        self.assertIs(dear.tier_advice()["cheaper"], True)
        for contract, reason in cases:
            told = contract.tier_advice()
            with self.subTest(reason):
                self.assertIs(told["cheaper"], False)
                self.assertRegex(told["reason"], reason)
                self.assertNotIn("null", json.dumps(told))
                self.assertEqual(contract.tier_advice_text or "", "")

    def test_young_contract_is_judged_by_the_months_it_has(self):
        self._make_plan(self.high, {"unit_price": 90})
        contract = self._make_contract({"unit_price": 100}, date_start="2026-04-05")
        told = contract.tier_advice()
        self.assertEqual((told["date_from"], told["date_to"], told["saving"]), ("2026-04-05", "2026-05-04", 10))

    def test_use_priced_by_the_quarter_is_judged_by_its_last_full_quarter(self):
        contract = self._make_contract(self._used(0.05, billing_months=3))
        self._use(contract, m01=1000, m02=1000, m03=1000, m04=1000)
        self._make_plan(self.high, self._used(0.04))
        told = contract.tier_advice()
        self.assertEqual((told["date_from"], told["date_to"]), ("2026-01-01", "2026-03-31"))
        self.assertEqual((told["current"], told["next"]), (150, 120))

    def test_what_was_held_counts_for_as_long_as_it_was(self):
        contract = self._make_contract(
            self._held(100, quantity=10, date_end="2026-03-15"), self._held(100, quantity=20, date_start="2026-03-16")
        )
        self._make_plan(self.high, self._held(31))
        # 10 × 31, then 31 × (10 × 15 + 20 × 16) ÷ 31, then 20 × 31.
        self.assertEqual(contract.tier_advice()["next"], 310 + 150 + 320 + 620)

    def test_holdings_that_no_line_states_are_measured_else_those_of_the_plan(self):
        contract = self._make_contract({"unit_price": 1000})
        self._make_plan(self.high, self._held(10, quantity=7))
        self.assertEqual(contract.tier_advice()["next"], 3 * 70)
        self._use(contract, self.users, m04=12, m05=50)
        self.assertEqual(contract.tier_advice()["next"], 3 * 120)

    def test_optional_charge_counts_where_its_metric_is_used_today(self):
        used, other = self._make_contract(self._used(1)), self._make_contract({"unit_price": 1000})
        self._use(used, m02=100)
        self._make_plan(self.high, {"unit_price": 5}, self._used(0.5, optional=True))
        self.assertEqual((used.tier_advice()["next"], other.tier_advice()["next"]), (65, 15))

    def test_welcome_discount_that_would_be_over_makes_no_plan_cheaper(self):
        contract = self._make_contract({"unit_price": 100})
        self._make_plan(
            self.high, {"unit_price": 120}, discount_ids=[Command.create({"name": "Hello", "value": 50, "periods": 1})]
        )
        self.assertIs(contract.tier_advice()["cheaper"], False)

    def test_form_tells_staff_in_one_sentence(self):
        contract = self._make_contract({"unit_price": 100})
        self._make_plan(self.high, {"unit_price": 90})
        with Form(contract.with_user(self.biller)) as form:
            text = form.tier_advice_text
        for part in (
            "02/01/2026 to 04/30/2026",
            "“High plan”",
            "tier High",
            "270.00",
            "300.00",
            "30.00 less",
            "10.00 a",
        ):
            with self.subTest(part):
                self.assertIn(part, text)
        views = self.env["kor.contract"].get_views([(False, "list")])
        self.assertNotIn("tier_advice_text", views["views"]["list"]["arch"])

    def test_advice_is_for_staff_who_read_the_contract(self):
        contract = self._make_contract({"unit_price": 100})
        self._make_plan(self.high, {"unit_price": 90})
        self.assertIs(contract.with_user(self.biller).tier_advice()["cheaper"], True)
        portal = new_test_user(self.env, "advised", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        other = self.setup_other_company(name="Far away")["company"]
        stranger = new_test_user(
            self.env, "far", "kor_billing.group_kor_billing_manager",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        for user in (portal, stranger, new_test_user(self.env, "employee")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                contract.with_user(user).tier_advice()
        with self.assertRaises(AccessError):
            contract.with_user(portal).read(["tier_advice_text"])
