from datetime import timedelta

from odoo.fields import Command, Date
from odoo.tests import tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestContractPlan(ContractCase):
    def _read_terms(self, contract):
        """Return all that is agreed, as it would be read from the database."""
        self.env.flush_all()
        self.env.invalidate_all()
        tiers = contract.line_ids.price_tier_ids.mapped(lambda tier: (tier.up_to, tier.unit_price))
        prices = contract.line_ids.read(["name", "quantity", "unit_price", "monthly_amount", "charge_type"], load=None)
        discounts = (contract.discount_ids | contract.line_ids.discount_ids).read(["name", "kind", "value"])
        clauses = contract.clause_ids.mapped(lambda clause: (clause.name, str(clause.body)))
        return [contract.mrr, prices, tiers, discounts, clauses, contract.entitlements()]

    def _count_queries(self, number):
        values = [
            {"partner_id": self.customer.id, "plan_id": self.plan.id, "date_start": "2026-01-01"}
            for _number in range(number)
        ]
        self.env.flush_all()
        before = self.cr.sql_log_count
        contracts = self.env["kor.contract"].create(values)
        self.env.flush_all()
        self.assertEqual(len(contracts.line_ids), 4 * number)
        return self.cr.sql_log_count - before

    def test_contract_takes_over_the_charges_of_its_plan(self):
        contract = self._create_contract()
        self.assertRecordValues(
            contract.line_ids,
            [
                {"name": "Base fee", "charge_type": "fixed", "quantity": 1, "unit_price": 100, "billing_months": 1},
                {"name": "Seats", "charge_type": "per_unit", "quantity": 5, "unit_price": 10, "billing_months": 1},
                {"name": "Storage", "charge_type": "usage", "quantity": 0, "unit_price": 0, "billing_months": 1},
                {"name": "Set-up", "charge_type": "one_time", "quantity": 1, "unit_price": 500, "billing_months": 0},
            ],
        )
        self.assertEqual(contract.line_ids.charge_id, self.plan.charge_ids.filtered(lambda one: not one.optional))
        self.assertEqual(set(contract.line_ids.mapped("date_start")), {contract.date_start})
        self.assertRecordValues(
            contract, [{"tier_id": self.tier.id, "currency_id": self.currency.id, "term": "annual"}]
        )

    def test_contract_takes_over_price_tiers_and_discounts(self):
        contract = self._create_contract()
        storage = self._get_line(contract, "Storage")
        self.assertRecordValues(
            storage.price_tier_ids, [{"up_to": 10, "unit_price": 0}, {"up_to": 0, "unit_price": 0.25}]
        )
        self.assertRecordValues(contract.discount_ids, [{"name": "Partner", "kind": "percent", "value": 10}])
        self.assertRecordValues(
            self._get_line(contract, "Seats").discount_ids, [{"name": "Pioneer", "kind": "amount", "value": 5}]
        )
        self.assertFalse(contract.discount_ids.plan_id | contract.line_ids.discount_ids.charge_id.plan_id)

    def test_lines_that_are_given_take_the_place_of_the_plans(self):
        contract = self._create_contract(plan_id=self.plan.id, line_ids=[self._line(name="As agreed")])
        self.assertEqual(contract.line_ids.mapped("name"), ["As agreed"])
        self.assertFalse(contract.discount_ids)
        self.assertTrue(contract.limit_ids)

    def test_limits_and_features_include_those_of_the_lower_tier(self):
        contract = self._create_contract()
        limits = {limit.metric_id: (limit.kind, limit.quantity) for limit in contract.limit_ids}
        self.assertEqual(limits, {self.seats: ("limited", 40), self.storage: ("limited", 100)})
        self.assertEqual(set(contract.feature_ids.mapped("name")), {"Tea", "Coffee"})

    def test_clauses_are_those_of_the_tier_and_the_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        lower = self.tier.parent_id
        for name, values in {
            "Ours": {"tier_ids": [Command.set(self.tier.ids)], "company_id": self.env.company.id},
            "Of the lower tier": {"tier_ids": [Command.set(lower.ids)]},
            "Of another company": {"company_id": elsewhere.id},
            "On demand": {"is_default": False},
        }.items():
            self.env["kor.clause"].create({"name": name, "body": "<p>Text</p>", "sequence": 20, **values})
        self.assertEqual(self._create_contract().clause_ids.mapped("name"), ["Quiet hours", "Ours"])

    def test_contract_is_written_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.plan.charge_ids[0].with_context(lang="fr_FR").name = "Abonnement"
        self.plan.discount_ids.with_context(lang="fr_FR").name = "Partenaire"
        self.clause.with_context(lang="fr_FR").name = "Silence"
        french = self._create_contract(partner_id=self._create_customer("Rive", lang="fr_FR").id)
        english = self._create_contract()
        for contract, expected in (
            (french, ["Abonnement", "Partenaire", "Silence"]),
            (english, ["Base fee", "Partner", "Quiet hours"]),
        ):
            names = [contract.line_ids[0].name, contract.discount_ids.name, contract.clause_ids.name]
            with self.subTest(contract.partner_id.name):
                self.assertEqual(names, expected)

    def test_what_is_agreed_stays_when_library_plan_and_tier_change(self):
        contract = self._create_contract(activate=True)
        before = self._read_terms(contract)
        self.clause.write({"name": "Loud hours", "body": "<p>Everybody calls at night.</p>"})
        charges = self.plan.charge_ids
        charges[0].write({"name": "Dearer", "unit_price": 999})
        charges[2].price_tier_ids[1].unit_price = 9
        charges[1].discount_ids.value = 1
        charges[3].unlink()
        self.plan.discount_ids.unlink()
        self.tier.limit_ids.quantity = 1
        self.tier.parent_id.limit_ids.unlink()
        self.tier.feature_ids = False
        self.tier.uptime_target = 90
        self.tier.support_level_id = self.env["kor.support.level"].create(
            {"name": "None", "code": "test_none", "always_open": True}
        )
        self.plan.charge_ids = [Command.create({"name": "More", "product_id": self.product.id, "unit_price": 1})]
        self.assertEqual(self._read_terms(contract), before)
        self.assertEqual(before[-1]["uptime_target"], 99.5)

    def test_quantities_are_set_by_metric(self):
        contract = self._create_contract()
        seats = self._get_line(contract, "Seats")
        self.assertEqual(contract.set_quantities({"test_seats": 25}), seats.ids)
        self.assertEqual(seats.quantity, 25)
        contract.set_quantities({"test_seats": {"quantity": 0, "events": 3}, "test_storage": "12.5"})
        self.assertRecordValues(seats, [{"quantity": 0, "events": 3}])
        self.assertEqual(self._get_line(contract, "Storage").quantity, 12.5)
        self.assertEqual(contract.set_quantities({}), [])

    def test_quantities_that_cannot_be_are_refused_and_change_nothing(self):
        contract = self._create_contract()
        seats = self._get_line(contract, "Seats")
        cases = [
            ("metric and number", 25),
            ("metric and number", [["test_seats", 25]]),
            ("No line is priced by “users”", {"users": 25}),
            ("test_seats, test_storage", {"test_seats": 9, "users": 25}),
            ("must be a number", {"test_seats": "many"}),
            ("must be a number", {"test_seats": None}),
            ("must be a number", {"test_seats": True}),
            ("must be a number", {"test_seats": [3]}),
            ("must be a number", {"test_seats": "inf"}),
            ("must be a number", {"test_seats": {"quantity": None}}),
            ("0 or more", {"test_seats": -1}),
            ("quantity and events, not unit_price", {"test_seats": {"unit_price": 0}}),
        ]
        for sentence, quantities in cases:
            with self.subTest(quantities):
                with self.assert_refused(sentence):
                    contract.set_quantities(quantities)
                self.assertEqual(seats.quantity, 5)

    def test_quantities_of_an_agreed_contract_stay(self):
        contract = self._create_contract(activate=True)
        with self.assert_refused("is agreed"):
            contract.set_quantities({"test_seats": 25})

    def test_applying_the_plan_replaces_what_was_changed(self):
        contract = self._create_contract()
        fresh = self._read_terms(contract)
        contract.line_ids[0].unit_price = 1
        contract.line_ids[1:].unlink()
        contract.discount_ids.unlink()
        contract.limit_ids[0].unlink()
        contract.feature_ids = False
        self.assertIs(contract.action_apply_plan(), True)
        ids_left_out = [terms for terms in self._read_terms(contract) if not isinstance(terms, list)]
        self.assertEqual(ids_left_out, [terms for terms in fresh if not isinstance(terms, list)])
        self.assertEqual(len(contract.line_ids), 4)
        self.assertEqual(contract.line_ids[0].unit_price, 100)
        self.assertEqual(contract.clause_ids.mapped("name"), ["Quiet hours"])

    def test_applying_another_plan_takes_its_tier_and_charges(self):
        contract = self._create_contract()
        plan = self._create_plan(
            tier_id=self.tier.parent_id.id,
            charge_ids=[Command.create({"name": "Small fee", "product_id": self.product.id, "unit_price": 7})],
        )
        contract.plan_id = plan
        contract.action_apply_plan()
        self.assertRecordValues(contract, [{"tier_id": plan.tier_id.id, "uptime_target": 0, "mrr": 6.3}])
        self.assertEqual(contract.line_ids.mapped("name"), ["Small fee"])
        self.assertEqual(contract.feature_ids.mapped("name"), ["Tea"])

    def test_term_that_is_given_counts_in_place_of_the_plans(self):
        for term, end, months in (("monthly", False, 1), ("multi_year", "2028-12-31", 36), ("custom", False, 0)):
            contract = self._create_contract(term=term)
            with self.subTest(term):
                self.assertEqual(contract.term, term)
                self.assertEqual(contract.date_end, end and Date.to_date(end))
                self.assertEqual(contract.term_months, months)

    def test_prices_of_a_plan_in_another_currency_are_not_activated(self):
        contract = self._create_contract()
        other = self.env["res.currency"].create({"name": "TSO", "symbol": "O"})
        contract.plan_id = self._create_plan(name="In another currency", currency_id=other.id)
        with self.assert_refused("prices in TST"):
            contract.action_activate()
        contract.action_apply_plan()
        contract.action_activate()
        self.assertRecordValues(contract, [{"state": "active", "currency_id": other.id}])

    def test_plan_is_applied_only_to_drafts_that_have_one(self):
        agreed, without = self._create_contract(activate=True), self._create_contract({})
        for contract, sentence in ((agreed, "is agreed"), (without, "no plan")):
            with self.subTest(sentence):
                with self.assert_refused(sentence):
                    contract.action_apply_plan()
                self.assertTrue(contract.line_ids)

    def test_only_plans_that_are_offered_are_taken(self):
        today = Date.today()
        past, future = today - timedelta(days=1), today + timedelta(days=1)
        begins = {"before": past - timedelta(days=30), "today": today, "later": future + timedelta(days=30)}
        cases = [
            ({"active": False}, "today", "is archived"),
            ({"date_end": past}, "today", "was offered until"),
            ({"date_end": past}, "later", "was offered until"),
            ({"date_start": future}, "today", "is offered from"),
            # It was offered when the contract began, or is when it is written down.
            ({"date_end": past}, "before", ""),
            ({"date_end": today}, "later", ""),
            ({"date_start": future}, "later", ""),
        ]
        for values, begin, sentence in cases:
            plan = self._create_plan(name="Offer", **values)
            start = begins[begin]
            with self.subTest((values, begin)):
                if not sentence:
                    self.assertTrue(self._create_contract(plan_id=plan.id, date_start=start).line_ids)
                    continue
                with self.assert_refused(f"“Offer” {sentence}"):
                    self._create_contract(plan_id=plan.id, date_start=start)
                # Lines that are given agree the prices by themselves: contracts that are brought from elsewhere.
                taken = self._create_contract({}, plan_id=plan.id, date_start=start, term="annual", activate=True)
                self.assertEqual(taken.plan_id, plan)

    def test_plan_that_is_not_offered_is_neither_applied_nor_changed_to(self):
        draft = self._create_contract()
        agreed = self._create_contract(activate=True)
        self.plan.active = False
        with self.assert_refused("is archived"):
            draft.action_apply_plan()
        self.assertTrue(draft.line_ids)
        with self.assert_refused("is archived"):
            agreed.amend(Date.to_string(Date.today()), [{"kind": "plan", "plan": self.plan.id}])
        # What is agreed goes on, and can be handed over.
        self.assertTrue(draft.copy().line_ids)

    def test_contract_without_lines_is_not_activated(self):
        contract = self._create_contract()
        contract.line_ids.unlink()
        with self.assert_refused("nothing to bill"):
            contract.action_activate()
        self.assertEqual(contract.state, "draft")

    def test_many_contracts_are_created_with_few_queries_each(self):
        self._count_queries(1)
        few, many = self._count_queries(5), self._count_queries(50)
        # Two queries take a number from the sequence, as for every numbered document.
        self.assertLess((many - few) / 45, 3)
