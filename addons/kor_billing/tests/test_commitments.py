from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestCommitments(KorBillingCommon):
    """At least the commitment, at most the cap; a price for a part of the use; an invoice that waits for a reading."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("kor_usage.group_kor_usage_reporter")
        cls.calls = cls.env["kor.metric"].create(
            {"name": "Jobs", "code": "jobs", "unit": "job", "aggregation": "sum", "dimension_keys": "region, model"}
        )
        cls.use = {"name": "Jobs", "charge_type": "usage", "metric_id": cls.calls.id, "unit_price": 2, "quantity": 0}
        cls.minimum = {"name": "Minimum", "charge_type": "commitment", "unit_price": 310}

    def _report(self, contract, *events):
        result = self.env["kor.usage.event"].ingest(
            [
                {"id": key, "contract": contract.id, "metric": "jobs", "time": f"{day}T12:00:00Z", "quantity": number,
                 "properties": properties}
                for key, day, number, properties in events
            ]
        )  # fmt: skip
        self.assertEqual((result["accepted"], result["rejected"]), (len(events), []))

    @freeze_time("2026-04-05")
    def test_true_up_of_first_and_full_period_is_explained_by_what_counts(self):
        contract = self._make_contract(self.use, self.minimum, date_start="2026-01-22", anchor_day=1)
        self._report(contract, ("a", "2026-01-25", 10, {}), ("b", "2026-02-10", 55, {}))
        first = self._bill(contract, "2026-01-22", "2026-01-31")
        # 10 of 31 days of 310, less 20 of use; then 310 less 110.
        self.assertEqual(self._amounts(first), [20, 80])
        self.assertEqual(self._amounts(self._bill(contract, "2026-02-01", "2026-02-28")), [110, 200])
        line = first.invoice_line_ids.filtered(lambda one: one.price_subtotal == 80)
        self.assertIn("true-up", line.name)
        self.assertEqual(line.kor_explanation["commitment"]["counted"], 20)
        self.assertEqual(line.kor_explanation["names"], {str(contract.line_ids[0].id): "Jobs"})
        self.assertIn("What lacks to the commitment", line.kor_item_ids.explanation_html)

    @freeze_time("2026-04-05")
    def test_late_use_after_the_true_up_moves_both_lines_and_no_total(self):
        contract = self._make_contract(self.use, self.minimum, {"name": "Base"})
        self._report(contract, ("a", "2026-01-25", 10, {}))
        self._bill(contract, "2026-01-01", "2026-01-31")
        self._report(contract, ("late", "2026-01-26", 30, {}))
        preview = contract.preview_invoice("2026-01-01", "2026-01-31")
        self.assertEqual([line["amount"] for line in preview], [60, -60])
        move = self._bill(contract, "2026-01-01", "2026-02-28")
        self.assertEqual(self._amounts(move), [-60, 0, 60, 100, 310])

    @freeze_time("2026-04-05")
    def test_plan_gives_commitment_and_cap_to_its_contracts(self):
        charge = {"product_id": self.product.id, "name": "Jobs", "charge_type": "usage", "metric_id": self.calls.id}
        plan = self.env["kor.plan"].create(
            {
                "name": "Committed", "tier_id": self.tier.id, "currency_id": self.currency.id, "spend_cap": 500,
                "charge_ids": [
                    Command.create({**charge, "unit_price": 2}),
                    Command.create({**self.minimum, "product_id": self.product.id, "commitment_scope": "recurring"}),
                ],
            }
        )  # fmt: skip
        self.assertEqual((plan.pricing_type, plan.charge_ids[1].timing), ("usage_based", "arrears"))
        self.assertIn("At least", plan.price_summary)
        contract = self.env["kor.contract"].create(
            {"partner_id": self.customer.id, "plan_id": plan.id, "date_start": "2026-01-01", "tz": "UTC"}
        )
        self.assertEqual((contract.spend_cap, contract.spend_cap_months), (500, 1))
        self.assertEqual(contract.line_ids[1].commitment_scope, "recurring")
        contract.action_activate()
        self._report(contract, ("a", "2026-01-25", 400, {}), ("b", "2026-02-10", 100, {}))
        capped = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(self._amounts(capped), [500])
        self.assertEqual(capped.invoice_line_ids.kor_explanation["cap"]["taken"], 300)
        self.assertIn("Spend cap", capped.invoice_line_ids.kor_item_ids.explanation_html)
        self.assertEqual(self._amounts(self._bill(contract, "2026-02-01", "2026-02-28")), [110, 200])
        with self.assertRaisesRegex(UserError, "Spend Cap"):
            contract.spend_cap = 0

    def test_what_cannot_be_compared_is_refused_before_it_is_agreed(self):
        cases = [
            ([{"name": "Base"}, self.minimum], {}, "nothing counts towards “Minimum”"),
            ([{**self.use, "billing_months": 3}, self.minimum], {}, "multiple of 3 months"),
            ([{**self.use, "billing_months": 3}], {"spend_cap": 100}, "billed every 3 months"),
        ]
        for lines, values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._make_contract(*lines, **values)
        for values in ({"price_model": "package"}, {"minimum_amount": 5}, {"timing": "advance"}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._make_contract({**self.minimum, **values}, activate=False)

    @freeze_time("2026-04-05")
    def test_price_by_properties_and_for_the_rest(self):
        eu = {**self.use, "name": "EU", "usage_scope": "matching", "usage_filter": "region=eu", "unit_price": 1}
        big = {**self.use, "name": "Large", "usage_scope": "matching", "usage_filter": "region=us, model=large"}
        rest = {**self.use, "name": "Others", "usage_scope": "rest", "unit_price": 10}
        contract = self._make_contract(eu, big, rest)
        self._report(
            contract,
            ("a", "2026-01-02", 5, {"region": "eu", "model": "large"}),
            ("b", "2026-01-03", 7, {"region": "eu", "model": "small"}),
            ("c", "2026-01-04", 11, {"region": "us", "model": "large"}),
            ("d", "2026-01-05", 13, {"region": "us", "model": "small"}),
            ("e", "2026-01-06", 17, {}),
        )
        move = self._bill(contract, "2026-01-01", "2026-01-31")
        by_name = {line.name.split(",")[0]: line.price_subtotal for line in move.invoice_line_ids}
        self.assertEqual(by_name, {"EU": 12, "Large": 22, "Others": 300})

    def test_filter_that_the_metric_does_not_know_is_refused(self):
        cases = [
            ({"usage_scope": "matching", "usage_filter": "zone=1"}, "dimensions are: region, model"),
            ({"usage_scope": "matching", "usage_filter": "region"}, "region=eu, model=large"),
            ({"usage_scope": "matching"}, "properties are missing"),
            ({"usage_filter": "region=eu"}, "leave them out"),
        ]
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message):
                self._make_contract({**self.use, **values}, activate=False)

    @freeze_time("2026-04-05")
    def test_invoice_waits_for_a_reading_where_the_line_says_so(self):
        contract = self._make_contract({"name": "Base"}, {**self.use, "requires_reading": True})
        preview = contract.preview_invoice("2026-01-31", "2026-01-31")
        self.assertEqual([line["explanation"]["reported"] for line in preview], [False])
        with self.assertRaisesRegex(UserError, "Jobs, 01/01/2026 to 01/31/2026"):
            contract.generate_invoice("2026-01-01", "2026-01-31")
        self._report(contract, ("zero", "2026-01-31", 0, {}))
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-01-31")), [0, 100])

    @freeze_time("2026-02-05")
    def test_run_leaves_the_waiting_contract_out_and_says_why(self):
        contract = self._make_contract({"name": "Base"}, {**self.use, "requires_reading": True})
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
        run._start()
        run._work()
        self.assertFalse(contract.invoice_ids)
        self.assertIn("nothing was reported for Jobs", contract.billing_error)

    @freeze_time("2026-04-05")
    def test_quantity_entered_stays_billed_when_metering_begins(self):
        contract = self._make_contract({**self.use, "quantity": 5})
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-01-31")), [10])
        self._report(contract, ("first", "2026-02-10", 40, {}))
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-02-28")), [80])
